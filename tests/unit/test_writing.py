"""What is written is there whole or not at all."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from fitroom.writing import file_beside, folder_beside, write_text_atomically


def test_a_file_comes_at_the_end_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_text("old")
    with file_beside(path) as beside:
        beside.write_text("new")
        assert list(tmp_path.glob("*.png")) == [path] and path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_all_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ValueError, match="half way"), file_beside(path) as beside:
        beside.write_text("ne")
        raise ValueError("half way")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        write_text_atomically(tmp_path / "nowhere" / "table.csv", "new")


def _write_many(path: Path, letter: str) -> None:
    for _ in range(50):
        write_text_atomically(path, letter * 100_000)


def test_a_text_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomically(path, "one")
    write_text_atomically(path, "zwei ü")
    assert path.read_text(encoding="utf-8") == "zwei ü"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text_atomically(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_beside_is_renamed_or_gone(tmp_path: Path) -> None:
    with folder_beside(tmp_path / "deep/out") as stage:
        (stage / "a.txt").write_text("a")
        stage.rename(tmp_path / "deep/out")
    with pytest.raises(KeyError), folder_beside(tmp_path / "deep/other") as stage:
        (stage / "half.txt").write_text("b")
        raise KeyError
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.txt")] == ["deep/out/a.txt"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_no_reader_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x" * 100_000)
    writers = [multiprocessing.Process(target=_write_many, args=(path, letter)) for letter in "ab"]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        text = path.read_text()
        seen.add((len(text), len(set(text))))
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen == {(100_000, 1)}
