"""What a model says of each photo, and the table of answers that a record keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from fitroom.contracts import Head, Recognition
from fitroom.data.manifest import Manifest
from fitroom.evaluation.recognition.scoring import Question
from fitroom.pipelines.recognize import RecognizePipeline


@dataclass(frozen=True)
class HeadAnswer:
    """One further head: the label, labels or number it says, and its confidence per class (C,), if it has any."""

    predicted: Any
    scores: np.ndarray | None = None


@dataclass(frozen=True)
class Answer:
    """One photo: (K,) probability per known class, whether the model calls it unknown, and the further heads."""

    probabilities: np.ndarray
    unknown: bool = False
    heads: Mapping[str, HeadAnswer] = field(default_factory=dict)


def recognize(pipeline: RecognizePipeline, images_u8: list[np.ndarray]) -> list[Answer]:
    """Answers of a bundle, from the very calls a server makes.

    An "unknown" of the first head is kept beside its most probable class, so that accuracy can be told with and
    without refusals; of further heads the most probable class counts.
    """
    outputs = pipeline.outputs(images_u8)
    confidences, recognitions = pipeline.confidences(outputs), pipeline.answer(outputs)
    first, *further = pipeline.heads
    return [
        Answer(
            confidences[first.name][i],
            recognition.unknown,
            {head.name: _head_answer(head, confidences[head.name][i], recognition) for head in further},
        )
        for i, recognition in enumerate(recognitions)
    ]


def answers_table(
    manifest: Manifest,
    label: str,
    answers: Sequence[Answer | None],
    classes: Sequence[str],
    questions: Sequence[Question] = (),
) -> pd.DataFrame:
    """The table of answers, see ``scoring``.

    Args:
        manifest: the N photos that were to be answered.
        label: the question that is scored.
        answers: (N,) in the manifest's order; None where a photo has no answer.
        classes: the classes the model knows, in the order of its probabilities.
        questions: the further heads to keep; those the data has no labels for have a truth of null.
    """
    rows = manifest.table
    # Scores are computed from what the file will hold, so that they can be computed again: float32.
    probabilities = [None if answer is None else answer.probabilities.astype(np.float32) for answer in answers]
    columns: dict[str, list[Any]] = {
        "sample_id": rows["sample_id"].to_list(),
        "sha256": rows["sha256"].to_list(),
        "group": _nullable(rows["group"]),
        "truth": rows[label].to_list(),
        "predicted": [None if p is None else classes[int(p.argmax())] for p in probabilities],
        "confidence": [None if p is None else float(p.max()) for p in probabilities],
        "unknown": [None if answer is None else bool(answer.unknown) for answer in answers],
        "probabilities": probabilities,
    }
    for question in questions:
        said = [None if answer is None else answer.heads[question.name] for answer in answers]
        columns[f"{question.name}.truth"] = _truths(rows, question)
        columns[f"{question.name}.predicted"] = [None if one is None else one.predicted for one in said]
        if question.kind != "regression":
            columns[f"{question.name}.scores"] = [None if one is None else _float32(one.scores) for one in said]
    return pd.DataFrame(columns, dtype=object)


def questions_of(heads: Sequence[Head], manifest: Manifest) -> list[Question]:
    """The further heads of a model that the data has labels for."""
    return [Question(head.name, head.kind, head.classes) for head in heads[1:] if head.name in manifest.labels]


def _head_answer(head: Head, confidences: np.ndarray, recognition: Recognition) -> HeadAnswer:
    if head.kind == "regression":
        return HeadAnswer(float(confidences[0]))
    if head.kind == "single":
        return HeadAnswer(head.classes[int(confidences.argmax())], confidences)
    return HeadAnswer([one["label"] for one in recognition.attributes[head.name]["labels"]], confidences)


def _truths(rows: pd.DataFrame, question: Question) -> list[Any]:
    cells = _nullable(rows[question.name])
    if question.kind == "multi":
        return [None if cell is None else [name.strip() for name in cell.split("|") if name.strip()] for cell in cells]
    return [None if cell is None else float(cell) if question.kind == "regression" else cell for cell in cells]


def _nullable(column: pd.Series) -> list[Any]:
    return [None if pd.isna(cell) else cell for cell in column]


def _float32(values: np.ndarray | None) -> np.ndarray | None:
    return None if values is None else values.astype(np.float32)
