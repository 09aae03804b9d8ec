"""Result records of try-on models: what the pictures of one model scored under one protocol on one set of cases.

results/<model>/<revision>/<name@version>.json        the record
results/<model>/<revision>/<name@version>.parquet     one row a case, see ``samples``
results/<model>/<revision>/<name@version>.strips.webp pictures of the best, median and worst cases, see ``strips``
results/references/<digest>.parquet                   features of a reference set, shared by all records over it
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import FIX, ModelEntry, ProtocolEntry, RunEntry, Score, read_record_file, record_path
from fitroom.evaluation.tryon.catalogue import METRICS, PASTED
from fitroom.evaluation.tryon.protocol import TryOnProtocol, protocol_from_settings
from fitroom.evaluation.tryon.samples import read_samples, to_parquet
from fitroom.evaluation.tryon.scoring import score
from fitroom.writing import write_bytes_atomically

RECORD_VERSION = 1


@dataclass(frozen=True)
class CasesEntry:
    """Which cases.

    Attributes:
        name: of the data set.
        digest: SHA-256 over the content of all cases of the protocol, inputs and truths.
        num_cases: pictures that were asked for.
        num_predicted: pictures that were there; less only where missing ones were allowed.
        num_persons, num_garments: clusters of the intervals.
        height_px, width_px: size of the truths.
    """

    name: str
    digest: str
    num_cases: int
    num_predicted: int
    num_persons: int
    num_garments: int
    height_px: int
    width_px: int


@dataclass(frozen=True)
class PredictionsEntry:
    """Which pictures were scored: where from, and SHA-256 over cases and pixels."""

    source: Literal["bundle", "folder", "control"]
    digest: str


@dataclass(frozen=True)
class SamplesEntry:
    """The per-sample table: its file beside the record, SHA-256 of its bytes, and its rows."""

    file: str
    sha256: str
    num_rows: int


@dataclass(frozen=True)
class ReferencesEntry:
    """The reference features: file in ``results/references``, SHA-256 of its bytes, and how many pictures."""

    file: str
    sha256: str
    num_images: int


@dataclass(frozen=True)
class TryOnRecord:
    """One model under one protocol on one set of cases.

    Attributes:
        record_version: of this format.
        instruments: SHA-256 of the weights of everything that measured, by name (parser, effnetlite0 ...); records of
            different instruments share no table.
        missing: reason by instrument that was not there.
        oracle: the "model" has seen the truth (the truth itself, its disturbed copies, a warp by the true flow).
        seen, num_seen: the model learned or chose from the inputs of so many of the cases; such a row has no rank.
        references: None where the protocol compares no sets.
        scores: by metric of the catalogue.
    """

    record_version: int
    task: Literal["try-on"]
    model: ModelEntry
    protocol: ProtocolEntry
    data: CasesEntry
    predictions: PredictionsEntry
    instruments: dict[str, str]
    missing: dict[str, str]
    oracle: bool
    seen: bool
    num_seen: int
    scores: dict[str, Score]
    samples: SamplesEntry
    references: ReferencesEntry | None
    run: RunEntry

    def to_json(self) -> str:
        """The text of the record's file."""
        return json.dumps(dataclasses.asdict(self), indent=1, allow_nan=False, ensure_ascii=False) + "\n"

    def card_numbers(self) -> dict[str, Any]:
        """What a model card shows, see ``bundles.card.numbers_section``: all scores but those after paste-back."""
        scores = {
            METRICS[name].label: {"value": score.value, "low": score.low, "high": score.high}
            for name, score in self.scores.items()
            if score.value is not None and not name.endswith(PASTED)
        }
        return self.model.card_facts() | {
            "protocol": self.protocol.id,
            "num_images": self.data.num_cases,
            "num_seen": self.num_seen,
            "scores": scores,
        }

    @property
    def recipe(self) -> TryOnProtocol:
        """The protocol as an object."""
        return protocol_from_settings(self.protocol.settings)


def write_record(results: Path, record: TryOnRecord, rows: list[dict[str, Any]]) -> Path:
    """Writes the per-sample table, then the record; each appears complete or not at all.

    Args:
        results: the folder of all results.
        record: its ``samples`` are filled in here.
        rows: one a case, see ``samples``.

    Returns:
        The record's path.
    """
    path = record_path(results, record.model.name, record.model.revision, record.protocol.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    blob = to_parquet(rows, record.recipe)
    entry = SamplesEntry(path.with_suffix(".parquet").name, hashlib.sha256(blob).hexdigest(), len(rows))
    write_bytes_atomically(path.with_suffix(".parquet"), blob)
    write_bytes_atomically(path, dataclasses.replace(record, samples=entry).to_json().encode())
    return path


def read_record(path: Path) -> TryOnRecord:
    """Reads a record without checking it against its samples.

    Raises:
        EvaluationError: unreadable, not JSON, of a newer version, or not of the form of a try-on record.
    """
    return read_record_file(path, TryOnRecord, RECORD_VERSION, protocol_from_settings)


def references_path(path: Path, record: TryOnRecord) -> Path | None:
    """Where the reference features of the record at ``path`` lie."""
    return None if record.references is None else path.resolve().parents[2] / "references" / record.references.file


def recompute(path: Path, intervals: bool = True) -> dict[str, Score]:
    """The scores of the record at ``path`` from nothing but its samples, its reference features and its protocol.

    Raises:
        EvaluationError: record, samples or references cannot be read or scored.
    """
    record = read_record(path)
    return rescore(path, record, read_samples(path.with_suffix(".parquet")), intervals)


def rescore(path: Path, record: TryOnRecord, samples: pd.DataFrame, intervals: bool = True) -> dict[str, Score]:
    """As :func:`recompute`, of a record and samples already read."""
    features = references_path(path, record)
    references = None if features is None else read_samples(features)
    try:
        return score(samples, references, record.recipe, record.missing, intervals)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise EvaluationError(
            "the samples of a record cannot be scored", where=path, got=str(error), fix=FIX
        ) from error
