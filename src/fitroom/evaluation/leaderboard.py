"""``fitroom leaderboard``: the tables, derived from the result records and nothing else.

results/**.json + .parquet -> checked records -> tables -> site/index.html, models/, figures/, LEADERBOARD.md, *.csv
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fitroom.config import parse_config
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import FIX
from fitroom.evaluation.flat import checks as of_flat
from fitroom.evaluation.flat.records import FlatRecord
from fitroom.evaluation.flat.tables import make_tables as flat_tables
from fitroom.evaluation.flat.tasks import FLAT_TASKS
from fitroom.evaluation.recognition import checks as of_recognition
from fitroom.evaluation.recognition.records import Record
from fitroom.evaluation.recognition.tables import make_tables as recognition_tables
from fitroom.evaluation.site.cards import find_card
from fitroom.evaluation.site.facts import AnyRecord
from fitroom.evaluation.site.pictures import read_strips
from fitroom.evaluation.site.render import Site, render_site
from fitroom.evaluation.tryon import checks as of_tryon
from fitroom.evaluation.tryon.records import TryOnRecord
from fitroom.evaluation.tryon.tables import make_tables as tryon_tables
from fitroom.progress import track
from fitroom.writing import write_bytes_atomically


@dataclass
class LeaderboardConfig:
    """Derives the leaderboard from the result records."""

    results: str = "results"
    """Folder of the records."""
    out: str = "site"
    """Folder of the page, its Markdown, its CSV and its figures."""
    bundles: str = "bundles"
    """Folder of bundles by name, whose cards are shown."""


def main(argv: Sequence[str] | None = None) -> int:
    """``[--results FOLDER] [--out FOLDER] [--bundles FOLDER]``; prints where the page is."""
    config = parse_config(LeaderboardConfig, list(argv or []), prog="fitroom leaderboard")
    page = build_leaderboard(Path(config.results), Path(config.out), Path(config.bundles))
    print(page)
    return 0


def build_leaderboard(results: Path, out: Path, bundles: Path = Path("bundles")) -> Path:
    """Checks every record and writes the site; nothing is written where one of them is broken.

    Returns:
        Path of the page.

    Raises:
        EvaluationError: no records, or broken ones, each by name and with what is wrong.
    """
    records = load_records(results)
    pictures = [record for record in records if isinstance(record, TryOnRecord)]
    answers = [record for record in records if isinstance(record, Record)]
    flat = flat_tables([record for record in records if isinstance(record, FlatRecord)])
    cards = {(r.model.name, r.model.revision): find_card(bundles, r.model) for r in records}
    site = Site(recognition_tables(answers), tryon_tables(pictures), read_strips(results, pictures), cards, flat)
    for name, content in render_site(site).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(path, content)
    return out / "index.html"


def load_records(results: Path) -> list[AnyRecord]:
    """Every record under a folder, checked by itself and beside the others.

    Raises:
        EvaluationError: as :func:`build_leaderboard`.
    """
    paths = sorted(path for path in results.rglob("*.json") if not path.name.startswith("."))
    if not paths:
        raise EvaluationError(
            "there are no records", where=results, rule="<model>/<revision>/<protocol>.json", fix="run fitroom evaluate"
        )
    records: dict[Path, AnyRecord] = {}
    broken = []
    for path in track(paths, "checking records"):
        try:
            records[path] = check_record(path)
        except EvaluationError as error:
            broken.append(error)
    broken += of_tryon.check_together({p: r for p, r in records.items() if isinstance(r, TryOnRecord)})
    if broken:
        raise EvaluationError(
            f"{len(broken)} of {len(paths)} records are broken, and none is left out in silence",
            where=results,
            got="\n" + "\n".join(f"  {line}" for error in broken for line in str(error).splitlines()),
            fix="evaluate those models again, or remove their files",
        )
    return list(records.values())


def check_record(path: Path) -> AnyRecord:
    """Reads a record of any task and refuses what cannot be true.

    Raises:
        EvaluationError: naming the file and everything that is wrong with it.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError("a record is not JSON", where=path, got=str(error), fix=FIX) from error
    task = values.get("task") if isinstance(values, dict) else None
    if task == "try-on":
        return of_tryon.check_record(path)
    if task == "recognition":
        return of_recognition.check_record(path)
    if task in FLAT_TASKS:
        return of_flat.check_record(path, task)
    raise EvaluationError(
        "a record is of no task that is known",
        where=path,
        rule=f"one of {', '.join(['recognition', 'try-on', *FLAT_TASKS])}",
        got=task,
        fix=FIX,
    )
