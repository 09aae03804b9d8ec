"""How a benchmark reports: figures with their range, and the machine they were taken on; terminal, Markdown or JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import torch

from fitroom.errors import ConfigError
from fitroom.progress import log
from fitroom.runinfo import commit, machine, versions
from fitroom.writing import write_text_atomically

SUFFIXES = (".md", ".json")
MORE_PACKAGES = ("pillow", "onnxruntime")
BUSY_LOAD = 0.5  # of the cores, by others, when the benchmark starts
PIPE_WIDTH = 132


@dataclass(frozen=True)
class Spread:
    """One thing measured several times; shown as its median and range."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    def scaled(self, factor: float) -> Spread:
        """The same in another unit."""
        return Spread(tuple(value * factor for value in self.values))

    def __str__(self) -> str:
        if len(self.values) == 1:
            return short(self.median)
        return f"{short(self.median)} ({short(min(self.values))} to {short(max(self.values))})"


Cell = str | int | float | Spread


@dataclass(frozen=True)
class Table:
    """One question and its answers.

    Attributes:
        title: what was measured.
        columns: heads, with units.
        rows: of one cell a column.
        notes: what must be known to read them: numbers of runs, what each side does.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """The tables of one benchmark, and what they depend on.

    Attributes:
        title: of the page.
        settings: what was measured, in words.
        tables: see there.
        about: machine, load, threads, versions, commit and time; taken by :func:`surroundings`.
    """

    title: str
    settings: Mapping[str, str]
    tables: list[Table]
    about: Mapping[str, Any]


def surroundings(argv: list[str]) -> dict[str, Any]:
    """Machine, versions, commit and command; to be taken before the benchmark itself loads the machine.

    Warns where others keep the machine busy: its figures would be of no use.
    """
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    if load > BUSY_LOAD * cores:
        log.warning("the machine is not idle (load %.1f on %d cores): times are too long, ratios noisy", load, cores)
    found = versions()
    for name in MORE_PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "command": [Path(sys.argv[0]).name, *argv],
        "taken_utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "load_before": round(load, 2),
        "commit": commit(),
        "versions": found,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


def check_out(out: str | None) -> None:
    """Raises ConfigError where a report could not be written to ``out``; asked before minutes are spent on it."""
    if out is None:
        return
    if Path(out).suffix not in SUFFIXES:
        raise ConfigError("the report's format is not known", where="out", rule=" or ".join(SUFFIXES), got=out)
    if not Path(out).absolute().parent.is_dir():
        raise ConfigError("the report's folder is not there", where="out", got=out, fix="make the folder first")


def publish(report: Report, out: str | None) -> None:
    """Shows a report on the terminal, and writes it to ``out`` (.md or .json) where given."""
    _show(report)
    if out is not None:
        text = to_json(report) if out.endswith(".json") else to_markdown(report)
        write_text_atomically(Path(out), text)
        log.info("wrote %s", out)


def to_markdown(report: Report) -> str:
    """The report as a page."""
    lines = [f"# {report.title}", "", *(f"- {name}: {value}" for name, value in _facts(report).items())]
    for table in report.tables:
        lines += ["", f"## {table.title}", "", _line(table.columns), _line(["---"] * len(table.columns))]
        lines += [_line([_text(cell) for cell in row]) for row in table.rows]
        lines += ["", *(f"- {note}" for note in table.notes)] if table.notes else []
    return "\n".join(lines) + "\n"


def to_json(report: Report) -> str:
    """The report with every single measurement."""
    tables = [
        {
            "title": table.title,
            "notes": table.notes,
            "rows": [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows],
        }
        for table in report.tables
    ]
    page = {"title": report.title, "about": report.about, "settings": report.settings, "tables": tables}
    return json.dumps(page, indent=2, ensure_ascii=False) + "\n"


def short(value: float) -> str:
    """Three digits that count, never an exponent: 1234, 93.1, 1.42, 0.08."""
    return f"{value:.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    console = Console()
    if not console.is_terminal:  # a file or a pipe has no width, and cut figures are none
        console = Console(width=PIPE_WIDTH)
    console.print(Text(f"\n{report.title}", style="bold"))
    for name, value in _facts(report).items():
        console.print(Text(f"  {name}: {value}", style="dim"), soft_wrap=True)
    for table in report.tables:
        grid = Grid(title=Text(table.title, style="bold"), title_justify="left")
        for place, column in enumerate(table.columns):
            is_figure = not any(isinstance(row[place], str) for row in table.rows)
            grid.add_column(Text(column), justify="right" if is_figure else "left", overflow="fold")
        for row in table.rows:
            grid.add_row(*(Text(_text(cell)) for cell in row))
        console.print()
        console.print(grid)
        for note in table.notes:
            console.print(Text(f"  {note}", style="dim"), soft_wrap=True)


def _facts(report: Report) -> dict[str, str]:
    about = report.about
    computer, code = about["machine"], about["commit"]
    processor = f"{computer['processor']}, {computer['cores']} cores, {about['cpu_capability']}, {computer['system']}"
    facts = {
        "machine": ", ".join([processor, *computer["gpus"]]),
        "threads": f"{computer['torch_threads']} of PyTorch unless said otherwise",
        "load before": f"{about['load_before']}",
        "versions": ", ".join(f"{name} {number}" for name, number in about["versions"].items()),
        "taken": about["taken_utc"]
        + (f", commit {code['hash'][:12]}{' with changes' * code['changed']}" if code else ""),
    }
    return facts | dict(report.settings)


def _line(cells: Any) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _text(cell: Cell) -> str:
    return short(cell) if isinstance(cell, float) else str(cell)


def _plain(cell: Cell) -> Any:
    if not isinstance(cell, Spread):
        return cell
    return {"median": cell.median, "min": min(cell.values), "max": max(cell.values), "values": list(cell.values)}
