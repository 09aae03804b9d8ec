"""What else a reader may want to know of a record, as pairs of name and value."""

from __future__ import annotations

from typing import Any

from fitroom.evaluation.entries import ModelEntry, RunEntry
from fitroom.evaluation.flat.records import FlatRecord
from fitroom.evaluation.recognition.records import Record
from fitroom.evaluation.tryon.records import TryOnRecord

Facts = list[tuple[str, str]]
AnyRecord = Record | TryOnRecord | FlatRecord


def facts(record: AnyRecord) -> Facts:
    """Of the model, then of this evaluation of it."""
    return model_facts(record.model) + run_facts(record)


def model_facts(model: ModelEntry) -> Facts:
    """What was evaluated."""
    found: list[tuple[str, Any]] = [("revision", model.revision), ("kind", model.kind), ("seed", model.seed)]
    found += [("bundle", _short(model.bundle_hash)), ("licence", model.license)]
    found += [("parameters", f"{model.num_parameters:,}" if model.num_parameters else None)]
    if model.height_px:
        found.append(("input", f"{model.width_px} x {model.height_px} px"))
    return _spoken(found + _flat(model.settings))


def run_facts(record: AnyRecord) -> Facts:
    """How and when it was evaluated, and by what its rows are known."""
    run = record.run
    found: list[tuple[str, Any]] = []
    if isinstance(record, TryOnRecord):
        found += [("samples", f"{record.samples.num_rows} rows, sha256 {record.samples.sha256[:16]}")]
        found += [("predictions", f"{record.predictions.source}, sha256 {record.predictions.digest[:16]}")]
    elif isinstance(record, FlatRecord):
        found += [("rows", f"{record.rows.num_rows} rows, sha256 {record.rows.sha256[:16]}")]
    else:
        found += [("answers", f"{record.answers.num_rows} rows, sha256 {record.answers.sha256[:16]}")]
    return _spoken(found + _circumstances(run))


def _circumstances(run: RunEntry) -> list[tuple[str, Any]]:
    gpus = ", ".join(run.machine.get("gpus") or [])
    return [
        ("time", f"{run.wall_s:.1f} s, {run.world_size} process{'es' * (run.world_size > 1)}"),
        ("machine", f"{run.machine.get('processor')}, {run.machine.get('cores')} cores{gpus and f', {gpus}'}"),
        ("when", run.started_utc),
        ("versions", ", ".join([f"fitroom {run.fitroom}", *(f"{k} {v}" for k, v in run.versions.items())])),
    ]


def _spoken(found: list[tuple[str, Any]]) -> Facts:
    return [(name, str(value)) for name, value in found if value not in (None, "")]


def _flat(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in settings.items():
        title = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(value, dict):
            pairs += _flat(value, f"{title}: ")
        else:
            pairs.append((title, ", ".join(map(str, value)) if isinstance(value, list) else _short(value)))
    return pairs


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.4g}"
    is_hash = isinstance(value, str) and len(value) == 64 and not value.strip("0123456789abcdef")
    return value[:16] if is_hash else value
