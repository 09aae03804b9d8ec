"""Resampling over persons and garments: draws, intervals and corrected p-values against what is known by hand."""

import numpy as np
import pytest

from fitroom.errors import EvaluationError
from fitroom.metrics.two_way import (
    ends,
    holm,
    num_clusters,
    paired_differences,
    two_way_weights,
    weighted_means,
    weighted_medians,
)

PERSONS = [f"p{i}" for i in range(3) for _ in range(4)]
GARMENTS = [f"g{j}" for _ in range(3) for j in range(4)]


def test_a_case_counts_as_often_as_its_person_times_its_garment() -> None:
    weights = two_way_weights(PERSONS, GARMENTS, 50).reshape(50, 3, 4)
    assert (weights.sum(axis=(1, 2)) == 12).all()  # 3 persons and 4 garments are drawn, each pair of them is there
    for table in weights:
        person, garment = table.max(1), table.max(0)
        assert np.array_equal(table * table.max(), np.outer(person, garment))
        assert (table == table.round()).all() and table.min() >= 0


def test_cases_of_one_person_and_garment_share_their_weight_wherever_they_stand() -> None:
    persons, garments = ["a", "b", "a", "c", "b"], ["x", "y", "x", "y", "y"]
    weights = two_way_weights(persons, garments, 40)
    assert np.array_equal(weights[:, 0], weights[:, 2]) and np.array_equal(weights[:, 1], weights[:, 4])
    assert not np.array_equal(weights[:, 1], weights[:, 3])
    order = [3, 0, 4, 1, 2]
    again = two_way_weights([persons[i] for i in order], [garments[i] for i in order], 40)
    assert np.array_equal(again, weights[:, order])


def test_one_seed_gives_one_draw() -> None:
    first, second, other = (two_way_weights(PERSONS, GARMENTS, 20, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first, second) and not np.array_equal(first, other)


def test_a_garment_that_all_share_leaves_the_plain_bootstrap() -> None:
    """Whose interval of a mean is the one of the normal approximation, at many cases."""
    rng, num = np.random.default_rng(0), 400
    values = rng.normal(5, 2, num)
    weights = two_way_weights([str(i) for i in range(num)], ["g"] * num, 2000)
    low, high = ends(weighted_means(values, weights), 0.95)
    half = 1.96 * values.std() / np.sqrt(num)
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_repeating_the_cases_of_a_person_does_not_narrow_the_interval() -> None:
    """What depends on the person alone is known as well as there are persons, however many garments each wears."""
    of_person = np.random.default_rng(1).normal(size=60)
    persons = [str(i) for i in range(60) for _ in range(5)]
    garments = [str(j) for _ in range(60) for j in range(5)]
    weights = two_way_weights(persons, garments, 2000)
    low, high = ends(weighted_means(np.repeat(of_person, 5), weights), 0.95)
    assert high - low == pytest.approx(2 * 1.96 * of_person.std() / np.sqrt(60), rel=0.12)


def test_unknown_values_are_left_out_and_draws_without_any_are_not_defined() -> None:
    weights = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
    assert np.array_equal(weighted_means(np.array([1.0, np.nan, 4.0]), weights), [3.0, np.nan], equal_nan=True)
    assert np.isnan(ends(np.array([1.0, np.nan, np.nan]), 0.95)).all()
    assert ends(np.arange(101.0), 0.9) == pytest.approx((5.0, 95.0))
    assert np.isnan(ends(np.empty(0), 0.95)).all()


@pytest.mark.parametrize("num", [1, 2, 7, 12])
def test_a_weighted_median_is_that_of_the_cases_repeated(num: int) -> None:
    rng = np.random.default_rng(num)
    values, weights = rng.normal(0, 1, num).round(1), rng.integers(0, 4, (30, num)).astype(float)
    values[num // 3] = np.nan if num > 2 else values[num // 3]
    known = np.isfinite(values)
    for weight, median in zip(weights, weighted_medians(values, weights), strict=True):
        repeated = np.repeat(values[known], weight[known].astype(int))
        assert np.isnan(median) if not len(repeated) else median == np.median(repeated)
    assert np.isnan(weighted_medians(np.full(3, np.nan), np.ones((2, 3)))).all()


def test_clusters_are_counted() -> None:
    assert num_clusters(PERSONS, GARMENTS) == (3, 4)


@pytest.mark.parametrize(("persons", "garments"), [([], []), (["a"], ["x", "y"])])
def test_nothing_to_resample(persons: list[str], garments: list[str]) -> None:
    with pytest.raises(EvaluationError, match="nothing to resample"):
        two_way_weights(persons, garments, 5)


def test_holm_by_hand() -> None:
    # sorted .005 .01 .03 .04: times 4, 3, 2, 1 = .02 .03 .06 .04, and none below the one before
    corrected = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert corrected == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}


def test_holm_is_the_textbook_s_formula() -> None:
    p = np.random.default_rng(0).uniform(0, 0.2, 12)
    expected = np.empty(12)
    expected[np.argsort(p)] = np.minimum(np.maximum.accumulate(np.sort(p) * np.arange(12, 0, -1)), 1)
    corrected = holm({str(i): value for i, value in enumerate(p)})
    assert np.allclose([corrected[str(i)] for i in range(12)], expected)


def test_a_shift_is_found_and_a_permutation_is_none() -> None:
    rng = np.random.default_rng(2)
    persons, garments = [str(i % 20) for i in range(100)], [str(i % 7) for i in range(100)]
    values = rng.normal(size=100)
    ours = {"shifted": values + 0.5 + rng.normal(0, 0.3, 100), "permuted": rng.permutation(values)}
    theirs = {"shifted": values, "permuted": values}
    found = paired_differences(ours, theirs, two_way_weights(persons, garments, 1000))
    shifted, permuted = found["shifted"], found["permuted"]
    assert shifted.mean == pytest.approx(0.5, abs=0.1) and shifted.low > 0 and shifted.p_holm < 0.01
    assert permuted.low < 0 < permuted.high and permuted.p > 0.2
    assert shifted.p_holm == pytest.approx(2 * shifted.p) and permuted.p_holm == max(permuted.p, shifted.p_holm)
    back = paired_differences(theirs, ours, two_way_weights(persons, garments, 1000))["shifted"]
    assert back.mean == -shifted.mean and back.high == pytest.approx(-shifted.low)


def test_differences_are_over_the_cases_known_on_both_sides() -> None:
    weights = two_way_weights(["a", "b", "c"], ["x", "y", "z"], 50)
    ours = {"m": np.array([1.0, np.nan, 3.0]), "n": np.full(3, np.nan), "only": np.ones(3)}
    found = paired_differences(ours, {"m": np.array([0.0, 1.0, 1.0]), "n": np.ones(3)}, weights)
    assert list(found) == ["m"] and (found["m"].mean, found["m"].num_cases) == (1.5, 2)
