"""Pictures of what a try-on model answers, beside the truth: cases, one garment in all sizes, and printed garments.

``python -m fitroom.evaluation.tryon.gallery --bundle DIR --folder WARDROBE --out FOLDER``

Cases are taken by rule, not by hand: evenly spaced over the case list, or all that have a print.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.errors import ConfigError, DataError
from fitroom.evaluation.shards import join
from fitroom.evaluation.tryon.cases.wardrobe import wardrobe_cases
from fitroom.evaluation.tryon.entrants import Entrant, Row, enter_bundle
from fitroom.evaluation.tryon.protocol import PROTOCOLS
from fitroom.wardrobe.layout import Page, Tile, save
from fitroom.wardrobe.patterns.pattern import SIZES

PRINTED = ("lettering", "logo", "photo", "print", "stripe", "check")
_AROUND_PX = 12


class Drawn:
    """Answers of an entrant to the cases of a wardrobe.

    Args:
        entrant: who draws.
        folder, split: of the wardrobe.
        kinds: of cases.

    Raises:
        DataError, EvaluationError: the wardrobe has no such cases.
    """

    def __init__(self, entrant: Entrant, folder: Path, split: str, kinds: Sequence[str]) -> None:
        self.entrant, self.cases = entrant, wardrobe_cases(folder, split, kinds)

    def __call__(self, index: int) -> tuple[Row, np.ndarray]:
        """The row of a case, and the (H, W, 3) uint8 answer."""
        row = self.cases.row(index)
        answer_u8 = self.entrant.draw(self.cases.cases[index], row)
        if answer_u8 is None:
            raise DataError("there is no picture of a case", where=row["case_id"])
        return row, answer_u8


def cases_page(drawn: Drawn, number: int = 8, a_row: int = 2) -> Page:
    """Person, garment, answer and truth of cases of different garments, evenly spaced over the list."""
    different = _first_of_each([case.garment_id for case in drawn.cases.cases])
    places = np.unique(np.linspace(0, len(different) - 1, min(number, len(different))).astype(int))
    tiles = []
    for row, answer_u8 in (drawn(different[place]) for place in places):
        tiles.append(Tile([row["person"], row["garment"], answer_u8, row["worn"]], [_garment(row), row["case_id"]]))
    return Page(_title(drawn), "Person, garment, answer, simulated truth", _lines(tiles, a_row), 300)


def sizes_page(drawn: Drawn, number: int = 1) -> Page:
    """A garment in all sizes on one person: answers, and the truths below them; ``number`` garments."""
    groups: dict[str, dict[str, int]] = {}
    for index, case in enumerate(drawn.cases.cases):
        groups.setdefault(case.group_id, {}).setdefault(str(case.size), index)
    rows = []
    for name in sorted(groups, key=lambda group: -len(groups[group]))[:number]:
        sizes = [size for size in SIZES if size in groups[name]]
        found = [drawn(groups[name][size]) for size in sizes]
        first = found[0][0]
        rows.append(
            [Tile([first["garment"]], [_garment(first), "answer"])]
            + [Tile([answer_u8], [size, _measures(row)]) for size, (row, answer_u8) in zip(sizes, found, strict=True)]
        )
        rows.append(
            [Tile([first["person"]], ["the person", "simulated truth"])]
            + [Tile([row["worn"]], [size]) for size, (row, _) in zip(sizes, found, strict=True)]
        )
    return Page(_title(drawn), "One garment in all sizes: answers above, simulated truth below", rows, 300, 14)


def prints_page(drawn: Drawn, number: int = 12, a_row: int = 3) -> Page:
    """Garment, answer and truth of printed, striped and checked garments, cut to the garment; lettering first."""
    wanted: list[tuple[int, int]] = []
    for index in _first_of_each([case.garment_id for case in drawn.cases.cases]):
        pattern = drawn.cases.row(index)["pattern"]
        if pattern in PRINTED:
            wanted.append((PRINTED.index(pattern), index))
    if not wanted:
        raise DataError("no garment here has a print", rule=", ".join(PRINTED))
    tiles = []
    for _, index in sorted(wanted)[:number]:
        row, answer_u8 = drawn(index)
        cut = _around(np.asarray(row["flow_visible"]) > 0)
        shop = _around(np.any(np.asarray(row["garment"]) < 235, axis=2))
        pictures = [row["garment"][shop], answer_u8[cut], row["worn"][cut]]
        tiles.append(Tile(pictures, [_garment(row), row["case_id"]]))
    return Page(_title(drawn), "Garment, answer, simulated truth", _lines(tiles, a_row), 300)


def main(argv: Sequence[str] | None = None) -> int:
    """Writes ``cases.png``, ``sizes.png`` and ``prints.png``."""
    parser = argparse.ArgumentParser(prog="fitroom.evaluation.tryon.gallery", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="bundle of a try-on model, or its run")
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/wardrobe"), help="wardrobe")
    parser.add_argument("--split", default="test", help="of it (test)")
    parser.add_argument("--out", type=Path, required=True, help="folder the pictures go to; it must be there")
    parser.add_argument("--suffix", default="png", choices=("png", "jpg"), help="of the files (png)")
    args = parser.parse_args(argv)
    if not args.out.is_dir():
        raise ConfigError("the folder is not there", where="--out", got=args.out, fix="make it first")
    of_garments, of_sizes = (PROTOCOLS[f"wardrobe-{name}@1"]() for name in ("counterfactual", "sizes"))
    entrant = enter_bundle(args.bundle, of_garments, join().device)
    others = Drawn(entrant, args.folder, args.split, of_garments.kinds)
    sizes = Drawn(entrant, args.folder, args.split, of_sizes.kinds)
    pages = {"cases": cases_page(others), "sizes": sizes_page(sizes), "prints": prints_page(others)}
    for name, page in pages.items():
        save(page, args.out / f"{name}.{args.suffix}")
        print(args.out / f"{name}.{args.suffix}")
    return 0


def _first_of_each(names: Iterable[str]) -> list[int]:
    """Places at which a name comes for the first time."""
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        first.setdefault(name, place)
    return list(first.values())


def _lines(tiles: Sequence[Tile], a_row: int) -> list[Sequence[Tile]]:
    return [tiles[start : start + a_row] for start in range(0, len(tiles), a_row)]


def _around(there_HW: np.ndarray) -> tuple[slice, slice]:
    """The square around what is there, with a little room, as far as the picture goes; its middle where nothing is."""
    height, width = there_HW.shape
    ends = [np.flatnonzero(there_HW.any(axis))[[0, -1]] if there_HW.any() else (0, side - 1)
            for axis, side in ((1, height), (0, width))]  # fmt: skip
    side = min(max(int(high) - int(low) for low, high in ends) + 2 * _AROUND_PX, height, width)
    starts = (int(np.clip((low + high - side) // 2, 0, whole - side)) for (low, high), whole in
              zip(ends, (height, width), strict=True))  # fmt: skip
    rows, columns = (slice(start, start + side) for start in starts)
    return rows, columns


def _garment(row: Row) -> str:
    return " ".join(str(row[word]) for word in ("pattern", "material", "category") if row.get(word))


def _measures(row: Row) -> str:
    cm: dict[str, Any] = row["garment_cm"] or {}
    return ", ".join(f"{name} {cm[name]:.0f}" for name in ("chest", "length") if name in cm) + " cm"


def _title(drawn: Drawn) -> str:
    return f"{drawn.entrant.entry.name} {drawn.entrant.entry.revision}"


if __name__ == "__main__":
    raise SystemExit(main())
