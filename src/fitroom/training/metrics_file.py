"""metrics.csv: a row for every set of logged figures, continued where a run is resumed.

Lightning's CSVLogger deletes the file it finds. Columns are the figures logged so far; one that turns up later is
added, and is empty in the rows before.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only
from typing_extensions import override

from fitroom.writing import write_text_atomically


def read_column(path: Path, name: str) -> dict[int, float]:
    """A figure of a metrics.csv by step, without the lines that do not have it.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open(newline="", encoding="utf-8") as file:
        return {int(row["step"]): float(row[name]) for row in csv.DictReader(file) if row.get(name)}


class MetricsFile(Logger):
    """Appends figures to a CSV file, in which ``step`` counts the optimizer steps done.

    Args:
        path: of the file.
        start_step: step the run goes on from; rows after it are of steps that will be done again, and are dropped.
    """

    def __init__(self, path: Path, start_step: int = 0) -> None:
        super().__init__()
        self.path, self.start_step = path, start_step
        self._columns: list[str] = []

    @property
    @override
    def name(self) -> str:
        return "metrics"

    @property
    @override
    def version(self) -> str:
        return ""

    @override
    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Does nothing: config.yaml holds them."""

    @override
    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        row = {"step": step, **metrics}
        if not self._columns:
            kept = [old for old in self._rows() if old["step"].isdigit() and int(old["step"]) <= self.start_step]
            self._columns = list(kept[0]) if kept else []
            self._rewrite(kept, row)
        elif not set(row) <= set(self._columns):
            self._rewrite(self._rows(), row)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self._columns).writerow(row)

    def _rows(self) -> list[dict[str, str]]:
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def _rewrite(self, rows: list[dict[str, str]], row: Mapping[str, Any]) -> None:
        """Writes ``rows`` again, with a column for each figure of ``row``."""
        self._columns += [name for name in row if name not in self._columns]
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns)
        writer.writeheader()
        writer.writerows(rows)
        write_text_atomically(self.path, text.getvalue())
