"""The Frechet distance: closed forms, resamples equal to repeated rows, faults in words."""

import numpy as np
import pytest
import torch

from fitroom.errors import EvaluationError
from fitroom.metrics.frechet import FrechetDistance, frechet_bootstrap, frechet_distance


def sets(num_worn: int, num_truth: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(width, width)) / np.sqrt(width)
    return rng.normal(size=(num_worn, width)) @ mixing + 5, rng.normal(size=(num_truth, width)) + 5.1


@pytest.mark.parametrize("num_rows", [5, 40])
def test_a_shift_costs_its_square(num_rows: int) -> None:
    rows, _ = sets(num_rows, num_rows, 8)
    assert frechet_distance(rows, rows) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(rows + 2, rows) == pytest.approx(8 * 4)


def test_one_dimension_has_a_closed_form() -> None:
    worn, truth = np.array([[0.0], [1.0], [5.0]]), np.array([[2.0], [4.0]])
    expected = (worn.mean() - truth.mean()) ** 2 + (worn.std(ddof=1) - truth.std(ddof=1)) ** 2
    assert frechet_distance(worn, truth) == pytest.approx(expected)


@pytest.mark.parametrize(("num_rows", "width"), [(30, 50), (30, 12), (60, 10)])
@pytest.mark.parametrize("reference", ["same", "fixed"])
def test_a_resample_equals_its_repeated_rows(num_rows: int, width: int, reference) -> None:
    worn, truth = sets(num_rows, num_rows, width)
    drawn = np.random.default_rng(1).integers(num_rows, size=(4, num_rows))
    counts = np.stack([np.bincount(rows, minlength=num_rows) for rows in drawn])
    expected = [frechet_distance(worn[rows], truth[rows] if reference == "same" else truth) for rows in drawn]
    np.testing.assert_allclose(frechet_bootstrap(worn, truth, counts, reference), expected, rtol=1e-6)


def test_a_fixed_reference_may_have_another_number_of_rows() -> None:
    worn, truth = sets(20, 35, 6)
    ones = np.ones((1, 20))
    assert frechet_bootstrap(worn, truth, ones, "fixed").item() == pytest.approx(frechet_distance(worn, truth))
    with pytest.raises(EvaluationError, match="drawn together"):
        frechet_bootstrap(worn, truth, ones, "same")


def test_far_from_the_origin_digits_are_kept() -> None:
    worn, truth = sets(30, 30, 40)
    far = frechet_bootstrap(worn + 1e4, truth + 1e4, np.ones((1, 30))).item()
    assert far == pytest.approx(frechet_distance(worn, truth), rel=1e-6)


def test_the_metric_gathers_batches() -> None:
    worn, truth = (torch.from_numpy(rows).float() for rows in sets(30, 20, 6))
    metric = FrechetDistance()
    for batch in worn.split(7):
        metric.update(batch, reference=False)
    for batch in truth.split(9):
        metric.update(batch, reference=True)
    assert metric.compute().item() == frechet_distance(worn, truth)
    metric.reset()
    with pytest.raises(EvaluationError, match="nothing to compare"):
        metric.compute()


@pytest.mark.parametrize(
    ("worn", "truth", "match"),
    [
        (np.zeros((3, 4)), np.zeros((3, 5)), "do not match"),
        (np.zeros(3), np.zeros(3), "do not match"),
        (np.zeros((1, 4)), np.zeros((3, 4)), "too few"),
        (np.full((3, 4), np.nan), np.zeros((3, 4)), "not numbers"),
    ],
)
def test_faults_are_named(worn: np.ndarray, truth: np.ndarray, match: str) -> None:
    with pytest.raises(EvaluationError, match=match):
        frechet_distance(worn, truth)


@pytest.mark.parametrize("weights", [np.ones((2, 4)), -np.ones((1, 5)), np.eye(5)[:1], np.ones((0, 5))])
def test_bad_weights_are_named(weights: np.ndarray) -> None:
    with pytest.raises(EvaluationError):
        frechet_bootstrap(*sets(5, 5, 3), weights)
