"""The leaderboard: who may stand beside whom, what is ranked, and that the page holds everything it shows."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests.unit.page_tags import Tags

from fitroom.errors import EvaluationError
from fitroom.evaluation import leaderboard
from fitroom.evaluation.recognition.checks import check_record
from fitroom.evaluation.recognition.protocol import get_protocol
from fitroom.evaluation.recognition.records import Record
from fitroom.evaluation.recognition.tables import SeedSummary, Table, make_tables

RecordAt = Callable[..., Path]
MakeAnswers = Callable[..., pd.DataFrame]


def tables_of(paths: list[Path]) -> list[Table]:
    return make_tables([check_record(path) for path in paths])


def names(table: Table) -> list[str]:
    return [row.record.model.name for row in table.rows]


def test_rows_are_ordered_and_only_honest_models_are_ranked(record_at: RecordAt, answers_of: MakeAnswers) -> None:
    paths = [
        record_at("fair", answers_of(accuracy=0.6)),
        record_at("good", answers_of(accuracy=0.95)),
        record_at("control-x", answers_of(accuracy=0.8), control=True),
        record_at("leaky", answers_of(accuracy=1.0), num_seen=7),
        record_at("silent", answers_of(missing=1)),
    ]
    (table,) = tables_of(paths)
    assert names(table) == ["good", "control-x", "fair", "leaky", "silent"]
    assert [row.rank for row in table.rows] == [1, None, 2, None, None]


def test_equal_scores_share_a_rank(record_at: RecordAt, answers_of: MakeAnswers) -> None:
    same = answers_of(accuracy=0.9, seed=1)
    (table,) = tables_of([record_at("a", same), record_at("b", same), record_at("c", answers_of(accuracy=0.3))])
    assert [row.rank for row in table.rows] == [1, 1, 3]


def test_other_data_settings_or_photos_get_a_table_of_their_own(record_at: RecordAt, answers_of: MakeAnswers) -> None:
    tables = tables_of(
        [
            record_at("a"),
            record_at("b"),
            record_at("other-data", digest="e" * 64),
            record_at("other-photos", answers_of(num=60)),
            record_at("other-protocol", protocol=get_protocol("photo-recognition@1")),
        ]
    )
    assert sorted(sorted(names(table)) for table in tables) == [
        ["a", "b"], ["other-data"], ["other-photos"], ["other-protocol"],
    ]  # fmt: skip


class TestSeeds:
    def runs(self, record_at: RecordAt, answers_of: MakeAnswers, seeds: list[int]) -> list[Path]:
        return [
            record_at("model", answers_of(accuracy=0.9 - 0.2 * i, seed=i), revision=f"{i:012d}", seed=seed)
            for i, seed in enumerate(seeds)
        ]

    def test_each_has_a_row_and_all_have_a_mean(self, record_at: RecordAt, answers_of: MakeAnswers) -> None:
        (table,) = tables_of([*self.runs(record_at, answers_of, [0, 1, 2]), record_at("single")])
        (summary,) = table.summaries
        values = [r.record.scores.overall["top1"].value for r in table.rows if r.record.model.name == "model"]
        spread = summary.spreads["top1"]
        assert summary.title == "mean of 3 seeds (min-max)"
        assert (spread.mean, spread.low, spread.high) == pytest.approx((sum(values) / 3, min(values), max(values)))

    def test_it_follows_the_last_of_its_rows(self, record_at: RecordAt, answers_of: MakeAnswers) -> None:
        (table,) = tables_of([*self.runs(record_at, answers_of, [0, 1]), record_at("worst", answers_of(accuracy=0.1))])
        assert [isinstance(row, SeedSummary) for row in table.in_order()] == [False, False, True, False]

    def test_like_seeds_are_called_revisions(self, record_at: RecordAt, answers_of: MakeAnswers) -> None:
        (table,) = tables_of(self.runs(record_at, answers_of, [0, 0]))
        assert table.summaries[0].title == "mean of 2 revisions (min-max)"

    def test_a_missing_score_nulls_the_mean(self, record_at: RecordAt, answers_of: MakeAnswers) -> None:
        broken = record_at("model", answers_of(missing=2), revision="f" * 12, seed=9)
        (table,) = tables_of([*self.runs(record_at, answers_of, [0]), broken])
        assert table.summaries[0].spreads["top1"] is None

    def test_seen_runs_take_no_part(self, record_at: RecordAt, answers_of: MakeAnswers) -> None:
        leaky = record_at("model", answers_of(accuracy=1.0), revision="f" * 12, seed=9, num_seen=3)
        (table,) = tables_of([*self.runs(record_at, answers_of, [0]), leaky])
        assert table.summaries == []


@pytest.fixture(scope="module")
def site(record_in: RecordAt, answers_of: MakeAnswers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a row of every kind; its records lie in ``results`` beside it."""
    folder = tmp_path_factory.mktemp("board")
    results = folder / "results"
    for seed in range(2):
        record_in(results, "model", answers_of(seed=seed), revision=f"{seed:012d}", seed=seed)
    record_in(results, "<b>bold<-b>", answers_of(accuracy=0.5))
    record_in(results, "control-x", answers_of(accuracy=0.2), control=True)
    record_in(results, "leaky", answers_of(accuracy=1.0), num_seen=7)
    record_in(results, "silent", answers_of(missing=1))
    record_in(results, "elsewhere", answers_of(groups=0), digest="e" * 64)
    assert leaderboard.main(["--results", str(results), "--out", str(folder / "site")]) == 0
    return folder / "site"


class TestPage:
    def test_it_is_sound_and_loads_nothing(self, site: Path) -> None:
        page = (site / "index.html").read_text()
        tags = Tags()
        tags.feed(page)
        assert tags.open == []
        assert tags.loads and all(value.startswith("data:") for value in tags.loads)
        assert not re.search(r"https?://|@import|url\(", page)

    def test_names_are_escaped(self, site: Path) -> None:
        page = (site / "index.html").read_text()
        assert "<b>bold<-b>" not in page and "&lt;b&gt;bold&lt;-b&gt;" in page

    def test_it_shows_marks_gaps_and_intervals(self, site: Path) -> None:
        page = (site / "index.html").read_text()
        assert page.count('<span class="tag">control</span>') == 1
        assert "seen 7 of its photos: no rank" in page
        assert "missing: 1 of 80 photos have no answer" in page
        assert "mean of 2 seeds (min-max)" in page
        assert "The contributors of these photos are not known" in page
        assert page.count("<details>") == 7
        assert 'class="ci"' in page and 'role="img"' in page

    def test_columns_are_sorted_by_buttons(self, site: Path) -> None:
        heads = re.findall(
            r'<th role="columnheader"[^>]*data-by="(\w+)"[^>]*><button', (site / "index.html").read_text()
        )
        assert heads[:3] == ["rank", "top1", "macro_f1"] and len(set(heads)) == 8

    def test_figures_lie_beside(self, site: Path) -> None:
        figures = sorted(file.name for file in (site / "figures").iterdir())
        assert len(figures) == 6  # the one without answers has none
        assert all((site / "figures" / name).read_bytes().startswith(b"\x89PNG") for name in figures)
        assert not any("silent" in name for name in figures)

    def test_the_csv_holds_every_record(self, site: Path) -> None:
        with (site / "leaderboard.csv").open() as file:
            rows = {(row["model"], row["revision"]): row for row in csv.DictReader(file)}
        records: list[Record] = leaderboard.load_records(site.parent / "results")
        assert set(rows) == {(record.model.name, record.model.revision) for record in records}
        for record in records:
            row = rows[record.model.name, record.model.revision]
            value = record.scores.overall["top1"].value
            assert row["top1"] == ("" if value is None else str(value))
            assert row["protocol_hash"] == record.protocol.hash and row["seen"] == str(record.seen)

    def test_the_markdown_tables_are_rectangular(self, site: Path) -> None:
        lines = (site / "LEADERBOARD.md").read_text().splitlines()
        assert {line.count("|") for line in lines if line.startswith("|")} == {12}
        assert sum(line.startswith("## ") for line in lines) == 2

    def test_it_is_the_same_each_time(self, site: Path) -> None:
        before = {file.name: file.read_bytes() for file in site.rglob("*") if file.is_file()}
        leaderboard.build_leaderboard(site.parent / "results", site)
        assert {file.name: file.read_bytes() for file in site.rglob("*") if file.is_file()} == before


def test_broken_records_are_named_and_nothing_is_written(record_at: RecordAt, tmp_path: Path) -> None:
    record_at("good")
    broken, lost = record_at("broken"), record_at("lost")
    broken.write_text("{")
    lost.with_suffix(".parquet").unlink()
    with pytest.raises(EvaluationError, match="2 of 3 records are broken") as caught:
        leaderboard.main(["--results", str(tmp_path / "results"), "--out", str(tmp_path / "site")])
    assert str(broken) in str(caught.value) and str(lost) in str(caught.value)
    assert not (tmp_path / "site").exists()


def test_no_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no records"):
        leaderboard.main(["--results", str(tmp_path)])
