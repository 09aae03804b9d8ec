"""How well a parse fits the truth: intersection over union, and how near its boundaries lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.errors import EvaluationError


@dataclass(frozen=True)
class ParseScores:
    """Scores of many photos together.

    Attributes:
        iou_L: intersection over union of each label, over all pixels of all photos; NaN where it is in neither.
        mean_iou: mean over the labels that occur in the truth.
        boundary_f: harmonic mean of the shares of predicted and of true boundary pixels that lie within the tolerance
            of one of the other kind (Martin et al. 2004), between any two labels; NaN where there are none.
    """

    iou_L: np.ndarray
    mean_iou: float
    boundary_f: float


class ParseCounts:
    """Adds up what the scores are made of, photo by photo.

    Args:
        num_labels: L.
        tolerance_px: of the boundary score.
    """

    def __init__(self, num_labels: int, tolerance_px: float = 2.0) -> None:
        self.num_labels, self.tolerance_px = num_labels, tolerance_px
        self.confusion_LL = np.zeros((num_labels, num_labels), np.int64)
        self.boundary_4 = np.zeros(4, np.int64)  # predicted: near, all; true: near, all

    def add(self, predicted_HW: np.ndarray, truth_HW: np.ndarray) -> None:
        """One photo's labels, (H, W) integers from 0 to L - 1.

        Raises:
            EvaluationError: unequal shapes, or a label out of range.
        """
        if predicted_HW.shape != truth_HW.shape or max(predicted_HW.max(), truth_HW.max()) >= self.num_labels:
            raise EvaluationError(
                "parse and truth do not fit each other",
                rule=f"one shape, labels below {self.num_labels}",
                got=(predicted_HW.shape, truth_HW.shape, int(predicted_HW.max()), int(truth_HW.max())),
            )
        pairs = truth_HW.astype(np.int64).ravel() * self.num_labels + predicted_HW.ravel()
        self.confusion_LL += np.bincount(pairs, minlength=self.num_labels**2).reshape(self.confusion_LL.shape)
        self.boundary_4 += _near(predicted_HW, truth_HW, self.tolerance_px)

    def scores(self) -> ParseScores:
        """Of all photos so far."""
        hits, truth = np.diag(self.confusion_LL), self.confusion_LL.sum(1)
        union = truth + self.confusion_LL.sum(0) - hits
        iou_L = np.divide(hits, union, out=np.full(self.num_labels, np.nan), where=union > 0)
        mean_iou = float(iou_L[truth > 0].mean()) if (truth > 0).any() else float("nan")
        near_predicted, predicted, near_true, true = (float(count) for count in self.boundary_4)
        boundary_f = float("nan")
        if predicted and true:
            precision, recall = near_predicted / predicted, near_true / true
            boundary_f = 2 * precision * recall / max(precision + recall, 1e-12)
        return ParseScores(iou_L, mean_iou, boundary_f)


def boundaries(labels_HW: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels whose right or lower neighbour has another label."""
    found = np.zeros(labels_HW.shape, bool)
    found[:, :-1] |= labels_HW[:, :-1] != labels_HW[:, 1:]
    found[:-1] |= labels_HW[:-1] != labels_HW[1:]
    return found


def _near(predicted_HW: np.ndarray, truth_HW: np.ndarray, tolerance_px: float) -> list[int]:
    from scipy.ndimage import distance_transform_edt

    found, true = boundaries(predicted_HW), boundaries(truth_HW)
    counts = []
    for own, other in ((found, true), (true, found)):
        near = own & (distance_transform_edt(~other) <= tolerance_px) if other.any() else np.zeros_like(own)
        counts += [int(near.sum()), int(own.sum())]
    return counts
