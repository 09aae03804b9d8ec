"""What is believed of bodies, in cm and kg: a mixture of log-normals, with exact shares, quantiles and draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.special import ndtr

from fitroom.models.sizing.body_model import BodyModel
from fitroom.models.sizing.config import SEXES

_REACH, _HALVINGS = 12.0, 50  # standard deviations within which quantiles are looked for, and how finely


@dataclass(frozen=True, eq=False)
class BodyBelief:
    """What is believed of B bodies, all D measures at once.

    Attributes:
        measures: names by axis.
        center, scale: (D,) of the logarithms.
        weights_BC: of the mixture's parts, add up to 1.
        means_BCD, covariances_BCDD: of each part, in standardised logarithms.
    """

    measures: tuple[str, ...]
    center: np.ndarray
    scale: np.ndarray
    weights_BC: np.ndarray
    means_BCD: np.ndarray
    covariances_BCDD: np.ndarray

    def share_below(self, measure: str, value_B: np.ndarray) -> np.ndarray:
        """(B,) probability that the measure is below a value in its own unit."""
        axis = self.measures.index(measure)
        return self._share_below(axis, (np.log(value_B) - self.center[axis]) / self.scale[axis])

    def quantile(self, measure: str, level: float) -> np.ndarray:
        """(B,) value below which the measure lies with probability ``level`` in (0, 1)."""
        axis = self.measures.index(measure)
        low, high = np.full(len(self.weights_BC), -_REACH), np.full(len(self.weights_BC), _REACH)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            is_below = self._share_below(axis, middle) < level
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        return np.exp(middle * self.scale[axis] + self.center[axis])

    def draw(self, num: int, seed: int = 0, body: int = 0) -> dict[str, np.ndarray]:
        """(num,) values of each measure for one of the bodies, drawn together; the same seed draws the same."""
        rng = np.random.default_rng(seed)
        parts = rng.choice(self.weights_BC.shape[1], size=num, p=self.weights_BC[body])
        roots_CDD = np.stack([_root(one) for one in self.covariances_BCDD[body]])
        z_ND = self.means_BCD[body][parts]
        z_ND = z_ND + np.einsum("nij,nj->ni", roots_CDD[parts], rng.standard_normal(z_ND.shape))
        return dict(zip(self.measures, np.exp(z_ND * self.scale + self.center).T, strict=True))

    def rows(self, which: np.ndarray) -> BodyBelief:
        """The belief of some of the bodies, by index."""
        return replace(
            self, weights_BC=self.weights_BC[which], means_BCD=self.means_BCD[which],
            covariances_BCDD=self.covariances_BCDD[which],
        )  # fmt: skip

    def with_rows(self, which: np.ndarray, other: BodyBelief) -> BodyBelief:
        """The same, but for some bodies what another belief says of them."""
        whole = self.rows(np.arange(len(self.weights_BC)))  # indexing by numbers copies
        whole.weights_BC[which], whole.means_BCD[which] = other.weights_BC, other.means_BCD
        whole.covariances_BCDD[which] = other.covariances_BCDD
        return whole

    def _share_below(self, axis: int, z_B: np.ndarray) -> np.ndarray:
        variance_BC = np.maximum(self.covariances_BCDD[..., axis, axis], 1e-12)
        return (self.weights_BC * ndtr((z_B[:, None] - self.means_BCD[..., axis]) / np.sqrt(variance_BC))).sum(1)


def believe(model: BodyModel, values_BD: np.ndarray, error_BD: np.ndarray, sex_B: Sequence[str | None]) -> BodyBelief:
    """What a body model believes, given answers.

    Args:
        model: in float64.
        values_BD: answers in cm, kg, years; NaN = not told.
        error_BD: standard deviation of each answer's own error, in its unit; 0 = exact.
        sex_B: "female", "male", or None = not told.
    """
    config = model.config
    center, scale = np.array(config.center), np.array(config.scale)
    known_BD = np.isfinite(values_BD)
    safe_BD = np.where(known_BD, values_BD, np.exp(center))
    z_BD = (np.log(safe_BD) - center) / scale
    noise_BD = (np.where(known_BD, error_BD, 0.0) / safe_BD / scale) ** 2  # the delta method: a small error in a log
    prior_BS = np.array([[1.0 if sex == one else 0.0 if sex else 0.5 for one in SEXES] for sex in sex_B])
    with torch.inference_mode():
        told = (torch.from_numpy(part) for part in (z_BD, known_BD, noise_BD, prior_BS))
        weights, means, covariances = model.posterior(*told)
    return BodyBelief(tuple(config.measures), center, scale, weights.numpy(), means.numpy(), covariances.numpy())


def _root(covariance_DD: np.ndarray) -> np.ndarray:
    """A square root of a covariance that may be singular, as it is along an exact answer."""
    values, vectors = np.linalg.eigh(covariance_DD)
    return vectors * np.sqrt(np.maximum(values, 0.0))
