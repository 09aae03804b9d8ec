"""Pictures of the records for the site: confusion matrices, and the strips that lie beside try-on records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fitroom.evaluation.entries import record_path
from fitroom.evaluation.flat.records import FlatRecord
from fitroom.evaluation.recognition.figures import DARK, LIGHT, confusion_png
from fitroom.evaluation.recognition.records import Record
from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.records import TryOnRecord
from fitroom.evaluation.tryon.samples import read_samples
from fitroom.evaluation.tryon.strips import Chosen, choose, strip_metric
from fitroom.images import read_header


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix: name of its file, and its PNG for light and for dark pages."""

    file: str
    light: bytes
    dark: bytes


@dataclass(frozen=True)
class Strips:
    """Picture strips: name of their file, its bytes, size in px, and what it shows, in words."""

    file: str
    data: bytes
    width_px: int
    height_px: int
    alt: str
    caption: str


def key(record: Record | TryOnRecord | FlatRecord) -> str:
    """A name for a record's pictures that no other record has, fit for a file."""
    return f"{record.model.name}.{record.model.revision}.{record.protocol.id.replace('/', '-')}"


def draw_confusions(records: Sequence[Record]) -> dict[str, Confusion | None]:
    """By key; None where answers are missing."""
    return {key(record): _confusion(record) for record in records}


def read_strips(results: Path, records: Sequence[TryOnRecord]) -> dict[str, Strips | None]:
    """By key; None where no strips lie beside the record."""
    return {key(record): _strips(results, record) for record in records}


def _confusion(record: Record) -> Confusion | None:
    if record.scores.confusion is None:
        return None
    return Confusion(f"{key(record)}.png", confusion_png(record, LIGHT), confusion_png(record, DARK))


def _strips(results: Path, record: TryOnRecord) -> Strips | None:
    path = record_path(results, record.model.name, record.model.revision, record.protocol.id)
    file = path.with_suffix(".strips.webp")
    if not file.is_file():
        return None
    data = file.read_bytes()
    header = read_header(data)
    samples = read_samples(path.with_suffix(".parquet"))
    chosen = choose(samples, record.recipe)
    by = strip_metric(record.recipe, samples)
    words = f" by {METRICS[by].title} ({METRICS[by].group})" if by else ""
    alt = f"Rows of pictures: person, garment, result, truth and error. {_listed(chosen)}"
    caption = f"Person, garment, result, truth, error. {_kinds(chosen)} cases{words}."
    return Strips(f"{key(record)}.webp", data, header.width_px, header.height_px, alt, caption)


def _listed(chosen: Sequence[Chosen]) -> str:
    return "; ".join(
        f"{one.label}: {one.case_id}" + ("" if one.value is None else f", {one.value:.4g}") for one in chosen
    )


def _kinds(chosen: Sequence[Chosen]) -> str:
    kinds = list(dict.fromkeys(one.label for one in chosen))
    return "Some" if kinds == ["case"] else ", ".join(kinds).capitalize()
