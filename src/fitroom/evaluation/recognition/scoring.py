"""From per-sample answers to scores with intervals. The only place where a recognition score is computed: the runner
calls it when it writes a record, and whoever doubts the record calls it again on the same rows.

A table of answers has one row a photo:

    sample_id sha256 group truth                  str; group may be null
    predicted confidence unknown probabilities    str, float32, bool, list of float32; null where there is no answer
    <head>.truth <head>.predicted <head>.scores   per further head; a multi-label truth or answer is a list
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from fitroom.contracts import HeadKind
from fitroom.evaluation.entries import Score
from fitroom.evaluation.recognition.protocol import RecognitionProtocol
from fitroom.metrics.bootstrap import Interval, cluster_bootstraps
from fitroom.metrics.calibration import expected_calibration_error, log_losses
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

OVERALL = ("top1", "macro_f1", "ece", "nll", "accepted_coverage", "accepted_accuracy")
OF_HEAD: dict[HeadKind, tuple[str, ...]] = {
    "single": ("top1", "macro_f1"),
    "multi": ("macro_f1", "map"),
    "regression": ("mae", "r2"),
}
BOUNDS = {"nll": (0.0, 16.0), "mae": (0.0, math.inf), "r2": (-math.inf, 1.0)}


@dataclass(frozen=True)
class ClassScore:
    """Scores of one class: how many photos show it, how many were answered so."""

    name: str
    support: int
    num_answered: int
    precision: Score
    recall: Score
    f1: Score


@dataclass(frozen=True)
class HeadScore:
    """Scores of a further head, over the photos that are labelled for it.

    Attributes:
        name, kind, classes: of the head; no classes for a regression.
        num_labelled: photos with a label.
        scores: by name, see ``OF_HEAD``.
    """

    name: str
    kind: HeadKind
    classes: list[str]
    num_labelled: int
    scores: dict[str, Score]


@dataclass(frozen=True)
class Scores:
    """All scores of one model under one protocol.

    Attributes:
        overall: by name, see ``OVERALL``; and ``answered``, the share of photos that have an answer at all.
        per_class: in the order of the classes.
        confusion: counts, row = truth, column = answer; None where answers are missing.
        heads: further heads.
        clusters: what the intervals resample.
        num_clusters: how many there are.
    """

    overall: dict[str, Score]
    per_class: list[ClassScore]
    confusion: list[list[int]] | None
    heads: list[HeadScore]
    clusters: Literal["contributors", "photos"]
    num_clusters: int


@dataclass(frozen=True)
class Question:
    """A further head as the table of answers holds it."""

    name: str
    kind: HeadKind
    classes: list[str] = field(default_factory=list)


def score(
    answers: pd.DataFrame,
    classes: Sequence[str],
    num_known: int,
    questions: Sequence[Question],
    protocol: RecognitionProtocol,
    intervals: bool = True,
) -> Scores:
    """Scores a table of answers.

    Args:
        answers: see the file's first lines; at least one row.
        classes: all that are known or true; ``probabilities`` are over the first ``num_known`` of them.
        num_known: number of classes the model can answer.
        questions: the further heads.
        protocol: bins, and how to draw for the intervals.
        intervals: False leaves ``low`` and ``high`` out, which is much quicker.
    """
    clusters, over = _clusters(answers)
    resample = _Resampling(protocol, intervals)
    num, num_missing = len(answers), int(answers["predicted"].isna().sum())
    answered = Score((num - num_missing) / num, None, None, num)
    if num_missing:
        gap = Score(None, None, None, num, num_missing, f"{num_missing} of {num} photos have no answer")
        overall, per_class, confusion = dict.fromkeys(OVERALL, gap), _gaps(answers, classes), None
    else:
        overall, per_class, confusion = _score_classes(answers, list(classes), num_known, clusters, protocol, resample)
    heads = [_score_head(answers, question, clusters, resample) for question in questions]
    return Scores(overall | {"answered": answered}, per_class, confusion, heads, over, len(np.unique(clusters)))


def extended_classes(known: Sequence[str], truths: Sequence[str]) -> list[str]:
    """The classes a model knows, then those it is asked for and does not know, sorted."""
    return [*known, *sorted(set(truths) - set(known))]


@dataclass(frozen=True)
class _Resampling:
    """The bootstrap of one protocol; only the values where no intervals are asked for."""

    protocol: RecognitionProtocol
    intervals: bool

    def __call__(self, statistics: Callable[[np.ndarray], list[float]], clusters: np.ndarray) -> list[Interval]:
        if not self.intervals:
            values = statistics(np.arange(len(clusters)))
            return [Interval(float(value), math.nan, math.nan, 0) for value in values]
        return cluster_bootstraps(
            statistics, clusters, self.protocol.num_resamples, self.protocol.seed, self.protocol.level
        )


def _clusters(answers: pd.DataFrame) -> tuple[np.ndarray, Literal["contributors", "photos"]]:
    """(N,) str; a photo without contributor stands alone."""
    alone = "photo " + answers["sample_id"].astype(str)
    if answers["group"].isna().all():
        return alone.to_numpy(dtype=str), "photos"
    named = "contributor " + answers["group"].astype("str")
    return named.where(answers["group"].notna(), alone).to_numpy(dtype=str), "contributors"


def _score_classes(
    answers: pd.DataFrame,
    classes: list[str],
    num_known: int,
    clusters: np.ndarray,
    protocol: RecognitionProtocol,
    resample: _Resampling,
) -> tuple[dict[str, Score], list[ClassScore], list[list[int]]]:
    place = {name: index for index, name in enumerate(classes)}
    truth_N = answers["truth"].map(place).to_numpy(dtype=np.int64)
    predicted_N = answers["predicted"].map(place).to_numpy(dtype=np.int64)
    confidence_N = answers["confidence"].to_numpy(dtype=np.float64)
    accepted_N = ~answers["unknown"].to_numpy(dtype=bool)
    correct_N = truth_N == predicted_N
    known_N = np.where(truth_N < num_known, truth_N, -1)
    losses_N = log_losses(np.stack(answers["probabilities"].to_list()), known_N)

    def statistics(rows: np.ndarray) -> list[float]:
        confusion_CC = confusion_matrix(predicted_N[rows], truth_N[rows], len(classes))
        by_class, accepted = class_scores(confusion_CC), accepted_N[rows]
        ece = expected_calibration_error(confidence_N[rows], correct_N[rows], protocol.num_bins)
        accuracy = correct_N[rows][accepted].mean() if accepted.any() else math.nan
        f1 = by_class.f1[np.isfinite(by_class.f1)].mean()
        overall = [correct_N[rows].mean(), f1, ece, losses_N[rows].mean(), accepted.mean(), accuracy]
        return [*overall, *by_class.precision, *by_class.recall, *by_class.f1]

    found = resample(statistics, clusters)
    confusion_CC = confusion_matrix(predicted_N, truth_N, len(classes))
    overall = {name: Score.of(i, len(answers)) for name, i in zip(OVERALL, found, strict=False)}
    if not accepted_N.any():
        overall["accepted_accuracy"] = Score(None, None, None, len(answers), 0, "every answer is unknown")
    else:
        interval = found[OVERALL.index("accepted_accuracy")]
        overall["accepted_accuracy"] = Score.of(interval, int(accepted_N.sum()))
    per_class = _per_class(classes, confusion_CC, found[len(OVERALL) :])
    return overall, per_class, confusion_CC.tolist()


def _per_class(classes: list[str], confusion_CC: np.ndarray, found: list[Interval]) -> list[ClassScore]:
    width = len(classes)
    rows = []
    for c, name in enumerate(classes):
        support, answered = int(confusion_CC[c].sum()), int(confusion_CC[:, c].sum())
        precision = Score.of(found[c], answered, "never answered")
        recall = Score.of(found[width + c], support, "no photo shows it")
        f1 = Score.of(found[2 * width + c], support, "neither shown nor answered")
        rows.append(ClassScore(name, support, answered, precision, recall, f1))
    return rows


def _gaps(answers: pd.DataFrame, classes: Sequence[str]) -> list[ClassScore]:
    num_missing = int(answers["predicted"].isna().sum())
    reason = f"{num_missing} of {len(answers)} photos have no answer"
    rows = []
    for name in classes:
        support, answered = int((answers["truth"] == name).sum()), int((answers["predicted"] == name).sum())
        gap = Score(None, None, None, support, num_missing, reason)
        rows.append(ClassScore(name, support, answered, gap, gap, gap))
    return rows


def _score_head(answers: pd.DataFrame, question: Question, clusters: np.ndarray, resample: _Resampling) -> HeadScore:
    names = OF_HEAD[question.kind]
    labelled = answers[f"{question.name}.truth"].notna().to_numpy()
    rows = answers[labelled]
    num, num_missing = len(rows), int(rows[f"{question.name}.predicted"].isna().sum())
    if num == 0 or num_missing:
        reason = f"{num_missing} of {num} photos have no answer" if num else "no photo is labelled for it"
        scores = {name: Score(None, None, None, num, num_missing, reason) for name in names}
    else:
        found = resample(_head_statistics(rows, question), clusters[labelled])
        scores = {name: Score.of(i, num, "not defined on these labels") for name, i in zip(names, found, strict=True)}
    return HeadScore(question.name, question.kind, question.classes, num, scores)


def _head_statistics(rows: pd.DataFrame, question: Question) -> Callable[[np.ndarray], list[float]]:
    truth, predicted = rows[f"{question.name}.truth"], rows[f"{question.name}.predicted"]
    if question.kind == "regression":
        truth_N, value_N = truth.to_numpy(dtype=np.float64), predicted.to_numpy(dtype=np.float64)
        return lambda n: [mean_absolute_error(value_N[n], truth_N[n]), r_squared(value_N[n], truth_N[n])]
    if question.kind == "multi":
        classes = extended_classes(question.classes, [name for cell in truth for name in cell])
        truth_NC, has_NC = _flags(truth, classes), _flags(predicted, classes)
        scores_NK = np.stack(rows[f"{question.name}.scores"].to_list())
        # A true label the head does not know was never found: it scores as an answer of 0 everywhere.
        scores_NC = np.pad(scores_NK, ((0, 0), (0, len(classes) - scores_NK.shape[1])))
        return lambda n: [
            multilabel_macro_f1(has_NC[n], truth_NC[n]),
            mean_average_precision(scores_NC[n], truth_NC[n]),
        ]
    classes = extended_classes(question.classes, truth.to_list())
    place = {name: index for index, name in enumerate(classes)}
    truth_C, predicted_C = (column.map(place).to_numpy(dtype=np.int64) for column in (truth, predicted))
    return lambda n: [top1(predicted_C[n], truth_C[n]), macro_f1(predicted_C[n], truth_C[n], len(classes))]


def _flags(column: pd.Series, classes: Sequence[str]) -> np.ndarray:
    """(N, C) bool: which classes each cell names."""
    return np.array([[name in cell for name in classes] for cell in (set(cell) for cell in column)], dtype=bool)
