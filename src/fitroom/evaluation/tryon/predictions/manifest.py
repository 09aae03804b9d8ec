"""The manifest of a folder of predictions: which file is which case.

case_id,file                            CSV, or one JSON object a line with the same keys
person,garment,file                     the data set's names of the two photos, with or without their ending
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitroom.data.pairs.pair_lists import Pair
from fitroom.errors import EvaluationError

_COLUMNS = ("case_id", "person", "garment", "category", "file")
_RULE = "columns file and case_id, or file, person and garment; CSV with a header, or JSON lines (.jsonl)"


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        number: of the line, from 1.
        file: relative to the folder of predictions; "" where the names of the pair say it.
        case_id: the case, or None where the pair says it.
        pair: names of the two photos, or None.
    """

    number: int
    file: str
    case_id: str | None = None
    pair: Pair | None = None

    def __str__(self) -> str:
        named = (self.case_id, self.pair, self.file)
        return f"line {self.number} ({' '.join(str(name) for name in named if name)})"


def read_rows(path: Path) -> list[Row]:
    """All rows of a manifest.

    Raises:
        EvaluationError: no such file, no CSV or JSON lines, or rows without what they need, each by its line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        lines = _json_rows(text) if path.suffix.lower() in (".jsonl", ".ndjson", ".json") else _csv_rows(text)
    except (OSError, ValueError, csv.Error) as error:
        raise EvaluationError("the manifest cannot be read", where=path, rule=_RULE, got=str(error)) from error
    rows = [_row(number, values) for number, values in lines]
    wrong = [str(number) for (number, _), row in zip(lines, rows, strict=True) if row is None]
    if wrong or not rows:
        raise EvaluationError(
            "the manifest has rows that do not say which file is which case" if wrong else "the manifest is empty",
            where=path,
            rule=_RULE,
            got=f"line {', '.join(wrong)}" if wrong else None,
        )
    return [row for row in rows if row is not None]


def _csv_rows(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    return [(reader.line_num, values) for values in reader]


def _json_rows(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            values = json.loads(line)
            rows.append((number, values if isinstance(values, dict) else {}))
    return rows


def _row(number: int, values: Mapping[str, Any]) -> Row | None:
    cells = {name: str(values[name]).strip() for name in _COLUMNS if values.get(name) not in (None, "")}
    if "file" not in cells or not ("case_id" in cells or {"person", "garment"} <= set(cells)):
        return None
    if "case_id" in cells:
        return Row(number, cells["file"].replace("\\", "/"), cells["case_id"])
    pair = Pair(cells["person"], cells["garment"], cells.get("category", ""))
    return Row(number, cells["file"].replace("\\", "/"), None, pair)
