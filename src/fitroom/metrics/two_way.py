"""Intervals and comparisons over cases that share persons and garments: neither two pictures of one person nor two of
one garment are independent.

Source: Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2): persons and garments are drawn anew,
each on its own, and a case counts as often as its person times as often as its garment. Holm 1979, "A simple
sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fitroom.errors import EvaluationError
from fitroom.metrics.bootstrap import ends


class Difference(NamedTuple):
    """A paired comparison: mean difference, its interval, the two-sided p-value, and the cases behind it.

    ``p_holm`` is the p-value after Holm's correction over all comparisons made together.
    """

    mean: float
    low: float
    high: float
    p: float
    p_holm: float
    num_cases: int


def two_way_weights(persons: Sequence[str], garments: Sequence[str], num_resamples: int, seed: int = 0) -> np.ndarray:
    """(R, N) float64: how often each of N cases counts in each of R draws; the same draws for the same clusters.

    Args:
        persons, garments: (N,) cluster of each case.
        num_resamples: R.
        seed: of the draws.

    Raises:
        EvaluationError: no cases, or lists of different length.
    """
    if len(persons) == 0 or len(persons) != len(garments):
        raise EvaluationError(
            "there is nothing to resample", rule="one person and one garment a case, at least one case",
            got=(len(persons), len(garments)),
        )  # fmt: skip
    rng = np.random.default_rng(seed)
    weights = np.ones((num_resamples, len(persons)))
    for clusters in (persons, garments):
        names, cluster_N = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
        draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=num_resamples)
        weights *= draws[:, cluster_N]
    return weights


def num_clusters(persons: Sequence[str], garments: Sequence[str]) -> tuple[int, int]:
    """How many different persons and garments there are."""
    return len(set(persons)), len(set(garments))


def weighted_means(values_N: np.ndarray, weights_RN: np.ndarray) -> np.ndarray:
    """(R,) mean in each draw over the cases whose value is known; NaN in a draw without any."""
    known = np.isfinite(values_N)
    weights = weights_RN[:, known]
    total = weights.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: np.ndarray = np.where(total > 0, weights @ values_N[known] / total, np.nan)
    return means


def weighted_medians(values_N: np.ndarray, weights_RN: np.ndarray) -> np.ndarray:
    """(R,) median in each draw over the cases whose value is known, each as often as it counts; NaN as above."""
    known = np.flatnonzero(np.isfinite(values_N))
    order = known[np.argsort(values_N[known], kind="stable")]
    if not len(order):
        return np.full(len(weights_RN), np.nan)
    counted_RN = weights_RN[:, order].cumsum(1)
    half_R1 = counted_RN[:, -1:] / 2
    lower_R, upper_R = (values_N[order[reached.argmax(1)]] for reached in (counted_RN >= half_R1, counted_RN > half_R1))
    return np.where(half_R1[:, 0] > 0, (lower_R + upper_R) / 2, np.nan)


def paired_differences(
    a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray], weights_RN: np.ndarray, level: float = 0.95
) -> dict[str, Difference]:
    """a less b for several measures of the same cases, over the same draws, with Holm's correction over all of them.

    Args:
        a, b: (N,) values by measure, the cases in the same order; NaN = not known.
        weights_RN: of :func:`two_way_weights`.
        level: of the intervals.
    """
    found: dict[str, Difference] = {}
    for name in (name for name in a if name in b):
        change = a[name] - b[name]
        known = np.isfinite(change)
        if not known.any():
            continue
        drawn = weighted_means(change, weights_RN)
        defined = drawn[np.isfinite(drawn)]
        below, above = (defined <= 0).sum(), (defined >= 0).sum()
        p = min(1.0, 2 * (min(below, above) + 1) / (len(defined) + 1))
        found[name] = Difference(float(change[known].mean()), *ends(drawn, level), p, p, int(known.sum()))
    corrected = holm({name: one.p for name, one in found.items()})
    return {name: one._replace(p_holm=corrected[name]) for name, one in found.items()}


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for testing all of them, by Holm's step-down procedure.

    Example:
        >>> holm({"a": 0.01, "b": 0.04})
        {'a': 0.02, 'b': 0.04}
    """
    order = sorted(p_values, key=lambda name: p_values[name])
    corrected: dict[str, float] = {}
    floor = 0.0
    for place, name in enumerate(order):
        floor = max(floor, min(1.0, (len(order) - place) * p_values[name]))
        corrected[name] = floor
    return corrected
