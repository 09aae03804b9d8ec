"""What a kind of model must say so that its records can be written, checked and shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from fitroom.evaluation.entries import Score

Better = Literal["lower", "higher", "near"]


@dataclass(frozen=True)
class FlatColumn:
    """One column of scores.

    Attributes:
        name: of the score in a record.
        title: in the head of the column, with its unit.
        meaning: in one line.
        better: "lower", "higher", or "near" its ``target``.
        digits: behind the point.
        percent: shown times 100.
        target: of "near", in the score's own unit.
        low, high: bounds of what can be true.
    """

    name: str
    title: str
    meaning: str
    better: Better = "lower"
    digits: int = 2
    percent: bool = False
    target: float = math.nan
    low: float = 0.0
    high: float = math.inf

    @classmethod
    def share(cls, name: str, title: str, meaning: str) -> FlatColumn:
        """A share of cases, shown in per cent: higher is better."""
        return cls(name, title, meaning, "higher", 1, True, low=0, high=1)

    def shown(self, value: float | None) -> str:
        """A score in the column's unit; a dash where there is none."""
        if value is None:
            return "\N{EN DASH}"
        return f"{100 * value if self.percent else value:.{self.digits}f}"

    def badness(self, value: float) -> float:
        """What rows are ordered by: lower is better."""
        if self.better == "near":
            return abs(value - self.target)
        return -value if self.better == "higher" else value

    @property
    def direction(self) -> str:
        """Which values are better, in words."""
        return f"best at {self.shown(self.target)}" if self.better == "near" else f"{self.better} is better"


@dataclass(frozen=True)
class FlatTask:
    """One kind of model.

    Attributes:
        name: as in its records' ``task``.
        cases: what its rows are about, in the plural: "people".
        columns: of its table; a record may hold further scores.
        order_by: name of the column that ranks.
        schema: of the rows that lie beside a record.
        score: rows, protocol settings and whether intervals are wanted -> scores by name.
        read_protocol: settings -> protocol, or raises.
    """

    name: str
    cases: str
    columns: tuple[FlatColumn, ...]
    order_by: str
    schema: pa.Schema
    score: Callable[[pd.DataFrame, Mapping[str, Any], bool], dict[str, Score]]
    read_protocol: Callable[[dict[str, Any]], Any]

    @property
    def main(self) -> FlatColumn:
        """The column that ranks."""
        return next(column for column in self.columns if column.name == self.order_by)
