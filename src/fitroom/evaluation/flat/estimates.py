"""Values with intervals, for every task of flat rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from fitroom.metrics.bootstrap import Interval, cluster_bootstraps


class Resampling(Protocol):
    """What a protocol of flat rows says of its intervals: draws of the bootstrap, their seed, and the level."""

    @property
    def num_resamples(self) -> int: ...

    @property
    def seed(self) -> int: ...

    @property
    def level(self) -> float: ...


def estimates(
    statistics: Callable[[np.ndarray], list[float]], clusters_N: np.ndarray, protocol: Resampling, intervals: bool
) -> list[Interval]:
    """Each statistic over all rows, and its interval where wanted.

    Args:
        statistics: indices of rows -> K numbers.
        clusters_N: what is drawn anew, for each row.
        protocol: how.
        intervals: False = NaN for both ends, and nothing is drawn.
    """
    if intervals:
        return cluster_bootstraps(statistics, clusters_N, protocol.num_resamples, protocol.seed, protocol.level)
    return [Interval(value, math.nan, math.nan, 0) for value in statistics(np.arange(len(clusters_N)))]
