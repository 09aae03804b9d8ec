"""Tables that people write: what spreadsheets make of CSV is read, and what is none is an error with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitroom.data.csv_table import read_csv
from fitroom.errors import DataError


@pytest.mark.parametrize("text", ["\ufeffA, b\n1,2\n\n , \n3\n", "a;B\n1;2\n;\n3\n"])
def test_comma_or_semicolon_empty_rows_and_short_ones(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    table = read_csv(tmp_path / "t.csv", "the table")
    assert table.columns == ["a", "b"]
    assert [row for _, row in table.rows] == [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]
    assert table.rows[0][0] == 2


def test_lines_are_counted_in_the_file_and_case_is_kept_where_asked(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('\n , \nA,B \n\n"1\n1",2\n')
    table = read_csv(tmp_path / "t.csv", "the table", lower_case=False)
    assert (table.columns, table.rows) == (["A", "B"], [(6, {"A": "1\n1", "B": "2"})])


def test_cells_beyond_the_heading_come_under_no_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1,2\n")
    assert read_csv(tmp_path / "t.csv", "the table").rows == [(2, {"a": "1", None: ["2"]})]


@pytest.mark.parametrize(
    "content",
    [b'a,b\n"1,2\n', b'a,b\n"' + b"1,2\n" * 50_000, b"a,b\n\xff\xfe,2\n", None],
    ids=["quote", "long quote", "bytes", "none"],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match="the table of jobs cannot be read") as fault:
        read_csv(tmp_path / "t.csv", "the table of jobs")
    assert str(tmp_path / "t.csv") in str(fault.value)
