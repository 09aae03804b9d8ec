"""Scores of answers on cases small enough to check by hand; what is not defined is NaN."""

import numpy as np
import pytest

from fitroom.errors import EvaluationError
from fitroom.metrics.classification import (
    class_scores,
    confusion_matrix,
    macro_f1,
    mean_absolute_error,
    mean_average_precision,
    multilabel_macro_f1,
    r_squared,
    top1,
)

TRUTH = np.array([0, 0, 1, 1, 1, 2])
ANSWER = np.array([0, 1, 1, 1, 2, 2])


def test_rows_are_the_truth() -> None:
    assert confusion_matrix(ANSWER, TRUTH, 3).tolist() == [[1, 1, 0], [0, 2, 1], [0, 0, 1]]


def test_class_scores() -> None:
    scores = class_scores(confusion_matrix(ANSWER, TRUTH, 3))
    assert scores.precision == pytest.approx([1, 2 / 3, 1 / 2])
    assert scores.recall == pytest.approx([1 / 2, 2 / 3, 1])
    assert scores.f1 == pytest.approx([2 / 3, 2 / 3, 2 / 3])
    assert scores.support.tolist() == [2, 3, 1]


def test_a_class_never_answered_has_no_precision() -> None:
    scores = class_scores(confusion_matrix(np.array([0, 0]), np.array([0, 1]), 3))
    assert np.isnan(scores.precision[1]) and scores.recall[1] == 0 and scores.f1[1] == 0
    assert np.isnan([scores.precision[2], scores.recall[2], scores.f1[2]]).all()


def test_macro_f1_is_over_classes_that_occur() -> None:
    assert macro_f1(np.array([0, 0]), np.array([0, 1]), 5) == pytest.approx((2 / 3 + 0) / 2)


def test_top1() -> None:
    assert top1(ANSWER, TRUTH) == pytest.approx(4 / 6)
    assert np.isnan(top1(np.array([]), np.array([])))


@pytest.mark.parametrize("answer", [[0, 3], [-1, 0]])
def test_an_index_outside_is_refused(answer: list[int]) -> None:
    with pytest.raises(EvaluationError, match="no class"):
        confusion_matrix(np.array(answer), np.array([0, 1]), 3)


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(EvaluationError, match="shape"):
        top1(np.array([0, 1]), np.array([0]))


def test_multilabel_macro_f1() -> None:
    truth = np.array([[1, 0, 0], [1, 1, 0]], dtype=bool)
    answer = np.array([[1, 1, 0], [0, 1, 0]], dtype=bool)
    assert multilabel_macro_f1(answer, truth) == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_average_precision_by_hand() -> None:
    """Positives at ranks 1 and 3: (1/1 + 2/3) / 2; the class without a positive takes no part."""
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    truth = np.array([[1, 0], [0, 0], [1, 0]], dtype=bool)
    assert mean_average_precision(scores, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_regression() -> None:
    truth, answer = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 2.5])
    assert mean_absolute_error(answer, truth) == pytest.approx(1 / 3)
    assert r_squared(answer, truth) == pytest.approx(1 - 0.5 / 2)
    assert r_squared(np.full(3, 2.0), truth) == pytest.approx(0)
    assert np.isnan(r_squared(answer, np.ones(3)))
