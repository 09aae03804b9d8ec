from __future__ import annotations

import numpy as np
import pytest

from fitroom.errors import EvaluationError
from fitroom.metrics.parsing import ParseCounts, boundaries


def halves(edge: int, size: int = 32) -> np.ndarray:
    parse = np.zeros((size, size), np.uint8)
    parse[edge:] = 1
    return parse


def scores(predicted: np.ndarray, truth: np.ndarray, num_labels: int = 3):
    counts = ParseCounts(num_labels)
    counts.add(predicted, truth)
    return counts.scores()


def test_the_truth_itself_scores_one():
    found = scores(halves(10), halves(10))
    assert found.mean_iou == 1 and found.boundary_f == 1
    assert np.isnan(found.iou_L[2]), "a label that is nowhere has no score"


def test_overlap_is_counted_in_pixels_over_all_photos():
    counts = ParseCounts(2)
    counts.add(halves(8), halves(16))
    counts.add(halves(16), halves(16))
    rows_hit, rows_union = 8 + 16, 16 + 16
    assert counts.scores().iou_L[0] == pytest.approx(rows_hit / rows_union)


@pytest.mark.parametrize(("shift", "score"), [(1, 1.0), (2, 1.0), (3, 0.0)])
def test_a_boundary_counts_within_two_pixels(shift, score):
    assert scores(halves(10 + shift), halves(10)).boundary_f == pytest.approx(score)


def test_a_label_that_is_answered_but_never_true_does_not_enter_the_mean():
    predicted = halves(16)
    predicted[0, 0] = 2
    found = scores(predicted, halves(16))
    assert found.iou_L[2] == 0 and found.mean_iou > 0.99


def test_boundaries_lie_before_the_change():
    assert np.flatnonzero(boundaries(halves(10))[:, 0]).tolist() == [9]


def test_what_does_not_fit_is_refused():
    with pytest.raises(EvaluationError, match="do not fit each other"):
        ParseCounts(2).add(halves(3), halves(3)[:5])
    with pytest.raises(EvaluationError, match="do not fit each other"):
        ParseCounts(1).add(halves(3), halves(3))
