"""The lint of flat records: what cannot be true does not enter a leaderboard."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from fitroom.config import hash_settings
from fitroom.errors import EvaluationError
from fitroom.evaluation.agreement import disagreements, wrong_numbers, wrong_place
from fitroom.evaluation.entries import FIX
from fitroom.evaluation.flat.records import FlatRecord, read_record, read_rows
from fitroom.evaluation.flat.task import FlatTask
from fitroom.evaluation.flat.tasks import FLAT_TASKS


def check_record(path: Path, task_name: str) -> FlatRecord:
    """Reads a record and refuses what cannot be true.

    Raises:
        EvaluationError: naming the file and everything that is wrong with it.
    """
    task = FLAT_TASKS[task_name]
    record = read_record(path, task)
    problems = [
        *wrong_place(path, record.model, record.protocol, record.rows.file, "rows"),
        *_wrong_numbers(record, task),
        *_wrong_file(path, record, task),
    ]
    if not problems:
        problems = list(_wrong_scores(path, record, task))
    if problems:
        raise EvaluationError(
            "a record cannot be true", where=path, got="\n" + "\n".join(f"    {line}" for line in problems), fix=FIX
        )
    return record


def _wrong_numbers(record: FlatRecord, task: FlatTask) -> Iterator[str]:
    if hash_settings(record.protocol.settings) != record.protocol.hash:
        yield "the protocol's hash is not that of its settings"
    if task.read_protocol(record.protocol.settings).id != record.protocol.id:
        yield f"it names {record.protocol.id}, but holds the settings of another protocol"
    if record.seen != (record.num_seen > 0) or not 0 <= record.num_seen <= record.data.num_cases:
        yield f"seen is {record.seen}, with {record.num_seen} of {record.data.num_cases} cases seen"
    if record.model.control != (record.model.bundle_hash is None):
        yield "a model has a bundle's hash, a control has none"
    if record.run.wall_s < 0 or record.model.num_parameters < 0:
        yield "time or number of parameters is negative"
    bounds = {column.name: (column.low, column.high) for column in task.columns}
    for name, score in record.scores.items():
        yield from wrong_numbers(name, score, *bounds.get(name, (-math.inf, math.inf)), "rows")
    if lacks := [column.name for column in task.columns if column.name not in record.scores]:
        yield f"scores are missing, without a reason: {', '.join(lacks)}"


def _wrong_file(path: Path, record: FlatRecord, task: FlatTask) -> Iterator[str]:
    file = path.with_suffix(".parquet")
    if not file.is_file():
        yield f"its rows are missing: {file.name}"
    elif hashlib.sha256(file.read_bytes()).hexdigest() != record.rows.sha256:
        yield f"{file.name} is not the file whose hash it holds"
    elif not _are_alike(parquet.read_schema(file), task.schema):
        yield f"{file.name} has not the columns of such rows"
    elif parquet.read_metadata(file).num_rows != record.rows.num_rows:
        yield f"{file.name} has not the {record.rows.num_rows} rows that the record says"


def _wrong_scores(path: Path, record: FlatRecord, task: FlatTask) -> Iterator[str]:
    again = task.score(read_rows(path), record.protocol.settings, True)
    for name in sorted(set(record.scores) ^ set(again)):
        yield f"{name}: only {'in the record' if name in record.scores else 'in its rows'}"
    for name in (name for name in record.scores if name in again):
        yield from disagreements(name, record.scores[name], again[name], "rows")
        if record.scores[name].num_samples != again[name].num_samples:
            yield f"{name} is over {record.scores[name].num_samples} cases; its rows are {again[name].num_samples}"


def _are_alike(found: pa.Schema, wanted: pa.Schema) -> bool:
    """Equal but for how wide the numbers of words are: as wide as there are words."""
    return found.names == wanted.names and all(
        ours == theirs
        or (pa.types.is_dictionary(ours) and pa.types.is_dictionary(theirs) and ours.value_type == theirs.value_type)
        for ours, theirs in zip(found.types, wanted.types, strict=True)
    )
