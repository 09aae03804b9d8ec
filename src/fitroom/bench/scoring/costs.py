"""What scoring costs beside its pass over the pictures: intervals of FID, and memory as pictures become more."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from time import perf_counter

import numpy as np

from fitroom.bench.memory import peak_mb_of
from fitroom.bench.report import Table
from fitroom.bench.scoring.one_pass import OnePass, Seen
from fitroom.bench.scoring.picture_pairs import Pair, Weights
from fitroom.metrics.frechet import frechet_bootstrap
from fitroom.progress import log

NUM_FEATURES = 2048


def bootstrap_table(num_pictures: int, num_draws: int) -> Table:
    """Seconds of FID's resamples, on rows of random features."""
    rng = np.random.default_rng(0)
    worn_ND, truth_ND = (rng.random((num_pictures, NUM_FEATURES)) for _ in range(2))
    weights_RN = rng.multinomial(num_pictures, np.full(num_pictures, 1 / num_pictures), num_draws)
    begun_s = perf_counter()
    frechet_bootstrap(worn_ND, truth_ND, weights_RN)
    row = (num_pictures, NUM_FEATURES, num_draws, perf_counter() - begun_s)
    notes = ["Rows of both sets are drawn together, with replacement. The aim is less than 60 s for 200 at N = 1000."]
    return Table("Intervals of FID", ("N", "features", "resamples", "s"), [row], notes)


def memory_table(weights: Weights, pairs: Sequence[Pair], num_pairs: int) -> Table:
    """Peak of one pass over ``num_pairs`` pairs, and of one over twice as many, each in a process of its own."""
    peaks = {}
    for count in (num_pairs, 2 * num_pairs):
        log.info("memory of one pass over %d pairs", count)
        peaks[count] = _alone(weights, list(islice(cycle(pairs), count)))
    rows = [(count, peak, peak / peaks[num_pairs]) for count, peak in peaks.items()]
    notes = ["Peak of the whole process, libraries and networks included; a pair leaves 12 KB of features behind."]
    return Table("Memory", ("pairs", "peak MB", "ratio"), rows, notes)


def _alone(weights: Weights, pairs: Sequence[Pair]) -> float:
    return peak_mb_of(_one_pass, weights, pairs)


def _one_pass(weights: Weights, pairs: Sequence[Pair]) -> None:
    OnePass(weights).run(pairs, Seen())
