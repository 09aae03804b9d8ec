"""What an experiment found: rows alike in their keys and a few numbers over them, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.writing import write_text_atomically

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """The outcome of one experiment.

    Attributes:
        about: what it is, one line.
        rows: what was measured, alike in their keys.
        summary: numbers over all rows.
    """

    about: str
    rows: Sequence[Row]
    summary: Mapping[str, float]


def column(rows: Sequence[Row], name: str) -> np.ndarray:
    """One value of each row, (N,) float."""
    return np.array([row[name] for row in rows], float)


def table(finding: Finding) -> str:
    """A finding as text: a column for each key, then the summary."""
    names = list(finding.rows[0]) if finding.rows else []
    cells = [names, *([_shown(row[name]) for name in names] for row in finding.rows)]
    wide = [max(len(line[n]) for line in cells) for n in range(len(names))]
    lines = ["  ".join(text.rjust(width) for text, width in zip(line, wide, strict=True)) for line in cells]
    return "\n".join([*lines, *(f"{name} = {_shown(value)}" for name, value in finding.summary.items())])


def write(path: Path, findings: Mapping[str, Finding]) -> None:
    """Writes findings by name as JSON; NaN becomes null."""
    plain = {name: _plain(asdict(finding)) for name, finding in findings.items()}
    write_text_atomically(path, json.dumps(plain, indent=1, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
