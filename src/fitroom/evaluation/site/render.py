"""Tables as a static site, as Markdown and as CSV: words, numbers and marks only; nothing is computed here.

index.html  models/<name>.<revision>.html  figures/*  LEADERBOARD.md  leaderboard.csv
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from fitroom import __version__
from fitroom.evaluation.entries import ModelEntry
from fitroom.evaluation.flat import tables as of_flat
from fitroom.evaluation.recognition import tables as of_recognition
from fitroom.evaluation.site import facts, numbers
from fitroom.evaluation.site.cards import Card
from fitroom.evaluation.site.csv_file import csv_text
from fitroom.evaluation.site.empty_columns import empty_columns
from fitroom.evaluation.site.facts import AnyRecord
from fitroom.evaluation.site.pictures import Confusion, Strips, draw_confusions, key
from fitroom.evaluation.tryon import tables as of_tryon
from fitroom.evaluation.tryon.catalogue import Metric

TEMPLATES = Path(__file__).parent / "templates"
ModelKey = tuple[str, str]
AnyTable = of_recognition.Table | of_tryon.TryOnTable | of_flat.FlatTable


@dataclass(frozen=True)
class Standing:
    """A model in one table: its row, and of how many that are ranked."""

    table: AnyTable
    row: of_recognition.Row | of_tryon.Row | of_flat.FlatRow
    num_ranked: int


@dataclass(frozen=True)
class Site:
    """All that is shown.

    Attributes:
        recognition, tryon, flat: tables; at least one.
        strips: of try-on records, by ``pictures.key``.
        cards: by name and revision of the model.
    """

    recognition: Sequence[of_recognition.Table]
    tryon: Sequence[of_tryon.TryOnTable]
    strips: Mapping[str, Strips | None]
    cards: Mapping[ModelKey, Card | None]
    flat: Sequence[of_flat.FlatTable] = ()


def render_site(site: Site) -> dict[str, bytes]:
    """All files of the site by relative path."""
    pictures = draw_confusions([row.record for table in site.recognition for row in table.rows])
    tables: list[AnyTable] = [*site.tryon, *site.recognition, *site.flat]
    environment = _environment(site, pictures, tables)
    texts = {
        "index.html": environment.get_template("index.html").render(),
        "LEADERBOARD.md": environment.get_template("index.md").render(),
        "leaderboard.csv": csv_text(site.recognition, site.tryon, site.flat),
    }
    for (name, revision), entries in _standings(tables).items():
        model = entries[0].row.record.model
        texts[model_file(model)] = environment.get_template("model.html").render(
            model=model, entries=entries, card=site.cards.get((name, revision))
        )
    figures = {picture.file: picture.light for picture in pictures.values() if picture is not None}
    figures |= {strips.file: strips.data for strips in site.strips.values() if strips is not None}
    return {name: text.encode() for name, text in texts.items()} | {f"figures/{n}": d for n, d in figures.items()}


def model_file(model: ModelEntry) -> str:
    """Where the page of a model lies."""
    return f"models/{model.name}.{model.revision}.html"


def _standings(tables: Sequence[AnyTable]) -> dict[ModelKey, list[Standing]]:
    found: dict[ModelKey, list[Standing]] = defaultdict(list)
    for table in tables:
        num_ranked = sum(row.rank is not None for row in table.rows)
        for row in table.rows:
            model = row.record.model
            found[model.name, model.revision].append(Standing(table, row, num_ranked))
    return found


def _environment(site: Site, pictures: Mapping[str, Confusion | None], tables: Sequence[AnyTable]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    anchors = _anchors(tables)
    environment.filters.update(
        percent=numbers.percent, shown=numbers.shown, ends=numbers.ends, head=numbers.head, bar=numbers.bar,
        scaled_bar=numbers.scaled_bar, direction=numbers.direction, sort_key=numbers.sort_key,
        millions=numbers.millions, data_uri=_data_uri, key=key, row_name=_row_name, worst_name=_worst_name,
        what_it_does=_what_it_does, empty_columns=empty_columns, metrics_of=_metrics_of,
        page=lambda record: quote(model_file(record.model)), anchor=lambda record: anchors[key(record)],
    )  # fmt: skip
    environment.globals.update(
        facts=facts.facts, model_facts=facts.model_facts, run_facts=facts.run_facts, DASH=numbers.DASH,
        recognition=site.recognition, tryon=site.tryon, flat=site.flat, strips=site.strips, pictures=pictures,
        measures=of_recognition.MEASURES, num_tables=len(tables), version=__version__,
        level=tables[0].first.protocol.settings["level"],
    )  # fmt: skip
    environment.tests["summary"] = lambda row: isinstance(row, of_recognition.SeedSummary)
    return environment


def _anchors(tables: Sequence[AnyTable]) -> dict[str, str]:
    """Id of the table each record stands in, by key: the protocol's name, with a number where it has several."""
    found: dict[str, str] = {}
    counts: dict[str, int] = defaultdict(int)
    for table in tables:
        name = table.first.protocol.id.replace("@", "-v").replace("/", "-")
        counts[name] += 1
        anchor = name if counts[name] == 1 else f"{name}-{counts[name]}"
        found |= {key(row.record): anchor for row in table.rows}
    return found


def _row_name(row: Any) -> str:
    """What a filter looks in."""
    if isinstance(row, of_recognition.SeedSummary):
        return row.name.lower()
    record: AnyRecord = row.record
    return f"{record.model.name} {record.model.revision}".lower()


def _what_it_does(model: ModelEntry) -> str:
    """A try-on control's recipe in one line; empty for others."""
    recipe = model.settings.get("control")
    return recipe if model.control and isinstance(recipe, str) else ""


def _worst_name(name: str) -> str:
    """A disturbed truth, short: "blurred" of "control-truth-blurred"."""
    return name.removeprefix(f"{of_tryon.NOISE}-") if name != of_tryon.NOISE else "at worst"


def _metrics_of(tables: Sequence[of_tryon.TryOnTable]) -> list[Metric]:
    """Every metric of the tables, once, in the order of their columns."""
    return list({c.metric.name: c.metric for table in tables for c in table.columns.values()}.values())


def _data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
