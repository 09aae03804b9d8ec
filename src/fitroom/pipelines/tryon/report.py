"""What a batch of try-ons came to: results.csv, contact sheets, summary.json with throughput and cost."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fitroom.errors import ConfigError
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.picture_files import write_bytes
from fitroom.pipelines.tryon.batch import Outcome
from fitroom.pipelines.tryon.done import DoneList
from fitroom.wardrobe.layout import Page, Tile, save

RESULTS, SUMMARY = "results.csv", "summary.json"
COLUMNS = ("name", "line", "status", "picture", "person", "garment", "size", "category", "warnings", "seconds", "error")
TILES_A_ROW, ROWS_A_PAGE = 4, 6
_HEIGHT_PX = 220


def write_results(outcomes: Sequence[Outcome], out: Path) -> None:
    """``results.csv``: one line a row of the table; warnings by code, with ";" between; seconds of wall time."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for outcome in outcomes:
        writer.writerow(_line(outcome, out))
    write_bytes(out / RESULTS, text.getvalue().encode())


def write_sheets(outcomes: Sequence[Outcome], out: Path, title: str) -> list[Path]:
    """``sheet-01.png`` ...: person, garment and answer of every picture, 24 a page; those of a longer batch before go.

    Returns:
        The sheets' files.
    """
    shown = [outcome for outcome in outcomes if outcome.picture]
    size = TILES_A_ROW * ROWS_A_PAGE
    pages = [shown[start : start + size] for start in range(0, len(shown), size)]
    paths = [out / f"sheet-{number:02d}.png" for number in range(1, len(pages) + 1)]
    for number, (path, page) in enumerate(zip(paths, pages, strict=True), 1):
        tiles = [_tile(outcome) for outcome in page]
        rows = [tiles[start : start + TILES_A_ROW] for start in range(0, len(tiles), TILES_A_ROW)]
        subtitle = f"Person, garment, answer: {len(shown)} of {len(outcomes)} rows, page {number} of {len(pages)}"
        save(Page(title, subtitle, rows, _HEIGHT_PX), path)
    most_before = -(-len(DoneList(out)) // size)  # a sheet beyond what all pictures ever made here fill is not ours
    for number in range(len(pages) + 1, most_before + 1):
        (out / f"sheet-{number:02d}.png").unlink(missing_ok=True)
    return paths


def summary_of(
    outcomes: Sequence[Outcome], load_seconds: float, price_per_hour: float | None, made_by: dict[str, str | None]
) -> dict[str, Any]:
    """Counts, throughput and cost.

    Args:
        outcomes: of all rows.
        load_seconds: that the bundles took to load; not part of the throughput.
        price_per_hour: of the machine, in any currency; None = not stated.
        made_by: hashes of the bundles.

    Returns:
        ``pictures_per_hour`` from the seconds of all pictures of this table, made now or before, and of failed rows;
        ``cost_per_1000`` = 1000 * price_per_hour / pictures_per_hour, in the currency of the price. Both are None where
        there is nothing to tell them from.

    Raises:
        ConfigError: a price below 0, or none.
    """
    if price_per_hour is not None and not 0 <= price_per_hour < float("inf"):
        raise ConfigError("the price cannot be this", where="price_per_hour", rule="0 or more", got=price_per_hour)
    count = {status: sum(outcome.status == status for outcome in outcomes) for status in ("made", "kept", "failed")}
    pictures, seconds = count["made"] + count["kept"], sum(outcome.seconds for outcome in outcomes)
    per_hour = 3600 * pictures / seconds if pictures and seconds else None
    return {
        "rows": len(outcomes),
        **count,
        "with_warnings": sum(bool(outcome.done and outcome.done.warnings) for outcome in outcomes),
        "seconds": round(seconds, 3),
        "load_seconds": round(load_seconds, 3),
        "pictures_per_hour": None if per_hour is None else round(per_hour, 1),
        "price_per_hour": price_per_hour,
        "cost_per_1000": None if per_hour is None or price_per_hour is None else 1000 * price_per_hour / per_hour,
        "bundles": made_by,
    }


def write_summary(summary: dict[str, Any], out: Path) -> None:
    """``summary.json``: :func:`summary_of`."""
    write_bytes(out / SUMMARY, (json.dumps(summary, indent=1, allow_nan=False) + "\n").encode())


def told(summary: dict[str, Any]) -> str:
    """The summary in words, three lines at most."""
    counts = "{rows} rows: {made} made, {kept} kept from before, {failed} failed; {with_warnings} with warnings"
    lines = [counts.format(**summary)]
    if summary["pictures_per_hour"] is not None:
        lines.append(f"{summary['pictures_per_hour']:,.0f} pictures an hour, loading not counted")
    if summary["cost_per_1000"] is not None:
        lines.append(f"{summary['cost_per_1000']:.3g} for 1,000 pictures at {summary['price_per_hour']:g} an hour")
    return "\n".join(lines)


def _line(outcome: Outcome, out: Path) -> dict[str, object]:
    cells, done = outcome.job.cells, outcome.done
    return {
        "name": outcome.job.name,
        "line": outcome.job.line,
        "status": outcome.status,
        "picture": outcome.picture.relative_to(out).as_posix() if outcome.picture else "",
        "person": cells.get("person", ""),
        "garment": cells.get("garment", ""),
        "size": cells.get("size", ""),
        "category": (done.category if done else cells.get("category")) or "",
        "warnings": ";".join(warning["code"] for warning in done.warnings) if done else "",
        "seconds": f"{outcome.seconds:.4f}",
        "error": " | ".join(line.strip() for line in str(outcome.error).splitlines()) if outcome.error else "",
    }


def _tile(outcome: Outcome) -> Tile:
    paths = [outcome.job.path("person"), outcome.job.path("garment"), outcome.picture]
    least = (_HEIGHT_PX, _HEIGHT_PX)
    pictures = [decode_rgb_u8(path, at_least=least) for path in paths if path]
    codes = ", ".join(warning["code"] for warning in outcome.done.warnings) if outcome.done else ""
    size = f"size {outcome.job.cells['size']}" if "size" in outcome.job.cells else ""
    return Tile(pictures, [outcome.job.name, ", ".join(word for word in (size, codes) if word)])
