"""Real cases of the benchmark for the gates: chosen by what they show, not by their names, which change with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitroom.data.wardrobe import WardrobeDataset
from fitroom.evaluation.tryon.measuring.instruments import Instruments
from fitroom.evaluation.tryon.measuring.look import Truth
from fitroom.wardrobe.patterns.pattern import SIZES

FOLDER = Path(__file__).parents[4] / "benchmarks/wardrobe"
NUM_TOPS, NUM_HEMS, NUM_SIZE_GROUPS = 5, 16, 5
_FACTS = ("case_id", "kind", "group_id", "garment_id", "size", "category", "region", "sleeve")
_TRUTH = (
    *_FACTS, "length", "worn", "worn_parse", "person", "person_parse", "body_part", "keypoints", "px_per_cm", "fit",
    "lengths_cm", "body_cm",
)  # fmt: skip
Row = dict[str, Any]


def truth_of(row: Row, instruments: Instruments) -> Truth:
    """The truth of a row at its own size, as the protocols of the wardrobe look at it."""
    return Truth(row, row["person"], row["worn"], instruments, round(0.02 * len(row["worn"])))


@cache
def facts() -> list[Row]:
    """Of all cases: what they are, without pictures."""
    if not FOLDER.is_dir():
        pytest.skip(f"there is no benchmark at {FOLDER}")
    scan = WardrobeDataset(FOLDER, "test", _FACTS)
    return [scan[index] for index in range(len(scan))]


@cache
def whole_tops() -> list[Row]:
    """Tops with sleeves, each another garment, whose ends and waist can be read in the truth."""
    wanted = ("hem", "sleeve", "shoulder", "neckline", "waist")

    def fits(row: Row) -> bool:
        readings = truth_of(row, Instruments()).readings
        return all(name in readings and np.isfinite(readings[name].cm) for name in wanted)

    return _first(NUM_TOPS, (i for i, row in enumerate(facts()) if row["region"] == "top"), fits)


@cache
def seen_hems() -> list[Row]:
    """Cases of every category whose hem can be read in the truth, each another garment."""
    categories = [row["category"] for row in facts()]
    turns = sorted(range(len(categories)), key=lambda i: categories[:i].count(categories[i]))
    return _first(NUM_HEMS, iter(turns), lambda row: np.isfinite(truth_of(row, Instruments()).readings["hem"].cm))


@cache
def size_groups() -> list[list[Row]]:
    """Groups of one garment in its sizes on one body, each from the smallest to the largest."""
    groups: dict[str, list[int]] = {}
    for index, row in enumerate(facts()):
        if row["kind"] == "counterfactual-size":
            groups.setdefault(row["group_id"], []).append(index)
    chosen = [indices for indices in groups.values() if len(indices) > 1][:NUM_SIZE_GROUPS]
    return [[_row(i) for i in sorted(g, key=lambda i: SIZES.index(facts()[i]["size"]))] for g in chosen]


@cache
def _row(index: int) -> Row:
    return _dataset()[index]


@cache
def _dataset() -> WardrobeDataset:
    return WardrobeDataset(FOLDER, "test", _TRUTH)


def _first(num: int, indices: Iterator[int], fits: Callable[[Row], bool]) -> list[Row]:
    found: list[Row] = []
    for index in indices:
        if len(found) == num:
            break
        if facts()[index]["garment_id"] not in {row["garment_id"] for row in found} and fits(_row(index)):
            found.append(_row(index))
    return found
