"""Scores of class answers (one of C, any of C) and of numbers; NaN where a score is not defined, never a stand-in 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.errors import EvaluationError


@dataclass(frozen=True)
class ClassScores:
    """Per class, (C,): precision (NaN where never answered), recall (NaN where never true), F1, support (count)."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


def top1(predicted_N: np.ndarray, targets_N: np.ndarray) -> float:
    """Share of answers that equal the truth, in [0, 1]; NaN where there are none."""
    predicted_N, targets_N = _pair(predicted_N, targets_N)
    return float((predicted_N == targets_N).mean()) if len(targets_N) else float("nan")


def confusion_matrix(predicted_N: np.ndarray, targets_N: np.ndarray, num_classes: int) -> np.ndarray:
    """(C, C) int64 counts: row = truth, column = answer.

    Args:
        predicted_N, targets_N: (N,) int class indices in [0, num_classes).

    Raises:
        EvaluationError: unequal lengths, or an index outside the classes.
    """
    predicted_N, targets_N = _pair(predicted_N, targets_N)
    for name, values in (("predicted", predicted_N), ("targets", targets_N)):
        if len(values) and (values.min() < 0 or values.max() >= num_classes):
            raise EvaluationError(
                f"{name} hold an index that is no class",
                rule=f"0 to {num_classes - 1}",
                got=f"{values.min()} to {values.max()}",
            )
    counts = np.bincount(targets_N * num_classes + predicted_N, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def class_scores(confusion_CC: np.ndarray) -> ClassScores:
    """Precision, recall, F1 and support of each class, from a confusion matrix with the truth in its rows."""
    hits, support, answered = np.diag(confusion_CC), confusion_CC.sum(axis=1), confusion_CC.sum(axis=0)
    return ClassScores(
        precision=_ratio(hits, answered),
        recall=_ratio(hits, support),
        f1=_ratio(2 * hits, support + answered),
        support=support,
    )


def macro_f1(predicted_N: np.ndarray, targets_N: np.ndarray, num_classes: int) -> float:
    """Plain mean of the classes' F1, in [0, 1].

    A class that is neither true nor answered anywhere has no F1 and takes no part, as in scikit-learn and torchmetrics.
    """
    return _mean_of_defined(class_scores(confusion_matrix(predicted_N, targets_N, num_classes)).f1)


def multilabel_macro_f1(predicted_NC: np.ndarray, targets_NC: np.ndarray) -> float:
    """Plain mean of the classes' F1 of "has it": (N, C) bool against (N, C) bool; classes as in :func:`macro_f1`."""
    predicted_NC, targets_NC = (np.asarray(values, dtype=bool) for values in _pair(predicted_NC, targets_NC))
    hits = (predicted_NC & targets_NC).sum(axis=0)
    return _mean_of_defined(_ratio(2 * hits, predicted_NC.sum(axis=0) + targets_NC.sum(axis=0)))


def mean_average_precision(scores_NC: np.ndarray, targets_NC: np.ndarray) -> float:
    """Mean over classes of average precision, the step-wise area ``sum (R_n - R_n-1) P_n``.

    Args:
        scores_NC: (N, C) float, higher = surer.
        targets_NC: (N, C) bool; a class without one positive takes no part.
    """
    scores_NC, targets_NC = _pair(scores_NC, targets_NC)
    present = [c for c in range(targets_NC.shape[1]) if targets_NC[:, c].any()]
    values = [_average_precision(scores_NC[:, c], targets_NC[:, c]) for c in present]
    return float(np.mean(values)) if values else float("nan")


def mean_absolute_error(predicted_N: np.ndarray, targets_N: np.ndarray) -> float:
    """Mean ``|answer - truth|``, in the unit of the truth."""
    predicted_N, targets_N = _pair(predicted_N, targets_N)
    return float(np.abs(predicted_N - targets_N).mean()) if len(targets_N) else float("nan")


def r_squared(predicted_N: np.ndarray, targets_N: np.ndarray) -> float:
    """Coefficient of determination, 1 = exact, 0 = as good as the mean; NaN where the truth does not vary."""
    predicted_N, targets_N = _pair(predicted_N, targets_N)
    if len(targets_N) < 2:
        return float("nan")
    spread = float(((targets_N - targets_N.mean()) ** 2).sum())
    return 1 - float(((predicted_N - targets_N) ** 2).sum()) / spread if spread > 0 else float("nan")


def _average_precision(scores_N: np.ndarray, targets_N: np.ndarray) -> float:
    """Of one class with at least one positive; equal scores enter together. A bootstrap calls it very often."""
    order = np.argsort(-scores_N, kind="stable")
    last_of_run = np.append(np.diff(scores_N[order]) != 0, True)
    hits = np.cumsum(targets_N[order], dtype=np.int64)[last_of_run]
    precision = hits / (np.flatnonzero(last_of_run) + 1)
    return float((np.diff(hits, prepend=0) * precision).sum() / hits[-1])


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _mean_of_defined(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _pair(predicted: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    predicted, targets = np.asarray(predicted), np.asarray(targets)
    if predicted.shape != targets.shape:
        raise EvaluationError(
            "answers and truths differ in shape", rule="equal shapes", got=(predicted.shape, targets.shape)
        )
    return predicted, targets
