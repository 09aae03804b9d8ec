"""From rows to scores with intervals. The only place where size advice is scored: who doubts a record calls it again.

One row a person, effort and measure: ``error_cm`` (foretold less true) and ``share_below`` (the probability that was
given to what lies below the truth, Dawid's probability integral transform). Neither tells what the person measures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fitroom.evaluation.entries import Score
from fitroom.evaluation.flat.estimates import estimates
from fitroom.evaluation.flat.task import FlatColumn, FlatTask
from fitroom.evaluation.size_advice.protocol import SizeAdviceProtocol, protocol_from_settings

SCHEMA = pa.schema(
    {
        "person": pa.string(), "survey": pa.dictionary(pa.int8(), pa.string()),
        "effort": pa.dictionary(pa.int8(), pa.string()), "measure": pa.dictionary(pa.int8(), pa.string()),
        "error_cm": pa.float32(), "share_below": pa.float32(),
    }
)  # fmt: skip
LEVELS = {"coverage80": 0.8, "coverage95": 0.95}


def score(rows: pd.DataFrame, settings: Mapping[str, Any], intervals: bool = True) -> dict[str, Score]:
    """Scores by name; all means are over people, and intervals draw people anew.

    Args:
        rows: see the file's first lines.
        settings: of the protocol.
        intervals: False leaves ``low`` and ``high`` out.
    """
    protocol = protocol_from_settings(dict(settings))
    cells = _Cells(rows)
    asked = {name: cells.columns(*where) for name, where in _wanted(protocol).items()}
    everywhere_N = cells.in_efforts(list(protocol.efforts))
    counts = {name: cells.count(columns, everywhere_N if _is_effort(name) else None) for name, columns in asked.items()}

    def statistics(people: np.ndarray) -> list[float]:
        weights_N = np.bincount(people, minlength=cells.num_people).astype(np.float64)
        among_all, among_common = cells.means(weights_N), cells.means(weights_N * everywhere_N)
        return [
            _mean((among_common if _is_effort(name) else among_all)[kind_of(name)][columns])
            for name, columns in asked.items()
        ]

    found = estimates(statistics, np.arange(cells.num_people), protocol, intervals)
    none = "nobody was measured there, or it was told exactly"
    return {name: Score.of(interval, counts[name], none) for name, interval in zip(asked, found, strict=True)}


def kind_of(name: str) -> str:
    """What a score averages: "error", "coverage80" or "coverage95"."""
    return next((level for level in LEVELS if name.startswith(level)), "error")


def _is_effort(name: str) -> bool:
    """Scores that compare efforts are over the people whom every effort has: others would shift with the survey."""
    return "_after_" in name


def _wanted(protocol: SizeAdviceProtocol) -> dict[str, tuple[list[str], list[str]]]:
    """Efforts and measures of each score, by name."""
    main, girths, measures = [protocol.main], protocol.girths, protocol.measures
    wanted: dict[str, tuple[list[str], list[str]]] = {"girths_cm": (main, girths)}
    wanted |= {f"{measure}_cm": (main, [measure]) for measure in measures}
    for level in LEVELS:
        wanted[level] = (main, measures)
        wanted |= {f"{level}_{measure}": (main, [measure]) for measure in measures}
    for effort in protocol.efforts:
        wanted[f"girths_after_{effort}_cm"] = ([effort], girths)
        wanted |= {f"{measure}_after_{effort}_cm": ([effort], [measure]) for measure in girths}
        wanted |= {f"{level}_after_{effort}": ([effort], measures) for level in LEVELS}
    return wanted


class _Cells:
    """Rows as (N people, C cells of effort and measure), with NaN where there is no row."""

    def __init__(self, rows: pd.DataFrame) -> None:
        cell = rows["effort"].astype(str) + "/" + rows["measure"].astype(str)
        people, person_R = np.unique(rows["person"].to_numpy(str), return_inverse=True)
        self.names, cell_R = np.unique(cell.to_numpy(str), return_inverse=True)
        self.num_people = len(people)
        share_R = rows["share_below"].to_numpy(np.float64)
        values = {"error": np.abs(rows["error_cm"].to_numpy(np.float64))}
        for name, level in LEVELS.items():
            values[name] = (np.abs(share_R - 0.5) <= level / 2).astype(np.float64)
        self.there_NC = np.zeros((len(people), len(self.names)))
        self.there_NC[person_R, cell_R] = 1.0
        self.values_NC = {name: np.zeros_like(self.there_NC) for name in values}
        for name, value_R in values.items():
            self.values_NC[name][person_R, cell_R] = value_R

    def columns(self, efforts: list[str], measures: list[str]) -> np.ndarray:
        """Places of cells."""
        wanted = {f"{effort}/{measure}" for effort in efforts for measure in measures}
        return np.array([place for place, name in enumerate(self.names) if name in wanted], dtype=np.int64)

    def in_efforts(self, efforts: list[str]) -> np.ndarray:
        """(N,) 1.0 where a person has rows in each of the efforts."""
        has = [self.there_NC[:, [name.startswith(f"{effort}/") for name in self.names]].any(1) for effort in efforts]
        return np.all(has, axis=0).astype(np.float64)

    def count(self, columns: np.ndarray, among_N: np.ndarray | None) -> int:
        """People with any of the cells."""
        has_N = self.there_NC[:, columns].any(1)
        return int((has_N if among_N is None else has_N * among_N).sum())

    def means(self, weights_N: np.ndarray) -> dict[str, np.ndarray]:
        """(C,) mean of each cell over the people it has, by what is averaged; NaN where it has nobody."""
        num_C = weights_N @ self.there_NC
        num_C[num_C == 0] = math.nan
        return {name: (weights_N @ value_NC) / num_C for name, value_NC in self.values_NC.items()}


def _mean(cells: np.ndarray) -> float:
    """Mean over the cells that have people; NaN where none has."""
    known = cells[np.isfinite(cells)]
    return float(known.mean()) if len(known) else math.nan


COLUMNS: tuple[FlatColumn, ...] = (
    FlatColumn("girths_cm", "Girths, cm", "mean absolute error of chest, waist and hip, from sex, height and weight"),
    FlatColumn("chest_cm", "Chest, cm", "mean absolute error"),
    FlatColumn("waist_cm", "Waist, cm", "mean absolute error"),
    FlatColumn("hip_cm", "Hip, cm", "mean absolute error"),
    FlatColumn("inseam_cm", "Inseam, cm", "mean absolute error"),
    FlatColumn("sleeve_cm", "Sleeve, cm", "mean absolute error"),
    FlatColumn("coverage80", "In 80 %", "share of all measures inside their 80 % interval", "near", 1, True, 0.8, 0, 1),
    FlatColumn("coverage95", "In 95 %", "the same of 95 %", "near", 1, True, 0.95, 0, 1),
    FlatColumn("girths_after_told_cm", "Told, cm", "girths from height and weight as people told them"),
    FlatColumn(
        "girths_after_tape_cm", "Taped, cm", "girths after a tape round chest, waist and hip, which errs itself"
    ),
)
TASK = FlatTask("size-advice", "people", COLUMNS, "girths_cm", SCHEMA, score, protocol_from_settings)
