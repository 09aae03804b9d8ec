"""The lint of result records: what cannot be true does not enter a leaderboard."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import parquet

from fitroom.config import hash_settings
from fitroom.errors import EvaluationError
from fitroom.evaluation.agreement import disagreements, wrong_numbers, wrong_place
from fitroom.evaluation.entries import FIX, Score, digest_samples
from fitroom.evaluation.recognition.protocol import protocol_from_settings
from fitroom.evaluation.recognition.records import Record, answers_schema, read_answers, read_record, recompute
from fitroom.evaluation.recognition.scoring import BOUNDS, Scores, extended_classes


def check_record(path: Path) -> Record:
    """Reads a record and refuses what cannot be true.

    Raises:
        EvaluationError: naming the file and everything that is wrong with it: a number out of its bounds, counts that
            disagree, answers of another hash, a photo twice, a confidence that is not that of the answer, a score that
            its own answers do not give, or a record that lies in the wrong place.
    """
    record = read_record(path)
    problems = [
        *wrong_place(path, record.model, record.protocol, record.answers.file, "answers"),
        *_wrong_numbers(record),
        *_wrong_answers(path, record),
    ]
    if not problems:
        problems = list(_wrong_scores(record, recompute(path)))
    if problems:
        raise EvaluationError(
            "a record cannot be true", where=path, got="\n" + "\n".join(f"    {line}" for line in problems), fix=FIX
        )
    return record


def _wrong_numbers(record: Record) -> Iterator[str]:
    if hash_settings(record.protocol.settings) != record.protocol.hash:
        yield "the protocol's hash is not that of its settings"
    protocol = protocol_from_settings(record.protocol.settings)
    if (record.protocol.id, record.data.part) != (protocol.id, protocol.part):
        yield f"it names {record.protocol.id} and the {record.data.part} part, but holds the settings of {protocol.id}"
    if not 0 < record.data.num_samples <= record.data.num_photos:
        yield f"{record.data.num_samples} of {record.data.num_photos} photos were scored"
    if record.seen != (record.num_seen > 0) or not 0 <= record.num_seen <= record.data.num_samples:
        yield f"seen is {record.seen}, with {record.num_seen} of {record.data.num_samples} photos seen"
    if record.model.control != (record.model.bundle_hash is None):
        yield "a model has a bundle's hash, a control has none"
    if record.run.wall_s < 0 or record.model.num_parameters < 0:
        yield "time or number of parameters is negative"
    classes = record.data.classes
    if not 0 < record.data.num_known <= len(classes) or len(set(classes)) < len(classes):
        yield "the classes are not a list of different names"
    for name, value in _all_scores(record.scores):
        yield from _wrong_score(name, value, record.data.num_samples)


def _wrong_score(name: str, score: Score, num_samples: int) -> Iterator[str]:
    low, high = BOUNDS.get(name.rsplit(" ", 1)[-1], (0.0, 1.0))
    yield from wrong_numbers(name, score, low, high, "answers")
    if not 0 <= score.num_samples <= num_samples or not 0 <= score.num_missing <= num_samples:
        yield f"{name}: counts {score.num_samples} photos, {score.num_missing} missing, of {num_samples}"


def _wrong_answers(path: Path, record: Record) -> Iterator[str]:
    file = path.with_suffix(".parquet")
    if not file.is_file():
        yield f"its answers are missing: {file.name}"
        return
    if hashlib.sha256(file.read_bytes()).hexdigest() != record.answers.sha256:
        yield f"{file.name} is not the file whose hash it holds"
        return
    if not parquet.read_schema(file).equals(answers_schema(record.questions)):
        yield f"{file.name} has not the columns of a table of answers"
        return
    answers = read_answers(path)
    if not len(answers) == record.answers.num_rows == record.data.num_samples:
        yield f"{len(answers)} answers, where it says {record.answers.num_rows} and {record.data.num_samples} photos"
        return
    twice = sorted(set(answers["sample_id"][answers["sample_id"].duplicated()]))
    if twice:
        yield f"{len(twice)} photos are answered twice: {', '.join(twice[:3])}"
    yield from _wrong_rows(answers, record)


def _wrong_rows(answers: pd.DataFrame, record: Record) -> Iterator[str]:
    """Answer, confidence and probabilities of one row must say the same."""
    known = record.data.classes[: record.data.num_known]
    if record.data.classes != extended_classes(known, answers["truth"].to_list()):
        yield "the classes are not those of model and truths"
    if record.data.samples_digest != digest_samples(answers["sha256"]):
        yield "the photos are not those of its samples_digest"
    if not all(re.fullmatch(r"[0-9a-f]{64}", str(value)) for value in answers["sha256"]):
        yield "a content hash is not the hex of a SHA-256"
    rows = answers[answers["predicted"].notna()]
    empty = rows[["confidence", "unknown", "probabilities"]].isna().any(axis=1)
    widths = {len(cell) for cell in rows["probabilities"].dropna()}
    if empty.any() or widths - {len(known)}:
        yield f"answers lack confidence or probabilities, or have not {len(known)} of them"
    elif len(rows):
        probabilities_NC = np.stack(rows["probabilities"].to_list())
        if not (probabilities_NC >= 0).all() or np.abs(probabilities_NC.sum(axis=1) - 1).max() > 1e-3:
            yield "probabilities are negative or do not add up to 1"
        top_N = np.array(known, dtype=object)[probabilities_NC.argmax(axis=1)]
        if (top_N != rows["predicted"].to_numpy()).any():
            yield f"{int((top_N != rows['predicted'].to_numpy()).sum())} answers are not the most probable class"
        if np.abs(probabilities_NC.max(axis=1) - rows["confidence"].to_numpy(dtype=np.float64)).max() > 1e-6:
            yield "a confidence is not that of its answer"


def _wrong_scores(record: Record, again: Scores) -> Iterator[str]:
    ours, theirs = dict(_all_scores(record.scores)), dict(_all_scores(again))
    for name in sorted(set(ours) ^ set(theirs)):
        yield f"{name}: only {'in the record' if name in ours else 'in its answers'}"
    for name in (name for name in ours if name in theirs):
        a, b = ours[name], theirs[name]
        yield from disagreements(name, a, b, "answers")
        if (a.num_samples, a.num_missing) != (b.num_samples, b.num_missing):
            yield f"{name} is over {a.num_samples} photos; its answers are {b.num_samples}"
    if record.scores.confusion != again.confusion:
        yield "the confusion matrix is not that of its answers"
    for mine, other in zip(record.scores.per_class, again.per_class, strict=False):
        if (mine.name, mine.support, mine.num_answered) != (other.name, other.support, other.num_answered):
            yield f"class {mine.name!r}: counts are not those of its answers"
    if (record.scores.clusters, record.scores.num_clusters) != (again.clusters, again.num_clusters):
        yield f"{record.scores.num_clusters} {record.scores.clusters}; its answers have {again.num_clusters}"


def _all_scores(scores: Scores) -> Iterator[tuple[str, Score]]:
    yield from scores.overall.items()
    for row in scores.per_class:
        for name in ("precision", "recall", "f1"):
            yield f"{row.name} {name}", getattr(row, name)
    for head in scores.heads:
        for name, value in head.scores.items():
            yield f"{head.name}: {name}", value
