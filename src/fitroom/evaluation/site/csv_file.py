"""leaderboard.csv: one row a record, every score with the ends of its interval and the reason where it is missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from fitroom.evaluation.entries import Score
from fitroom.evaluation.flat.records import FlatRecord
from fitroom.evaluation.flat.tables import FlatTable
from fitroom.evaluation.flat.tasks import FLAT_TASKS
from fitroom.evaluation.recognition.records import Record
from fitroom.evaluation.recognition.tables import Table
from fitroom.evaluation.site.facts import AnyRecord
from fitroom.evaluation.tryon.records import TryOnRecord
from fitroom.evaluation.tryon.tables import TryOnTable


def csv_text(recognition: Sequence[Table], tryon: Sequence[TryOnTable], flat: Sequence[FlatTable] = ()) -> str:
    """The file's text; a column that a record does not have is empty in its row."""
    rows = [_row(row.record, row.rank) for table in recognition for row in table.rows]
    rows += [_row(row.record, row.rank) for table in tryon for row in table.rows]
    rows += [_row(row.record, row.rank) for table in flat for row in table.rows]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(record: AnyRecord, rank: int | None) -> dict[str, Any]:
    model = record.model
    values: dict[str, Any] = {
        "task": record.task, "protocol": record.protocol.id, "protocol_hash": record.protocol.hash,
        "data_digest": record.data.digest, "rank": rank, "model": model.name, "revision": model.revision,
        "kind": model.kind, "control": model.control, "seen": record.seen, "num_seen": record.num_seen,
        "seed": model.seed, "height_px": model.height_px, "width_px": model.width_px,
        "num_parameters": model.num_parameters, "bundle_hash": model.bundle_hash, "license": model.license,
        "wall_s": record.run.wall_s,
    }  # fmt: skip
    if isinstance(record, FlatRecord):
        return values | _of_cases(record)
    return values | (_of_pictures(record) if isinstance(record, TryOnRecord) else _of_answers(record))


def _of_pictures(record: TryOnRecord) -> dict[str, Any]:
    data = record.data
    counts = {"oracle": record.oracle, "num_samples": data.num_cases, "num_predicted": data.num_predicted}
    digests = {"samples_digest": record.samples.sha256, "predictions_digest": record.predictions.digest}
    return counts | digests | _scores(record.scores)


def _of_cases(record: FlatRecord) -> dict[str, Any]:
    counts = {"num_samples": record.data.num_cases, "samples_digest": record.data.digest}
    return counts | _scores({column.name: record.scores[column.name] for column in FLAT_TASKS[record.task].columns})


def _of_answers(record: Record) -> dict[str, Any]:
    scores = dict(record.scores.overall)
    scores |= {f"{head.name}.{name}": score for head in record.scores.heads for name, score in head.scores.items()}
    counts = {"num_samples": record.data.num_samples, "samples_digest": record.data.samples_digest}
    return counts | _scores(scores)


def _scores(scores: Mapping[str, Score]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, score in scores.items():
        values |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
        values |= {f"{name}_missing_because": score.reason}
    return values
