"""Tables that people write: CSV with a heading, comma or semicolon, UTF-8."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from fitroom.errors import DataError


@dataclass(frozen=True)
class CsvTable:
    """A table as it was read; whether its columns are the right ones is for the reader to say.

    Attributes:
        columns: names in the heading, without blanks around them.
        rows: by number of line, cells by column; "" where a row has fewer, and all that it has more under None. Rows of
            empty cells are left out.
    """

    columns: list[str]
    rows: list[tuple[int, dict[str | None, str | list[str]]]]


def read_csv(path: Path, what: str, *, lower_case: bool = True) -> CsvTable:
    """Reads a table; empty lines before the heading are passed over.

    Args:
        path: of the file.
        what: it is, for the message: "the table of jobs".
        lower_case: whether names in the heading are taken in lower case.

    Raises:
        DataError: the file cannot be read, or is no CSV.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        head = next((line for line in text.splitlines() if line.strip()), "")
        reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",", restval="", strict=True)
        names = next((row for row in reader.reader if any(name.strip() for name in row)), [])
        reader.fieldnames = columns = [name.strip().lower() if lower_case else name.strip() for name in names]
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in _cells(row))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{what} cannot be read", where=path, rule="CSV, UTF-8, every quote closed", got=str(error)
        ) from error
    return CsvTable(columns, rows)


def _cells(row: dict[str | None, str | list[str]]) -> list[str]:
    return [cell for value in row.values() for cell in (value if isinstance(value, list) else [value])]
