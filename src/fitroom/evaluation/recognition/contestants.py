"""Who is evaluated: bundles and controls, as the runner sees them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fitroom.data.manifest import Manifest
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ModelEntry
from fitroom.evaluation.recognition.answers import Answer, questions_of, recognize
from fitroom.evaluation.recognition.controls import Control, Fitted, Labelled, control_revision
from fitroom.evaluation.recognition.further import Answering, Seen, fit_question
from fitroom.evaluation.recognition.protocol import RecognitionProtocol
from fitroom.evaluation.recognition.scoring import Question
from fitroom.pipelines.recognize import RecognizePipeline

SHORT_HASH = 16


@dataclass(frozen=True)
class Case:
    """The photos of an evaluation.

    Attributes:
        manifest: all N of them.
        parts: (N,) str, the part of each.
        protocol: how they are scored.
    """

    manifest: Manifest
    parts: np.ndarray
    protocol: RecognitionProtocol

    @property
    def rows(self) -> list[int]:
        """Row numbers of the photos that are scored."""
        return np.flatnonzero(self.parts == self.protocol.part).tolist()

    @property
    def labels_N(self) -> np.ndarray:
        """(N,) str, the truth of each photo."""
        return self.manifest.table[self.protocol.label].to_numpy(dtype=str)


@dataclass(frozen=True)
class Verdict:
    """What a contestant made of the photos.

    Attributes:
        entry: who it was, completed by what was fitted.
        classes: it knows, in the order of its probabilities.
        answers: of each photo that is scored, in the order of ``Case.rows``; None where it has none.
        questions: its further heads that the data has labels for.
        num_seen: scored photos that it learned or chose from.
    """

    entry: ModelEntry
    classes: list[str]
    answers: list[Answer | None]
    questions: list[Question]
    num_seen: int


@dataclass(frozen=True)
class Contestant:
    """A model or control before the photos are looked through.

    Attributes:
        entry: who it is.
        wanted: row numbers of the photos it looks at.
        read: B images, each (H, W, 3) uint8, to B things that ``conclude`` understands.
        conclude: those things by row number, to the verdict.
    """

    entry: ModelEntry
    wanted: frozenset[int]
    read: Callable[[list[np.ndarray]], Iterable[Any]]
    conclude: Callable[[dict[int, Any]], Verdict]


def enter_model(path: Path, case: Case, device: torch.device, batch_size: int, allow_seen: bool) -> Contestant:
    """A bundle or run as a contestant.

    Raises:
        BundleError: no usable bundle there.
        EvaluationError: it answers another question, knows none of the classes, or has seen what it would be scored on.
    """
    pipeline = RecognizePipeline.from_bundle(path, device=str(device))
    _check_question(pipeline, case)
    num_seen = _count_seen(pipeline, case, allow_seen)
    entry = _model_entry(pipeline, batch_size)
    questions = questions_of(pipeline.heads, case.manifest)
    known = pipeline.heads[0].classes
    classes = _counting_as(known, case)

    def conclude(found: dict[int, Answer]) -> Verdict:
        answers = [found.get(row) for row in case.rows]
        if case.protocol.synonyms:
            answers = [answer and _counted(answer, known, classes, case) for answer in answers]
        return Verdict(entry, classes, answers, questions, num_seen)

    return Contestant(entry, frozenset(case.rows), partial(recognize, pipeline), conclude)


def enter_control(control: Control, case: Case) -> Contestant:
    """A control as a contestant; it looks at all parts, and is fitted when the photos have been looked through."""
    revision = control_revision(control, case.manifest.digest, case.protocol.hash)
    entry = ModelEntry.of_control(control.name, revision, control.recipe, input_px=control.input_px)

    def conclude(found: dict[int, np.ndarray]) -> Verdict:
        fitted = control.fit(_labelled(case, found, "fit"), _labelled(case, found, "select"))
        done = dataclasses.replace(
            entry, num_parameters=fitted.num_parameters, settings={**control.recipe, "chosen": fitted.chosen}
        )
        further = _further(control, case, found)
        answers = _answers(fitted, case, found, further)
        return Verdict(done, fitted.classes, answers, [question for question, _ in further], 0)

    return Contestant(entry, frozenset(range(len(case.manifest))), control.features, conclude)


def _seen(case: Case, found: dict[int, np.ndarray], part: str) -> Seen:
    rows = [row for row in np.flatnonzero(case.parts == part).tolist() if row in found]
    if not rows:
        raise EvaluationError(
            f"controls cannot be fitted: no photo is in the {part} part",
            where=case.protocol.id,
            fix="use a protocol that divides the photos itself, or set controls: false",
        )
    return Seen(np.stack([found[row] for row in rows]), np.array(rows))


def _labelled(case: Case, found: dict[int, np.ndarray], part: str) -> Labelled:
    seen = _seen(case, found, part)
    return Labelled(seen.features_NF, case.labels_N[seen.rows])


def _further(control: Control, case: Case, found: dict[int, np.ndarray]) -> list[tuple[Question, Answering]]:
    """The protocol's further questions, as far as there are labels and the control's recipe goes."""
    asked = {name: kind for name, kind in case.protocol.further.items() if name in case.manifest.labels}
    if not asked:
        return []
    fit, select = _seen(case, found, "fit"), _seen(case, found, "select")
    fitted = (fit_question(control, name, kind, case.manifest, fit, select) for name, kind in asked.items())
    return [one for one in fitted if one is not None]


def _answers(
    fitted: Fitted, case: Case, found: dict[int, np.ndarray], further: list[tuple[Question, Answering]]
) -> list[Answer | None]:
    answered = [row for row in case.rows if row in found]
    if not answered:
        return [None] * len(case.rows)
    features_NF = np.stack([found[row] for row in answered])
    probabilities = dict(zip(answered, fitted.probabilities(features_NF), strict=True))
    said = {question.name: dict(zip(answered, answer(features_NF), strict=True)) for question, answer in further}
    return [
        Answer(probabilities[row], heads={name: answers[row] for name, answers in said.items()})
        if row in probabilities
        else None
        for row in case.rows
    ]


def _counting_as(known: list[str], case: Case) -> list[str]:
    """The classes that a model's classes count as, each once."""
    return list(dict.fromkeys(case.protocol.synonyms.get(name, name) for name in known))


def _counted(answer: Answer, known: list[str], classes: list[str], case: Case) -> Answer:
    """The answer over ``classes``."""
    probabilities = np.zeros(len(classes), dtype=answer.probabilities.dtype)
    for name, probability in zip(known, answer.probabilities, strict=True):
        probabilities[classes.index(case.protocol.synonyms.get(name, name))] += probability
    return dataclasses.replace(answer, probabilities=probabilities)


def _check_question(pipeline: RecognizePipeline, case: Case) -> None:
    first, label = pipeline.heads[0], case.protocol.label
    if first.name != label:
        raise EvaluationError(
            "the model answers another question than the protocol asks",
            where=pipeline.bundle.path,
            rule=f"its first head is {label!r}",
            got=[head.name for head in pipeline.heads],
        )
    truths = sorted(set(case.labels_N[case.rows]))
    if not set(truths) & set(_counting_as(first.classes, case)):
        raise EvaluationError(
            "the model knows none of the classes it would be asked for",
            where=pipeline.bundle.path,
            rule=f"some of {', '.join(truths)}",
            got=", ".join(first.classes),
            fix="check source.label_columns",
        )


def _count_seen(pipeline: RecognizePipeline, case: Case, allow_seen: bool) -> int:
    known = pipeline.bundle.trained_on()
    rows = case.manifest.table.iloc[case.rows]
    seen = [name for name, sha in zip(rows["sample_id"], rows["sha256"], strict=True) if sha[:SHORT_HASH] in known]
    if seen and not allow_seen:
        raise EvaluationError(
            f"the model has seen {len(seen)} of the {len(rows)} photos it would be scored on",
            where=pipeline.bundle.path,
            rule="none of them among those it learned or chose from (trained_on.json in its bundle)",
            got=", ".join(seen[:5]) + (", ..." if len(seen) > 5 else ""),
            fix="train it with the protocol's parts, or set allow_seen: true for a row that is marked and has no rank",
        )
    return len(seen)


def _model_entry(pipeline: RecognizePipeline, batch_size: int) -> ModelEntry:
    spec, preprocessing = pipeline.bundle.spec, pipeline.preprocessing
    calibration = spec.calibration.get(pipeline.heads[0].name)
    return ModelEntry.of_bundle(
        pipeline.bundle,
        sum(p.numel() for p in pipeline.bundle.build_model().parameters()),
        {
            "backbone": spec.model.get("backbone"),
            "resize": preprocessing.resize,
            "calibration": dataclasses.asdict(calibration) if calibration else None,
            "start_weights": dataclasses.asdict(spec.weights),
            "dtype": spec.dtype,
            "training_data": spec.training.data_digest,
            "num_training_photos": spec.training.num_images,
            "batch_size": batch_size,
        },
    )
