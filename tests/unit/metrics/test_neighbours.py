"""Precision and recall: sets whose answer is plain to see."""

import numpy as np
import pytest

from fitroom.errors import EvaluationError
from fitroom.metrics import neighbours
from fitroom.metrics.neighbours import precision_recall


def test_equal_sets_cover_each_other_and_far_ones_do_not() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 5))
    assert precision_recall(rows, rows) == (1.0, 1.0)
    assert precision_recall(rows + 100, rows) == (0.0, 0.0)


def test_a_set_that_shows_one_of_two_kinds_is_precise_but_misses_half() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(50, 3)), rng.normal(size=(50, 3)) + 100
    scores = precision_recall(
        one[:25].repeat(2, axis=0) + 1e-3 * rng.normal(size=(50, 3)), np.concatenate([one, other])
    )
    assert scores.precision > 0.9 and scores.recall <= 0.5


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    worn, truth = rng.normal(size=(50, 4)) * 1.3, rng.normal(size=(61, 4))
    whole = precision_recall(worn, truth)
    monkeypatch.setattr(neighbours, "BLOCK_ROWS", 7)
    assert precision_recall(worn, truth) == whole and 0 < whole.precision < 1


def test_too_few_rows_are_named() -> None:
    with pytest.raises(EvaluationError, match="at least 4 in each"):
        precision_recall(np.zeros((3, 2)), np.zeros((9, 2)))
    with pytest.raises(EvaluationError, match="at least 1"):
        precision_recall(np.zeros((3, 2)), np.zeros((9, 2)), num_neighbours=0)
