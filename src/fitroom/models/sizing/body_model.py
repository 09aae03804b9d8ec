"""How people's measures hang together: a mixture of Gaussians a sex, which can be asked with any subset of answers.

Shapes: B people, S = 2 sexes, K components, C = S * K, D measures. All values are standardised logarithms (``z``).

    z_BD, known_BD, noise_BD, sex_BS -> log density of what is known (B,)
                                     -> posterior of all D measures: weights (B, C), means (B, C, D), covariances

A missing measure is left out by marginalising, which is exact for a Gaussian; so a survey that lacks some measures
still teaches the others, and an answer that was not given needs no stand-in. An answer with an error of its own adds
its variance on the diagonal: its true value is estimated as well. Answers can only be combined consistently: whatever
the order or subset, all come from one joint distribution.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.models.sizing.config import SEXES, SizingConfig


class Posterior(NamedTuple):
    """What is believed of B bodies: a mixture over standardised logarithms.

    Attributes:
        weights_BC: add up to 1.
        means_BCD, covariances_BCDD: of each component.
    """

    weights_BC: torch.Tensor
    means_BCD: torch.Tensor
    covariances_BCDD: torch.Tensor


class BodyModel(nn.Module):
    """See the file's first lines."""

    def __init__(self, config: SizingConfig) -> None:
        super().__init__()
        self.config = config
        num_sexes, num, width = len(SEXES), config.components, len(config.measures)
        spread = torch.linspace(-1, 1, num) if num > 1 else torch.zeros(1)
        self.means_SKD = nn.Parameter(spread[None, :, None].repeat(num_sexes, 1, width))
        self.factors_SKDD = nn.Parameter(torch.zeros(num_sexes, num, width, width))
        self.logits_SK = nn.Parameter(torch.zeros(num_sexes, num))

    @property
    def covariances_CDD(self) -> torch.Tensor:
        """(C, D, D) positive definite, by their Cholesky factors."""
        lower = torch.tril(self.factors_SKDD, -1) + torch.diag_embed(self.factors_SKDD.diagonal(dim1=-2, dim2=-1).exp())
        return (lower @ lower.mT).flatten(0, 1)

    def forward(
        self, z_BD: torch.Tensor, known_BD: torch.Tensor, noise_BD: torch.Tensor, sex_BS: torch.Tensor
    ) -> torch.Tensor:
        """Log density (B,) of what is known, in nats.

        Args:
            z_BD: standardised logarithms; anything finite where not known.
            known_BD: bool.
            noise_BD: variance of each answer's own error, in the unit of z.
            sex_BS: probability of each sex before anything was measured: one 1, or halves where not told.
        """
        return self._components(z_BD, known_BD, noise_BD, sex_BS)[0].logsumexp(1)

    def posterior(
        self, z_BD: torch.Tensor, known_BD: torch.Tensor, noise_BD: torch.Tensor, sex_BS: torch.Tensor
    ) -> Posterior:
        """All measures given the answers; arguments as :meth:`forward`."""
        joint_BC, lower, residual = self._components(z_BD, known_BD, noise_BD, sex_BS)
        cross = self.covariances_CDD * known_BD[:, None, None, :]  # (B, C, D, D): with what is known
        gain = torch.cholesky_solve(cross.mT, lower).mT
        means = self.means_SKD.flatten(0, 1) + (gain @ residual[..., None])[..., 0]
        covariances = self.covariances_CDD - gain @ cross.mT
        return Posterior(joint_BC.softmax(1), means, (covariances + covariances.mT) / 2)

    def _components(
        self, z_BD: torch.Tensor, known_BD: torch.Tensor, noise_BD: torch.Tensor, sex_BS: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(B, C) log of weight times density, and Cholesky factor and residual of what is known, unit where not."""
        known = known_BD.to(z_BD.dtype)
        both = known[:, None, :, None] * known[:, None, None, :]
        own = torch.diag_embed(known * noise_BD + (1 - known))
        lower = torch.linalg.cholesky(self.covariances_CDD * both + own[:, None])
        residual = (z_BD[:, None] - self.means_SKD.flatten(0, 1)) * known[:, None]
        scaled = torch.linalg.solve_triangular(lower, residual[..., None], upper=False)[..., 0]
        log_det = 2 * lower.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        log_density = -0.5 * (scaled.square().sum(-1) + log_det + known.sum(1)[:, None] * math.log(2 * math.pi))
        prior = sex_BS.log()[:, :, None] + F.log_softmax(self.logits_SK, 1)
        return prior.flatten(1) + log_density, lower, residual
