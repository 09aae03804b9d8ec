"""What is believed of a body after an instrument was read whose law is known; exact, as all is Gaussian in logarithms.

A reading (K,) obeys ``reading = gain @ log(measure / height) + offset + error``. The law says nothing of which bodies
are common, so conditioning a belief on it does not count twice what the belief already holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax
from scipy.stats import chi2

from fitroom.models.sizing.belief import BodyBelief


@dataclass(frozen=True, eq=False)
class Law:
    """How K readings hang on a body.

    Attributes:
        measures: K names; each enters as the logarithm of measure over height.
        gain_KK, offset_K: see the file's first lines.
        covariance_KK: of the errors.
    """

    measures: tuple[str, ...]
    gain_KK: np.ndarray
    offset_K: np.ndarray
    covariance_KK: np.ndarray

    @classmethod
    def fitted(cls, measures: Sequence[str], logs_NK: np.ndarray, readings_NK: np.ndarray, people_N: np.ndarray) -> Law:
        """By least squares, each person of the same weight however many readings there are of them.

        Args:
            measures: K names.
            logs_NK: true logarithms of measure over height.
            readings_NK: of people whom the instrument was not made with.
            people_N: who.
        """
        _, which_N, counts = np.unique(people_N, return_inverse=True, return_counts=True)
        weight_N = 1 / counts[which_N]
        known_NX = np.column_stack([logs_NK, np.ones(len(logs_NK))])
        root_N1 = np.sqrt(weight_N)[:, None]
        solved_XK, *_ = np.linalg.lstsq(known_NX * root_N1, readings_NK * root_N1, rcond=None)
        error_NK = readings_NK - known_NX @ solved_XK
        freedom = max(len(counts) - known_NX.shape[1], 1)
        covariance_KK = (error_NK * weight_N[:, None]).T @ error_NK / freedom
        return cls(tuple(measures), solved_XK[:-1].T, solved_XK[-1], covariance_KK)


def after_reading(belief: BodyBelief, law: Law, readings_BK: np.ndarray) -> BodyBelief:
    """The belief of B bodies, each conditioned on a reading."""
    gain_KD, residual_BCK, total_BCKK = _foretold(belief, law, readings_BK)
    cross_BCDK = belief.covariances_BCDD @ gain_KD.T
    solved_BCKD = np.linalg.solve(total_BCKK, np.swapaxes(cross_BCDK, -1, -2))
    means_BCD = belief.means_BCD + np.einsum("bckd,bck->bcd", solved_BCKD, residual_BCK)
    covariances_BCDD = belief.covariances_BCDD - cross_BCDK @ solved_BCKD
    with np.errstate(divide="ignore"):  # a sex that was ruled out stays so
        logs_BC = np.log(belief.weights_BC) + _log_density(residual_BCK, total_BCKK)
    return replace(
        belief, weights_BC=softmax(logs_BC, 1), means_BCD=means_BCD,
        covariances_BCDD=(covariances_BCDD + np.swapaxes(covariances_BCDD, -1, -2)) / 2,
    )  # fmt: skip


def surprise(belief: BodyBelief, law: Law, readings_BK: np.ndarray) -> np.ndarray:
    """(B,) how rarely a reading is as far from what was believed as this one, in [0, 1]."""
    _, residual_BCK, total_BCKK = _foretold(belief, law, readings_BK)
    far_BC = (residual_BCK * np.linalg.solve(total_BCKK, residual_BCK[..., None])[..., 0]).sum(-1)
    return np.asarray((belief.weights_BC * chi2.sf(far_BC, len(law.measures))).sum(1))


def _foretold(belief: BodyBelief, law: Law, readings_BK: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gain on standardised logarithms (K, D), and residual and covariance of the readings, by component."""
    choose_KD = np.zeros((len(law.measures), len(belief.measures)))
    for row, name in enumerate(law.measures):
        choose_KD[row, belief.measures.index(name)] = 1.0
        choose_KD[row, belief.measures.index("height")] = -1.0
    plain_KD = law.gain_KK @ choose_KD
    gain_KD = plain_KD * belief.scale
    middle_BCK = belief.means_BCD @ gain_KD.T + plain_KD @ belief.center + law.offset_K
    total_BCKK = gain_KD @ belief.covariances_BCDD @ gain_KD.T + law.covariance_KK
    return gain_KD, readings_BK[:, None] - middle_BCK, total_BCKK


def _log_density(residual_BCK: np.ndarray, total_BCKK: np.ndarray) -> np.ndarray:
    """Of a Gaussian, less a constant."""
    far_BC = (residual_BCK * np.linalg.solve(total_BCKK, residual_BCK[..., None])[..., 0]).sum(-1)
    return np.asarray(-0.5 * (far_BC + np.linalg.slogdet(total_BCKK)[1]))
