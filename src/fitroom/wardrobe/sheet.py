"""Sheets to look at a wardrobe by: cases, garments in all sizes, and what is known of every pixel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pyarrow import ArrowException

from fitroom.errors import DataError
from fitroom.wardrobe import truth_tiles
from fitroom.wardrobe.layout import Page, Tile, check_out, save
from fitroom.wardrobe.manifest import read_manifest
from fitroom.wardrobe.patterns.pattern import SIZES
from fitroom.wardrobe.table import read_cells
from fitroom.wardrobe.truth.columns import COLUMNS
from fitroom.wardrobe.truth.rows import decode_row

TRIPLETS_A_ROW = 4
TRIPLET = ("person", "garment", "worn")
FACTS = ("case_id", "group_id", "kind", "size", "source_size", "category", "region", "material", "pattern", "colors")
FIT = ("fit", "ease_cm")


def contact_sheet(folder: Path, out: Path, n: int | None = None, *, split: str = "train", seed: int = 0) -> str:
    """Draws person, garment, and the person wearing it, of ``n`` (36) cases of different groups.

    Returns:
        What was drawn, in words.

    Raises:
        DataError: the folder is no wardrobe, or holds no such case.
        ConfigError: ``out`` cannot be written.
    """
    check_out(out)
    chosen = _one_a_group(_index(folder, split), n or 36, seed)
    rows = list(_read(folder, chosen, (*TRIPLET, *FACTS, *FIT)))
    tiles = [Tile([row[name] for name in TRIPLET], _caption(row)) for row in rows]
    lines = [tiles[start : start + TRIPLETS_A_ROW] for start in range(0, len(tiles), TRIPLETS_A_ROW)]
    subtitle = f"Who, in what, changed to what: {len(tiles)} of {len(_index(folder, split))} cases of the {split} split"
    save(Page(_title(folder), subtitle, lines), out)
    return f"{len(tiles)} cases"


def size_sheet(folder: Path, out: Path, n: int | None = None, *, split: str = "train", seed: int = 0) -> str:
    """Draws ``n`` (6) garments in all sizes, each on one body; see :func:`contact_sheet`."""
    check_out(out)
    index = [row for row in _index(folder, split) if row["kind"] == "counterfactual-size"]
    chosen = _one_a_group(index, n or 6, seed)
    lines = []
    for first in chosen:
        group = _first_look([row for row in index if row["group_id"] == first["group_id"]])
        rows = list(_read(folder, group, (*TRIPLET, *FACTS, *FIT)))
        start = Tile([rows[0]["garment"]], [_garment(rows[0]), ", ".join(rows[0]["colors"] or [])])
        lines.append([start, *_in_sizes(rows)])
    save(Page(_title(folder), f"One garment in all sizes on one body, {split} split", lines, 300, 14), out)
    return f"{len(lines)} garments in sizes"


def truth_sheet(folder: Path, out: Path, n: int | None = None, *, split: str = "train", seed: int = 0) -> str:
    """Draws all maps of ``n`` (4) cases; see :func:`contact_sheet`."""
    check_out(out)
    chosen = _one_a_group(_index(folder, split), n or 4, seed)
    names = [column.name for column in COLUMNS]
    tiles = [truth_tiles.tiles(row) for row in _read(folder, chosen, names)]
    if not any(tiles):
        raise DataError("the wardrobe keeps no maps", where=folder, fix="leave simulation.columns empty to keep all")
    lines = [part for row in tiles for part in (row[: (len(row) + 1) // 2], row[(len(row) + 1) // 2 :])]
    save(Page(_title(folder), f"What is known of every pixel, {split} split", lines, 300, 12), out)
    return f"maps of {len(tiles)} cases"


def _in_sizes(rows: Sequence[Mapping[str, Any]]) -> Iterator[Tile]:
    worn = {row["size"]: row for row in rows}
    for size in SIZES:
        if size in worn:
            yield Tile([worn[size]["worn"]], [size, _ease(worn[size])])
        else:
            yield Tile([np.full_like(rows[0]["worn"], 238)], [size, "rejected"])


# ------------------------------------------------------------------------------------------------------ reading


def _index(folder: Path, split: str) -> list[dict[str, Any]]:
    """Id, group, kind and file of every case of a split."""
    files = [shard["file"] for shard in read_manifest(folder)["shards"] if Path(shard["file"]).parent.name == split]
    try:
        rows = [
            {**row, "file": file, "place": place}
            for file in files
            for place, row in enumerate(read_cells(folder / file, ("case_id", "group_id", "kind")))
        ]
    except (OSError, ArrowException) as error:
        raise DataError(
            "a shard cannot be read",
            where=folder,
            got=str(error),
            fix="fitroom wardrobe check says which is not whole",
        ) from error
    if not rows:
        raise DataError(f"the wardrobe holds no case of the {split} split", where=folder, fix="another --split")
    return rows


def _one_a_group(index: Sequence[Mapping[str, Any]], number: int, seed: int) -> list[Mapping[str, Any]]:
    """Cases of different groups, by chance; fewer where there are no more groups."""
    if not index:
        raise DataError("the wardrobe holds no case to show", rule="at least one group of this kind in the split")
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in index:
        groups.setdefault(row["group_id"], []).append(row)
    rng = np.random.default_rng(seed)
    names = [list(groups)[place] for place in rng.permutation(len(groups))[:number]]
    return [groups[name][int(rng.integers(len(groups[name])))] for name in names]


def _first_look(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first six cases by their number: later ones are further looks of the same drapes."""
    return [row for row in rows if int(row["case_id"].rsplit("-", 1)[1]) < len(SIZES)]


def _read(folder: Path, chosen: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in chosen:
        cells = read_cells(folder / row["file"], names)[row["place"]]
        yield decode_row(cells, names)


# ----------------------------------------------------------------------------------------------------- captions


def _title(folder: Path) -> str:
    return f"Simulated wardrobe · {folder.resolve().name}"


def _garment(row: Mapping[str, Any]) -> str:
    return " ".join(word for word in (row["pattern"], row["material"], row["category"]) if word)


def _caption(row: Mapping[str, Any]) -> list[str]:
    sizes = f"size {row['size']}" + (f", {overall}" if (overall := (row["fit"] or {}).get("overall")) else "")
    return [f"{_garment(row)}, {sizes}", f"{row['kind']} · {row['case_id']}"]


def _ease(row: Mapping[str, Any]) -> str:
    """Ease at the place that decides, and the verdict: "chest +8 cm, regular"."""
    ease, overall = row["ease_cm"] or {}, (row["fit"] or {}).get("overall", "")
    place = next((name for name in ("chest", "hip", "waist") if name in ease), None)
    measured = f"{place} {ease[place]:+.0f} cm" if place else ""
    return ", ".join(part for part in (measured, overall) if part)
