"""What a control says to further questions: its one recipe, asked once a question, or once a label of several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fitroom.contracts import HeadKind
from fitroom.data.manifest import Manifest
from fitroom.evaluation.recognition.answers import HeadAnswer
from fitroom.evaluation.recognition.controls import Control, Labelled, MostFrequentClass
from fitroom.evaluation.recognition.scoring import Question

YES, NO = "yes", "no"
LIKELY = 0.5  # a label of several is answered from here on
Answering = Callable[[np.ndarray], list[HeadAnswer]]


@dataclass(frozen=True)
class Seen:
    """Photos a control has looked at.

    Attributes:
        features_NF: (N, F) float32.
        rows: (N,) int, their rows in the manifest.
    """

    features_NF: np.ndarray
    rows: np.ndarray


def fit_question(
    control: Control, name: str, kind: HeadKind, manifest: Manifest, fit: Seen, select: Seen
) -> tuple[Question, Answering] | None:
    """Fits a control to one further question.

    Args:
        control: which recipe.
        name, kind: of the question; ``name`` is a label column.
        manifest: of all photos.
        fit, select: photos to fit on and to tune on; those without the label are left out.

    Returns:
        The question with the classes that can be answered, and features (N, F) to N answers; None where no photo is
        labelled, or where the control's recipe knows no numbers.
    """
    cells = manifest.table[name]
    fit, select = _labelled(fit, cells), _labelled(select, cells)
    if not len(fit.rows) or not len(select.rows):
        return None
    if kind == "regression":
        return _fit_number(control, name, cells, fit, select)
    if kind == "multi":
        return _fit_labels(control, name, cells, fit, select)
    truth_fit, truth_select = (cells.iloc[seen.rows].to_numpy(dtype=str) for seen in (fit, select))
    classes, probabilities = _fit_classes(
        control, Labelled(fit.features_NF, truth_fit), Labelled(select.features_NF, truth_select)
    )
    return Question(name, "single", classes), lambda x_NF: [
        HeadAnswer(classes[int(p.argmax())], p) for p in probabilities(x_NF)
    ]


def _labelled(seen: Seen, cells: pd.Series) -> Seen:
    there = cells.iloc[seen.rows].notna().to_numpy()
    return Seen(seen.features_NF[there], seen.rows[there])


def _fit_classes(
    control: Control, fit: Labelled, select: Labelled
) -> tuple[list[str], Callable[[np.ndarray], np.ndarray]]:
    """Where only one class is known there is nothing to tell apart."""
    one = len(np.unique(fit.labels_N)) == 1
    fitted = (MostFrequentClass() if one else control).fit(fit, select)
    return fitted.classes, fitted.probabilities


def _fit_labels(control: Control, name: str, cells: pd.Series, fit: Seen, select: Seen) -> tuple[Question, Answering]:
    """One yes or no for each label."""
    sets = {int(row): set(_names(cells.iloc[row])) for row in [*fit.rows, *select.rows]}
    classes = sorted(set().union(*(sets[int(row)] for row in fit.rows)))

    def flags(seen: Seen, label: str) -> Labelled:
        has = [YES if label in sets[int(row)] else NO for row in seen.rows]
        return Labelled(seen.features_NF, np.array(has))

    fitted = [_fit_classes(control, flags(fit, label), flags(select, label)) for label in classes]

    def answer(x_NF: np.ndarray) -> list[HeadAnswer]:
        scores_NC = np.stack([_probability_of_yes(known, f(x_NF)) for known, f in fitted], axis=1)
        return [HeadAnswer([c for c, p in zip(classes, row, strict=True) if p >= LIKELY], row) for row in scores_NC]

    return Question(name, "multi", classes), answer


def _probability_of_yes(known: list[str], probabilities_NK: np.ndarray) -> np.ndarray:
    return probabilities_NK[:, known.index(YES)] if YES in known else np.zeros(len(probabilities_NK))


def _fit_number(
    control: Control, name: str, cells: pd.Series, fit: Seen, select: Seen
) -> tuple[Question, Answering] | None:
    numbers = pd.to_numeric(cells)
    value = control.fit_number(
        Labelled(fit.features_NF, numbers.iloc[fit.rows].to_numpy(dtype=np.float64)),
        Labelled(select.features_NF, numbers.iloc[select.rows].to_numpy(dtype=np.float64)),
    )
    if value is None:
        return None
    return Question(name, "regression"), lambda x_NF: [HeadAnswer(float(v)) for v in value(x_NF)]


def _names(cell: str) -> list[str]:
    return [name.strip() for name in str(cell).split("|") if name.strip()]
