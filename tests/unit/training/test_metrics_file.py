from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fitroom.training.metrics_file import MetricsFile


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: value for key, value in row.items() if value} for row in csv.DictReader(file)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Four rows of three steps."""
    path = tmp_path / "metrics.csv"
    log = MetricsFile(path)
    for step in (1, 2):
        log.log_metrics({"train/loss": 1 / step}, step)
    log.log_metrics({"select/top1": 0.5}, 2)
    log.log_metrics({"train/loss": 0.25}, 3)
    return path


def test_every_figure_has_its_row_and_column(path):
    assert rows(path) == [
        {"step": "1", "train/loss": "1.0"},
        {"step": "2", "train/loss": "0.5"},
        {"step": "2", "select/top1": "0.5"},
        {"step": "3", "train/loss": "0.25"},
    ]


def test_a_row_is_there_as_soon_as_it_is_logged(tmp_path):
    log = MetricsFile(tmp_path / "metrics.csv")
    log.log_metrics({"a": 1.5}, 1)
    assert rows(log.path) == [{"step": "1", "a": "1.5"}]


def test_a_resumed_run_goes_on_in_the_same_file(path):
    before = rows(path)
    MetricsFile(path, start_step=3).log_metrics({"train/loss": 0.2, "lr": 0.1}, 4)
    assert rows(path) == [*before, {"step": "4", "train/loss": "0.2", "lr": "0.1"}]


def test_rows_after_the_checkpoint_are_done_again(path):
    log = MetricsFile(path, start_step=2)
    assert len(rows(path)) == 4, "nothing is lost before there is something new"
    log.log_metrics({"train/loss": 0.9}, 3)
    assert [row["step"] for row in rows(path)] == ["1", "2", "2", "3"]
    assert rows(path)[-1] == {"step": "3", "train/loss": "0.9"}


def test_a_new_run_starts_anew(path):
    MetricsFile(path).log_metrics({"other": 7.0}, 1)
    assert rows(path) == [{"step": "1", "other": "7.0"}]


def test_a_line_cut_short_by_a_kill_is_dropped(path):
    path.write_text(path.read_text() + "4", encoding="utf-8")
    with path.open("a") as file:
        file.write(",0.1\nx")
    MetricsFile(path, start_step=4).log_metrics({"train/loss": 0.2}, 5)
    assert [row["step"] for row in rows(path)] == ["1", "2", "2", "3", "4", "5"]


def test_no_half_written_file_is_left(path):
    MetricsFile(path, start_step=3).log_metrics({"new": 1.0}, 4)
    assert [file.name for file in path.parent.iterdir()] == ["metrics.csv"]
