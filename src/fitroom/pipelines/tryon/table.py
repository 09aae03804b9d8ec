"""A table of try-on jobs: one row a picture, read as a whole first, judged row by row later.

    person,garment,size,chart,category,body_chest,body_height
    ann.jpg,tee.jpg,M,tee.csv,t-shirt,96,170

Only person and garment are needed. Paths are relative to the table's folder; an empty cell is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fitroom.config import nearest
from fitroom.data.csv_table import read_csv
from fitroom.data.sizing.measures import RANGES_CM, Of, checked_measures, checked_number, drape_of
from fitroom.data.sizing.size_charts import garment_cm_of, read_chart
from fitroom.errors import ConfigError, DataError
from fitroom.pipelines.tryon.checked import TryOnSettings

NEEDED = ("person", "garment")
PLAIN = (*NEEDED, "name", "mask", "size", "chart", "category", "fabric", "drape", "seed")
MEASURES = tuple(f"{of}_{name}" for of, ranges in RANGES_CM.items() for name in ranges)
COLUMNS = (*PLAIN, *MEASURES)
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Job:
    """One row, not judged yet.

    Attributes:
        line: in the table, the heading being 1.
        name: of its picture, without a suffix; no two are alike.
        cells: what is filled, by column.
        folder: that its paths start from.
        table: its file.
    """

    line: int
    name: str
    cells: Mapping[str, str]
    folder: Path
    table: Path

    @property
    def where(self) -> str:
        """Table and line, for messages."""
        return f"{self.table}, line {self.line}"

    def path(self, column: str) -> Path | None:
        """The file a cell names; None where it is empty."""
        return self.folder / self.cells[column] if column in self.cells else None

    def settings(self, base: TryOnSettings) -> TryOnSettings:
        """What the row says, over what holds for all rows.

        Raises:
            ConfigError: a value that is unknown or out of range, size without chart or the reverse.
            DataError: the chart cannot be read.
        """
        chart = self.path("chart")
        garment_cm = garment_cm_of(read_chart(chart) if chart else None, self.cells.get("size"), self.where) or {}
        garment_cm |= self._measures("garment")
        drape = drape_of(self.cells.get("fabric"), self.cells.get("drape"), self.where)
        return replace(
            base,
            category=self.cells.get("category", base.category),
            garment_cm=garment_cm or None,
            body_cm={**(base.body_cm or {}), **self._measures("body")} or None,
            drape_coefficient=base.drape_coefficient if drape is None else drape,
            seed=self._seed(base.seed),
        )

    def _measures(self, of: Of) -> dict[str, float]:
        start = f"{of}_"
        given = {name.removeprefix(start): value for name, value in self.cells.items() if name.startswith(start)}
        return checked_measures(given, of, self.where)

    def _seed(self, base: int) -> int:
        if "seed" not in self.cells:
            return base
        seed = checked_number(self.cells["seed"], 0, 2**53, "the seed", self.where)
        if seed != int(seed):
            raise ConfigError("the seed is no whole number", where=self.where, got=self.cells["seed"])
        return int(seed)


def read_jobs(table: Path) -> list[Job]:
    """Reads a table of jobs.

    Args:
        table: CSV (comma or semicolon, UTF-8).

    Raises:
        DataError: the file cannot be read, has no rows, lacks a column, or a name is given twice or is no file name.
        ConfigError: a column that is not known; the nearest is suggested.
    """
    found = read_csv(table, "the table of jobs")
    _check_columns(table, found.columns)
    jobs = [_job(table, line, row) for line, row in found.rows]
    if not jobs:
        raise DataError("the table holds no jobs", where=table, rule="a heading and a row a picture")
    return _named(jobs)


def _check_columns(table: Path, names: list[str]) -> None:
    if unknown := [name for name in names if name not in COLUMNS]:
        raise ConfigError(
            "the table has a column that is not known",
            where=table,
            rule=f"{', '.join(PLAIN)}, body_MEASURE, garment_MEASURE",
            got=unknown[0] or "a column without a name",
            fix=nearest(unknown[0], COLUMNS) if unknown[0] else "name it, or take it away",
        )
    missing, twice = [name for name in NEEDED if name not in names], {name for name in names if names.count(name) > 1}
    if missing or twice:
        raise DataError(
            "the table's heading is not right",
            where=table,
            rule=f"{' and '.join(NEEDED)}, each column once",
            got=", ".join(names) or "nothing",
        )


def _job(table: Path, line: int, row: Mapping[str | None, object]) -> Job:
    if None in row:
        raise DataError("a row has more cells than the heading", where=f"{table}, line {line}", got=row[None])
    cells = {str(name): str(value).strip() for name, value in row.items() if value and str(value).strip()}
    return Job(line, cells.get("name", ""), cells, table.absolute().parent, table)


def _named(jobs: list[Job]) -> list[Job]:
    """With a name where the table gives none: line, person, garment, size."""
    digits = len(str(jobs[-1].line))
    named = [job if job.name else replace(job, name=_name(job, digits)) for job in jobs]
    seen: set[str] = set()
    for job in named:
        if not re.fullmatch(r"[\w][\w .+-]*", job.name) or job.name.casefold() in seen:
            raise DataError(
                "a name cannot be a picture's",
                where=job.where,
                rule="letters, digits, space, and . _ + - ; no two alike",
                got=job.name,
            )
        seen.add(job.name.casefold())
    return named


def _name(job: Job, digits: int) -> str:
    stems = [Path(job.cells.get(column, "")).stem for column in NEEDED]
    words = [f"{job.line:0{digits}d}", *stems, job.cells.get("size", "")]
    return "-".join(re.sub(r"[^\w.+]+", "_", word) for word in words if word)[:_LONGEST_NAME]
