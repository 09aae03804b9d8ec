"""Tables as a page, as Markdown and as CSV: words, numbers and marks only; nothing is computed here."""

from __future__ import annotations

import base64
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from fitroom import __version__
from fitroom.evaluation.entries import Score
from fitroom.evaluation.recognition.figures import DARK, LIGHT, confusion_png
from fitroom.evaluation.recognition.records import Record
from fitroom.evaluation.tables import MEASURES, Measure, Row, SeedSummary, Spread, Table

TEMPLATES = Path(__file__).parent / "templates"
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Picture:
    """A confusion matrix: name of its file, and its PNG for light and for dark pages."""

    file: str
    light: bytes
    dark: bytes


def render_site(tables: list[Table]) -> dict[str, bytes]:
    """All files of the site by relative path: index.html, LEADERBOARD.md, leaderboard.csv and figures/*.png."""
    pictures = {_key(row.record): _picture(row.record) for table in tables for row in table.rows}
    environment = _environment()
    context = {"tables": tables, "measures": MEASURES, "version": __version__, "pictures": pictures, "key": _key}
    files = {
        "index.html": environment.get_template("leaderboard.html").render(context),
        "LEADERBOARD.md": environment.get_template("leaderboard.md").render(context),
        "leaderboard.csv": _csv(tables),
    }
    figures = {f"figures/{picture.file}": picture.light for picture in pictures.values() if picture is not None}
    return {name: text.encode() for name, text in files.items()} | figures


def percent(value: float | None, digits: int = 1) -> str:
    """A share in [0, 1] as a number of per cent, without the sign."""
    return DASH if value is None else f"{100 * value:.{digits}f}"


def shown(value: float | None, measure: Measure) -> str:
    """A score in the unit of its column."""
    return percent(value) if measure.percent else DASH if value is None else f"{value:.3f}"


def ends(score: Score | Spread, measure: Measure) -> str:
    """The interval of a score, or the range over seeds, in the unit of its column; empty where not known."""
    return "" if score.low is None else f"{shown(score.low, measure)}{DASH}{shown(score.high, measure)}"


def millions(count: int) -> str:
    """A number of parameters, short."""
    if count < 10_000:
        return str(count)
    return f"{count / 1e3:.0f} k" if count < 1e6 else f"{count / 1e6:.1f} M"


def bar(score: Score | Spread, hollow: bool = False) -> Markup:
    """A share in [0, 1] as a mark on a line from 0 to 1, its interval as a band around it, as inline SVG."""
    value = score.mean if isinstance(score, Spread) else score.value
    if value is None:
        return Markup("")
    stroke = ""
    label = f"{percent(value)} %"
    if score.low is not None and score.high is not None:
        width = percent(score.high - score.low, 2)
        stroke = f'<rect class="ci" x="{percent(score.low, 2)}%" width="{width}%" y="3" height="8" rx="1.5"/>'
        label += f", {percent(score.low)} to {percent(score.high)}"
    ticks = "".join(f'<line class="tick" x1="{x}%" x2="{x}%" y1="5" y2="9"/>' for x in (0, 50, 100))
    return Markup(
        f'<svg class="{"bar hollow" if hollow else "bar"}" role="img" aria-label="{label}" width="100%" height="14">'
        f'<line class="axis" x1="0" x2="100%" y1="7" y2="7"/>{ticks}{stroke}'
        f'<line class="mark" x1="{percent(value, 2)}%" x2="{percent(value, 2)}%" y1="1" y2="13"/></svg>'
    )


def facts(record: Record) -> list[tuple[str, str]]:
    """What else a reader may want to know of a record, as pairs of name and value."""
    model, run = record.model, record.run
    found: list[tuple[str, Any]] = [("revision", model.revision), ("kind", model.kind), ("seed", model.seed)]
    found += [
        ("bundle", _short(model.bundle_hash)),
        ("licence", model.license),
        ("parameters", f"{model.num_parameters:,}"),
    ]
    if model.height_px:
        found.append(("input", f"{model.width_px} x {model.height_px} px"))
    found += _flat(model.settings)
    found += [("answers", f"{record.answers.num_rows} rows, sha256 {record.answers.sha256[:16]}")]
    found += [("time", f"{run.wall_s:.1f} s, {run.world_size} process{'es' * (run.world_size > 1)}")]
    found += [
        ("machine", f"{run.machine.get('processor')}, {run.machine.get('cores')} cores"),
        ("when", run.started_utc),
    ]
    found += [("versions", ", ".join([f"fitroom {run.fitroom}", *(f"{k} {v}" for k, v in run.versions.items())]))]
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


def _picture(record: Record) -> Picture | None:
    if record.scores.confusion is None:
        return None
    return Picture(f"{_key(record)}.png", confusion_png(record, LIGHT), confusion_png(record, DARK))


def _key(record: Record) -> str:
    return f"{record.model.name}.{record.model.revision}.{record.protocol.id}"


def _data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, shown=shown, ends=ends, millions=millions, bar=bar, data_uri=_data_uri)
    environment.globals.update(facts=facts, DASH=DASH)
    environment.tests["summary"] = lambda row: isinstance(row, SeedSummary)
    return environment


def _csv(tables: list[Table]) -> str:
    rows = [_csv_row(row) for table in tables for row in table.rows]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _csv_row(row: Row) -> dict[str, Any]:
    record = row.record
    model, data = record.model, record.data
    values: dict[str, Any] = {
        "protocol": record.protocol.id, "protocol_hash": record.protocol.hash, "data_digest": data.digest,
        "samples_digest": data.samples_digest, "num_samples": data.num_samples, "rank": row.rank,
        "model": model.name, "revision": model.revision, "kind": model.kind, "control": model.control,
        "seen": record.seen, "num_seen": record.num_seen, "seed": model.seed, "height_px": model.height_px,
        "width_px": model.width_px, "num_parameters": model.num_parameters,
    }  # fmt: skip
    scores = dict(record.scores.overall)
    scores |= {f"{head.name}.{name}": score for head in record.scores.heads for name, score in head.scores.items()}
    for name, score in scores.items():
        values |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
        values |= {f"{name}_missing_because": score.reason}
    return values | {"bundle_hash": model.bundle_hash, "license": model.license, "wall_s": record.run.wall_s}
