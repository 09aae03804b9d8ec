"""``fitroom leaderboard``: the tables, derived from the result records and nothing else.

results/**.json + .parquet -> checked records -> tables -> site/index.html, LEADERBOARD.md, leaderboard.csv, figures/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fitroom.config import parse_config
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import write_bytes_atomically
from fitroom.evaluation.page import render_site
from fitroom.evaluation.recognition.checks import check_record
from fitroom.evaluation.recognition.records import Record
from fitroom.evaluation.tables import make_tables
from fitroom.progress import track


@dataclass
class LeaderboardConfig:
    """Derives the leaderboard from the result records."""

    results: str = "results"
    """Folder of the records."""
    out: str = "site"
    """Folder of the page, its Markdown, its CSV and its figures."""


def main(argv: Sequence[str] | None = None) -> int:
    """``[--results FOLDER] [--out FOLDER]``; prints where the page is."""
    config = parse_config(LeaderboardConfig, list(argv or []), prog="fitroom leaderboard")
    page = build_leaderboard(Path(config.results), Path(config.out))
    print(page)
    return 0


def build_leaderboard(results: Path, out: Path) -> Path:
    """Checks every record and writes the site; nothing is written where one of them is broken.

    Returns:
        Path of the page.

    Raises:
        EvaluationError: no records, or broken ones, each by name and with what is wrong.
    """
    files = render_site(make_tables(load_records(results)))
    for name, content in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(path, content)
    return out / "index.html"


def load_records(results: Path) -> list[Record]:
    """Every record under a folder, checked.

    Raises:
        EvaluationError: as :func:`build_leaderboard`.
    """
    paths = sorted(path for path in results.rglob("*.json") if not path.name.startswith("."))
    if not paths:
        raise EvaluationError(
            "there are no records", where=results, rule="<model>/<revision>/<protocol>.json", fix="run fitroom evaluate"
        )
    records, broken = [], []
    for path in track(paths, "checking records"):
        try:
            records.append(check_record(path))
        except EvaluationError as error:
            broken.append(error)
    if broken:
        raise EvaluationError(
            f"{len(broken)} of {len(paths)} records are broken, and none is left out in silence",
            where=results,
            got="\n" + "\n".join(f"  {line}" for error in broken for line in str(error).splitlines()),
            fix="evaluate those models again, or remove their files",
        )
    return records
