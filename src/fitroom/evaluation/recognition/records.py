"""Result records: what a model scored, under which protocol, on which data, with the answer to every photo.

    results/<model>/<revision>/<name@version>.json              the record
    results/<model>/<revision>/<name@version>.parquet           one row a photo, see ``scoring``
    results/<model>/<revision>/<name@version>.confusion.png     a picture of it; nothing is read from it

A record can be checked against its rows (``checks``), and is, before it enters a leaderboard.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import FIX, ModelEntry, ProtocolEntry, RunEntry, read_record_file, record_path
from fitroom.evaluation.recognition.protocol import protocol_from_settings
from fitroom.evaluation.recognition.scoring import Question, Scores, score
from fitroom.writing import write_bytes_atomically

RECORD_VERSION = 1


@dataclass(frozen=True)
class DataEntry:
    """Which photos.

    Attributes:
        digest: of the whole manifest.
        num_photos: of the whole manifest.
        part: the part that was scored.
        num_samples: photos in it.
        samples_digest: SHA-256 over their sorted content hashes, which proves that two records scored the same photos.
        classes: what the model can answer, in the order of ``probabilities``, then what it was asked for beyond.
        num_known: how many of them the model can answer.
    """

    digest: str
    num_photos: int
    part: str
    num_samples: int
    samples_digest: str
    classes: list[str]
    num_known: int


@dataclass(frozen=True)
class AnswersEntry:
    """The file of answers: its name beside the record, SHA-256 of its bytes, and its number of rows."""

    file: str
    sha256: str
    num_rows: int


@dataclass(frozen=True)
class Record:
    """One model under one protocol on one set of photos.

    Attributes:
        record_version: of this format.
        task: what kind of record it is.
        seen: the model learned or chose from photos it is scored on; such a row has no rank.
        num_seen: how many.
    """

    record_version: int
    task: Literal["recognition"]
    model: ModelEntry
    protocol: ProtocolEntry
    data: DataEntry
    seen: bool
    num_seen: int
    scores: Scores
    answers: AnswersEntry
    run: RunEntry

    @property
    def questions(self) -> list[Question]:
        """The further heads in its table of answers."""
        return [Question(head.name, head.kind, head.classes) for head in self.scores.heads]

    def to_json(self) -> str:
        """The text of the record's file."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def card_numbers(self) -> dict[str, Any]:
        """What a model card shows of it, see ``bundles.card.numbers_section``."""
        scores = {name: {"value": s.value, "low": s.low, "high": s.high} for name, s in self.scores.overall.items()}
        return self.model.card_facts() | {
            "protocol": self.protocol.id,
            "num_images": self.data.num_samples,
            "num_seen": self.num_seen,
            "scores": scores,
        }


def write_record(results: Path, record: Record, answers: pd.DataFrame) -> Path:
    """Writes the answers, then the record; each appears complete or not at all.

    A crash between the two leaves an old record whose hash no longer fits, which ``check_record`` names.

    Args:
        results: the folder of all results.
        record: its ``answers`` are filled in here.
        answers: see ``scoring``.

    Returns:
        The record's path.
    """
    path = record_path(results, record.model.name, record.model.revision, record.protocol.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    blob = answers_to_parquet(answers, record.questions)
    entry = AnswersEntry(path.with_suffix(".parquet").name, hashlib.sha256(blob).hexdigest(), len(answers))
    write_bytes_atomically(path.with_suffix(".parquet"), blob)
    write_bytes_atomically(path, dataclasses.replace(record, answers=entry).to_json().encode())
    return path


def read_record(path: Path) -> Record:
    """Reads a record without checking it against its answers.

    Raises:
        EvaluationError: unreadable, not JSON, of a newer version, or not of the form of a record.
    """
    return read_record_file(path, Record, RECORD_VERSION, protocol_from_settings)


def read_answers(path: Path) -> pd.DataFrame:
    """The table of answers that lies beside the record at ``path``.

    Raises:
        EvaluationError: not there, or not Parquet.
    """
    file = path.with_suffix(".parquet")
    try:
        table = parquet.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise EvaluationError("the answers of a record cannot be read", where=file, got=str(error), fix=FIX) from error
    return pd.DataFrame({name: table.column(name).to_pylist() for name in table.column_names}, dtype=object)


def recompute(path: Path, intervals: bool = True) -> Scores:
    """The scores of the record at ``path``, from nothing but its answers, classes and protocol settings.

    Raises:
        EvaluationError: record or answers cannot be read or scored.
    """
    record, answers = read_record(path), read_answers(path)
    try:
        return _rescored(record, answers, intervals)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise EvaluationError(
            "the answers of a record cannot be scored", where=path, got=str(error), fix=FIX
        ) from error


def answers_schema(questions: list[Question]) -> pa.Schema:
    """Columns of the table of answers, with their types."""
    numbers = pa.list_(pa.float32())
    fields = {"sample_id": pa.string(), "sha256": pa.string(), "group": pa.string(), "truth": pa.string()}
    fields |= {"predicted": pa.string(), "confidence": pa.float32(), "unknown": pa.bool_(), "probabilities": numbers}
    kinds = {"single": pa.string(), "multi": pa.list_(pa.string()), "regression": pa.float64()}
    for question in questions:
        fields |= {f"{question.name}.truth": kinds[question.kind], f"{question.name}.predicted": kinds[question.kind]}
        if question.kind != "regression":
            fields[f"{question.name}.scores"] = numbers
    return pa.schema(list(fields.items()))


def answers_to_parquet(answers: pd.DataFrame, questions: list[Question]) -> bytes:
    """The table of answers as the bytes of a Parquet file."""
    schema = answers_schema(questions)
    columns = {name: _plain(answers[name]) for name in schema.names}
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def _plain(column: pd.Series) -> list[Any]:
    cells = column.astype(object).to_list()
    return [None if np.ndim(cell) == 0 and pd.isna(cell) else cell for cell in cells]


def _rescored(record: Record, answers: pd.DataFrame, intervals: bool) -> Scores:
    protocol = protocol_from_settings(record.protocol.settings)
    return score(answers, record.data.classes, record.data.num_known, record.questions, protocol, intervals)
