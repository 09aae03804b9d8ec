"""Scores of rankings: area under the ROC curve, and places among candidates; equal scores share their places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import hypergeom, rankdata

from fitroom.errors import EvaluationError


def roc_auc(scores_N: np.ndarray, labels_N: np.ndarray) -> float:
    """Share of (positive, negative) pairs in which the positive scores higher, a tie counting half; in [0, 1].

    Source: Hanley & McNeil 1982; equals scikit-learn's ``roc_auc_score``.

    Args:
        scores_N: (N,) float, higher = surer.
        labels_N: (N,) bool.

    Returns:
        NaN where one of the classes is empty.

    Raises:
        EvaluationError: unequal lengths.
    """
    scores_N, labels_N = np.asarray(scores_N, float), np.asarray(labels_N, bool)
    if scores_N.shape != labels_N.shape:
        raise EvaluationError(
            "scores and labels differ in shape", rule="equal shapes", got=(scores_N.shape, labels_N.shape)
        )
    num_positive = int(labels_N.sum())
    num_negative = len(labels_N) - num_positive
    if not num_positive or not num_negative:
        return float("nan")
    rank_sum = float(rankdata(scores_N)[labels_N].sum())
    return (rank_sum - num_positive * (num_positive + 1) / 2) / (num_positive * num_negative)


def places(scores_K: np.ndarray, right: int = 0) -> tuple[int, int]:
    """How many candidates score higher than the right one, and how many others the same.

    Args:
        scores_K: (K,) of the candidates.
        right: which of them is right.
    """
    others = np.delete(np.asarray(scores_K, float), right)
    return int((others > scores_K[right]).sum()), int((others == scores_K[right]).sum())


def hit_share(num_better_N: np.ndarray, num_tied_N: np.ndarray, k: int) -> np.ndarray:
    """(N,) probability in [0, 1] that the right one is among the first ``k``, ties being broken by chance.

    So one score for all candidates is worth chance, and not the luck of being listed first. ``k`` = 1 gives the
    accuracy of fill-in-the-blank, larger ones recall@k with one relevant item.
    """
    better, tied = np.asarray(num_better_N, float), np.asarray(num_tied_N, float)
    return np.clip((k - better) / (tied + 1), 0.0, 1.0)


def hit_share_of_fewer(
    num_better_N: np.ndarray, num_tied_N: np.ndarray, num_others_N: np.ndarray, drawn: int
) -> np.ndarray:
    """(N,) probability in [0, 1] that the right one is first beside ``drawn`` others, drawn of all others at random.

    None of those that score higher may be among the drawn; of those that score the same each counts half, as if drawn
    by itself. Source: the hypergeometric distribution.
    """
    better, others = np.asarray(num_better_N, float), np.asarray(num_others_N, float)
    drawn_N = np.minimum(drawn, others)
    tied_drawn = np.asarray(num_tied_N, float) * drawn_N / np.maximum(others, 1)
    none_better = hypergeom.pmf(0, np.maximum(others, 1), better, drawn_N)  # first where there is no other
    return np.asarray(none_better / (tied_drawn + 1))


def reciprocal_rank(num_better_N: np.ndarray, num_tied_N: np.ndarray) -> np.ndarray:
    """(N,) mean of one over the place of the right one, in (0, 1], over all orders of those that score the same."""
    return _mean_over_places(num_better_N, num_tied_N, lambda place: 1 / place)


def discounted_gain(num_better_N: np.ndarray, num_tied_N: np.ndarray) -> np.ndarray:
    """(N,) nDCG where one candidate is right: ``1 / log2(1 + place)``, in (0, 1]; ties as in :func:`reciprocal_rank`.

    Source: Järvelin & Kekäläinen 2002.
    """
    return _mean_over_places(num_better_N, num_tied_N, lambda place: 1 / np.log2(1 + place))


def _mean_over_places(
    num_better_N: np.ndarray, num_tied_N: np.ndarray, gain: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    pairs = zip(num_better_N, num_tied_N, strict=True)
    return np.array([gain(np.arange(better + 1, better + tied + 2)).mean() for better, tied in pairs])
