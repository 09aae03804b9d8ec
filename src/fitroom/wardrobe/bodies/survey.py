"""Body measures of a surveyed population: how each is spread, how they hang together, and draws from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Shares of the population at which quantiles are kept."""


@dataclass(frozen=True)
class Survey:
    """A population of one sex, by quantiles and a Gaussian copula.

    Attributes:
        source: who measured whom.
        measures: names as in ``BodyMeasures.cm``, and "mass" in kg.
        quantiles: (M, 13) each measure's values at :data:`LEVELS`; cm, mass in kg.
        correlation: (M, M) correlation of the measures' normal scores.
    """

    source: str
    measures: tuple[str, ...]
    quantiles: np.ndarray
    correlation: np.ndarray

    def draw(self, rng: np.random.Generator) -> dict[str, float]:
        """One person's measures, by name. The outermost 2 % on either side are drawn as if at 2 % or 98 %."""
        score = rng.multivariate_normal(np.zeros(len(self.measures)), self.correlation, method="cholesky")
        knots = norm.ppf(LEVELS)
        return {
            name: float(np.interp(value, knots, row))
            for name, value, row in zip(self.measures, score, self.quantiles, strict=True)
        }


def summarise(source: str, columns: Mapping[str, np.ndarray]) -> Survey:
    """The :class:`Survey` of people measured one by one: ``columns`` holds (N,) values by measure, cm and kg."""
    table = np.stack([np.asarray(column, float) for column in columns.values()])
    scores = norm.ppf((rankdata(table, axis=1) - 0.5) / table.shape[1])
    return Survey(source, tuple(columns), np.quantile(table, LEVELS, axis=1).T, np.corrcoef(scores))
