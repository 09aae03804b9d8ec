"""Rankings against scikit-learn, and what ties are worth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fitroom.errors import EvaluationError
from fitroom.metrics.ranking import hit_share, places, roc_auc


@pytest.mark.parametrize("digits", [0, 1, 8])
def test_auc_is_that_of_scikit_learn(digits: int) -> None:
    rng = np.random.default_rng(digits)
    labels = rng.random(200) < 0.3
    scores = np.round(rng.normal(size=200) + labels, digits)  # with 0 digits most are tied
    assert roc_auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_auc_needs_both_classes_and_equal_lengths() -> None:
    assert np.isnan(roc_auc(np.array([1.0, 2.0]), np.array([True, True])))
    with pytest.raises(EvaluationError, match="differ in shape"):
        roc_auc(np.zeros(3), np.zeros(2))


def test_places_count_better_and_equal_candidates() -> None:
    assert places(np.array([0.5, 0.9, 0.5, 0.1])) == (1, 1)
    assert places(np.array([0.5, 0.9, 0.5, 0.1]), right=1) == (0, 0)


def test_one_score_for_all_is_worth_chance() -> None:
    better, tied = places(np.zeros(4))
    assert hit_share(np.array([better]), np.array([tied]), 1)[0] == 0.25
    assert hit_share(np.array([better]), np.array([tied]), 3)[0] == 0.75


def test_recall_is_the_mean_over_random_orders_of_ties() -> None:
    rng, scores = np.random.default_rng(0), np.array([2.0, 3.0, 2.0, 2.0, 1.0])
    better, tied = places(scores)
    for k in (1, 2, 3, 4):
        orders = [np.argsort(-(scores + 1e-6 * rng.random(5))) for _ in range(3000)]
        share = np.mean([0 in order[:k] for order in orders])
        assert hit_share(np.array([better]), np.array([tied]), k)[0] == pytest.approx(share, abs=0.04)
