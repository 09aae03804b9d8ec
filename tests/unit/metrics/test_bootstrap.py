"""Intervals: repeatable, as wide as theory says, and wider where photos come in clusters."""

import numpy as np
import pytest

from fitroom.errors import EvaluationError
from fitroom.metrics.bootstrap import cluster_bootstrap, cluster_bootstraps


def mean_of(values: np.ndarray):
    return lambda rows: float(values[rows].mean())


def test_an_interval_repeats() -> None:
    values = np.random.default_rng(0).normal(size=50)
    first, again, other = (cluster_bootstrap(mean_of(values), np.arange(50), 300, seed) for seed in (1, 1, 2))
    assert first == again and first != other
    assert first.value == values.mean() and first.num_clusters == 50


def test_single_photos_give_the_textbook_width() -> None:
    values = np.random.default_rng(1).normal(size=400)
    interval = cluster_bootstrap(mean_of(values), np.arange(400), 4000)
    half = 1.96 * values.std() / np.sqrt(400)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.012)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.012)


def test_clusters_widen_the_interval_by_the_design_effect() -> None:
    """Ten like photos of each of 40 people are 40 draws, not 400: the interval is about sqrt(10) times as wide."""
    values = np.repeat(np.random.default_rng(2).normal(size=40), 10)
    single = cluster_bootstrap(mean_of(values), np.arange(400))
    clustered = cluster_bootstrap(mean_of(values), np.repeat(np.arange(40), 10))
    ratio = (clustered.high - clustered.low) / (single.high - single.low)
    assert ratio == pytest.approx(np.sqrt(10), rel=0.1)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(200):
        values = np.repeat(rng.normal(size=30), 3) + 0.3 * rng.normal(size=90)
        interval = cluster_bootstrap(mean_of(values), np.repeat(np.arange(30), 3), 300)
        hits += interval.low <= 0 <= interval.high
    assert 178 <= hits <= 199


def test_whole_clusters_are_drawn() -> None:
    clusters = np.array(["a", "b", "a", "b", "c"])
    seen = set()

    def statistic(rows: np.ndarray) -> float:
        counts = np.bincount(rows, minlength=5)
        assert counts[0] == counts[2] and counts[1] == counts[3]
        seen.add(tuple(counts))
        return 0.0

    cluster_bootstrap(statistic, clusters, 100)
    assert len(seen) > 5


def test_several_statistics_share_their_draws() -> None:
    values = np.random.default_rng(0).normal(size=30)
    both = cluster_bootstraps(lambda rows: [values[rows].mean(), -values[rows].mean()], np.arange(30), 200)
    assert both[0] == cluster_bootstrap(mean_of(values), np.arange(30), 200)
    assert both[0].low == pytest.approx(-both[1].high)


def test_one_cluster_has_no_interval() -> None:
    interval = cluster_bootstrap(mean_of(np.array([1.0, 2.0])), np.array(["a", "a"]))
    assert interval.value == 1.5 and np.isnan([interval.low, interval.high]).all()


def test_draws_without_a_value_are_left_out_until_they_are_most() -> None:
    often = cluster_bootstrap(lambda rows: 0.5 if 0 in rows or 1 in rows else float("nan"), np.arange(20), 200)
    rarely = cluster_bootstrap(lambda rows: 0.5 if len({*rows}) == 20 else float("nan"), np.arange(20), 200)
    assert (often.low, often.high) == (0.5, 0.5)
    assert rarely.value == 0.5 and np.isnan([rarely.low, rarely.high]).all()


def test_nothing_is_refused() -> None:
    with pytest.raises(EvaluationError, match="nothing to resample"):
        cluster_bootstrap(lambda rows: 0.0, np.array([]))
