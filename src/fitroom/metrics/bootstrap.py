"""Confidence intervals that know that photos of one contributor are not independent."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fitroom.errors import EvaluationError


class Interval(NamedTuple):
    """A statistic on all rows, the ends of its interval (NaN where they cannot be told), and the clusters behind it."""

    value: float
    low: float
    high: float
    num_clusters: int


def cluster_bootstrap(
    statistic: Callable[[np.ndarray], float],
    clusters: np.ndarray,
    num_resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Percentile interval of a statistic, resampling whole clusters with replacement.

    Rows of a cluster come and go together, so that a contributor with fifty like photos counts as one draw and not as
    fifty. The same clusters and seed give the same resamples: intervals of two models are over the same draws.

    Source: Davison & Hinkley 1997, "Bootstrap Methods and their Application", section 3.8 (strategy 1).

    Args:
        statistic: takes (M,) int row numbers, repeats included, gives one number; NaN where undefined on these rows.
        clusters: (N,) cluster of each row.
        num_resamples: draws; the ends of a 95 % interval settle at about 2000.
        seed: of the draws.
        level: in (0, 1).

    Returns:
        The interval over the draws where the statistic is defined; its ends are NaN where that is fewer than half, or
        where there is only one cluster.

    Raises:
        EvaluationError: no rows.

    Example:
        >>> correct = np.array([1.0, 1.0, 0.0, 1.0])
        >>> cluster_bootstrap(lambda rows: correct[rows].mean(), np.array(["a", "a", "b", "c"])).value
        0.75
    """
    return cluster_bootstraps(lambda rows: [statistic(rows)], clusters, num_resamples, seed, level)[0]


def cluster_bootstraps(
    statistics: Callable[[np.ndarray], list[float]],
    clusters: np.ndarray,
    num_resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> list[Interval]:
    """As :func:`cluster_bootstrap`, for several statistics (K numbers in a fixed order) over the same draws."""
    names, cluster_N = np.unique(np.asarray(clusters), return_inverse=True)
    if len(cluster_N) == 0:
        raise EvaluationError("there is nothing to resample", rule="at least one row", got=0)
    values_K = statistics(np.arange(len(cluster_N)))
    if len(names) == 1:
        return [Interval(float(value), float("nan"), float("nan"), 1) for value in values_K]
    rows_of = np.split(np.argsort(cluster_N, kind="stable"), np.cumsum(np.bincount(cluster_N))[:-1])
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(names), size=(num_resamples, len(names)))
    drawn_RK = np.array([statistics(np.concatenate([rows_of[k] for k in draw])) for draw in draws], dtype=np.float64)
    return [
        Interval(float(value), *ends(drawn_R, level), len(names))
        for value, drawn_R in zip(values_K, drawn_RK.T, strict=True)
    ]


def ends(drawn_R: np.ndarray, level: float) -> tuple[float, float]:
    """Percentile interval over the draws that are defined; NaN where fewer than half are."""
    defined = drawn_R[np.isfinite(drawn_R)]
    if len(defined) * 2 < max(len(drawn_R), 1):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
