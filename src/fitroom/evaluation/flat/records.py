"""Flat records on disk: who was judged, by which recipe, on whom, the scores, and the rows they follow from.

results/<model>/<revision>/<name@version>.json        the record
results/<model>/<revision>/<name@version>.parquet     its rows, as the task's schema says
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import (
    FIX,
    ModelEntry,
    ProtocolEntry,
    RunEntry,
    Score,
    check_place,
    read_record_file,
    record_path,
)
from fitroom.evaluation.flat.task import FlatTask
from fitroom.evaluation.protocols import EvaluationProtocol
from fitroom.writing import write_bytes_atomically

RECORD_VERSION = 1


@dataclass(frozen=True)
class FlatData:
    """Who or what was scored.

    Attributes:
        name: of the data set, in words.
        digest: SHA-256 that stands for the cases, and so for the table a record belongs to.
        num_cases: how many.
        num_clusters: how many of them are independent: what intervals resample.
        clusters: what those are, in the plural.
    """

    name: str
    digest: str
    num_cases: int
    num_clusters: int
    clusters: str


@dataclass(frozen=True)
class RowsEntry:
    """The file of rows: its name beside the record, SHA-256 of its bytes, and its number of rows."""

    file: str
    sha256: str
    num_rows: int


@dataclass(frozen=True)
class FlatRecord:
    """One model under one protocol on one set of cases.

    Attributes:
        seen, num_seen: the model learned from cases it is scored on, and how many; such a row has no rank.
        scores: by name.
    """

    record_version: int
    task: str
    model: ModelEntry
    protocol: ProtocolEntry
    data: FlatData
    seen: bool
    num_seen: int
    scores: dict[str, Score]
    rows: RowsEntry
    run: RunEntry

    def to_json(self) -> str:
        """The text of the record's file."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_record(results: Path, record: FlatRecord, rows: pd.DataFrame, task: FlatTask) -> Path:
    """Writes the rows, then the record, whose ``rows`` are filled in here; each appears complete or not at all.

    Raises:
        EvaluationError: a record of other cases is there.
    """
    path = free_place(results, record.model, record.protocol.id, record.data.digest, task)
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    table = pa.Table.from_pandas(rows[task.schema.names], schema=task.schema, preserve_index=False)
    parquet.write_table(table.replace_schema_metadata(None), buffer, compression="zstd", compression_level=15)
    entry = RowsEntry(path.with_suffix(".parquet").name, hashlib.sha256(buffer.getvalue()).hexdigest(), len(rows))
    write_bytes_atomically(path.with_suffix(".parquet"), buffer.getvalue())
    write_bytes_atomically(path, dataclasses.replace(record, rows=entry).to_json().encode())
    return path


def free_place(results: Path, model: ModelEntry, protocol_id: str, digest: str, task: FlatTask) -> Path:
    """Where a record goes.

    Args:
        results: folder of all records.
        model, protocol_id, digest: who is judged, by which recipe, on what.
        task: whose records they are.

    Raises:
        EvaluationError: a record of other cases is there.
    """
    path = record_path(results, model.name, model.revision, protocol_id)
    check_place(path, digest, lambda there: read_record(there, task), "cases")
    return path


def record_scores(
    results: Path, task: FlatTask, model: ModelEntry, protocol: EvaluationProtocol, data: FlatData, rows: pd.DataFrame,
    start: float, wall_s: float,
) -> Path:  # fmt: skip
    """Scores rows and writes the record of a model that has seen none of the cases, by one process.

    Args:
        results: folder of all records.
        task, model, protocol, data: what was judged, by which recipe, on what.
        rows: by the task's schema.
        start: when it began, seconds since the epoch.
        wall_s: that the model took.
    """
    record = FlatRecord(
        record_version=RECORD_VERSION,
        task=task.name,
        model=model,
        protocol=ProtocolEntry(protocol.id, protocol.hash, protocol.settings),
        data=data,
        seen=False,
        num_seen=0,
        scores=task.score(rows, protocol.settings, True),
        rows=RowsEntry("", "", 0),
        run=RunEntry.here(start, 1, wall_s),
    )
    return write_record(results, record, rows, task)


def told(path: Path, task: FlatTask) -> str:
    """A record in two lines: the scores that it has, and where it lies."""
    record = read_record(path, task)
    values = {column.title: column.shown(record.scores[column.name].value) for column in task.columns
              if record.scores[column.name].value is not None}  # fmt: skip
    return f"{record.model.name}: {', '.join(f'{title} {value}' for title, value in values.items())}\n  {path}"


def read_record(path: Path, task: FlatTask) -> FlatRecord:
    """Reads a record without checking it against its rows.

    Raises:
        EvaluationError: unreadable, not JSON, of a newer version, or not of the form of such a record.
    """
    return read_record_file(path, FlatRecord, RECORD_VERSION, task.read_protocol)


def read_rows(path: Path) -> pd.DataFrame:
    """The rows that lie beside the record at ``path``.

    Raises:
        EvaluationError: not there, or not Parquet.
    """
    file = path.with_suffix(".parquet")
    try:
        return parquet.read_table(file).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise EvaluationError("the rows of a record cannot be read", where=file, got=str(error), fix=FIX) from error
