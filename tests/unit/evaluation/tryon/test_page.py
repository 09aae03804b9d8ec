"""The try-on part of the site, without a browser: sound pages, every record in CSV and Markdown, cautions, cards."""

import csv
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.unit.evaluation.tryon.small_records import make_record, make_rows, quick_protocol
from tests.unit.page_tags import Tags

from fitroom.evaluation import leaderboard
from fitroom.evaluation.entries import ModelEntry
from fitroom.evaluation.site.cards import card_html, find_card
from fitroom.evaluation.tryon.records import TryOnRecord

SENTENCE = "the weights of the parser are gone"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    results, protocol = folder / "results", quick_protocol()
    make_record(results, "good", skill=0.9)
    make_record(results, "<i>odd & name", versions={"torch": "2.99.0"})
    make_record(results, "leaky", skill=0.95, num_seen=3)
    make_record(results, "half", make_rows(protocol, missing=3))
    make_record(results, "control-copy", skill=0.2, settings={"control": "the person photo, unchanged"})
    make_record(results, "control-truth", make_rows(protocol, skill=1), oracle=True)
    make_record(results, "elsewhere", skill=0.7, digest="e" * 64, missing={"parser": SENTENCE, "lpips_alex": "gone"})
    leaderboard.build_leaderboard(results, folder / "site", folder / "bundles")
    return folder / "site"


def tags_of(path: Path) -> Tags:
    tags = Tags()
    tags.feed(path.read_text())
    return tags


def test_every_page_is_sound_loads_nothing_and_leads_somewhere(site: Path) -> None:
    pages = [site / "index.html", *(site / "models").iterdir()]
    assert len(pages) == 8
    for page in pages:
        tags = tags_of(page)
        assert tags.open == [] and all(value.startswith("data:") for value in tags.loads)
        assert not re.search(r"https?://|@import|url\(", page.read_text())
        for link in tags.links:
            target = unquote(link.partition("#")[0])
            assert not target or (page.parent / target).is_file(), link


def test_names_are_escaped(site: Path) -> None:
    page = (site / "index.html").read_text()
    assert "<i>odd" not in page and "&lt;i&gt;odd &amp; name" in page


def test_rows_are_marked(site: Path) -> None:
    page = (site / "index.html").read_text()
    assert page.count('<span class="tag">control</span>') == page.count('<span class="tag">oracle</span>') == 1
    assert "seen 3 of its cases: no rank" in page and "9 of 12 cases: no scores" in page
    assert "the person photo, unchanged" in page and 'class="best"' in page


def test_cautions_stand_above_their_tables(site: Path) -> None:
    page = (site / "index.html").read_text()
    assert "torch 2.14.1 and 2.99.0" in page
    assert page.count("they differ in cases, instruments") == 2
    assert SENTENCE in page and "--weights.alexnet alexnet-owt-7be5be79.pth" in page
    assert page.index(SENTENCE) < page.index('<table class="board"', page.index(SENTENCE))


def test_the_csv_has_a_row_a_record_and_every_score(site: Path) -> None:
    with (site / "leaderboard.csv").open() as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    records = leaderboard.load_records(site.parent / "results")
    assert set(rows) == {record.model.name for record in records}
    for record in records:
        assert isinstance(record, TryOnRecord)
        row = rows[record.model.name]
        assert (row["task"], row["oracle"], row["data_digest"]) == ("try-on", str(record.oracle), record.data.digest)
        for name, score in record.scores.items():
            assert row[name] == ("" if score.value is None else str(score.value))
            assert row[f"{name}_low"] == ("" if score.low is None else str(score.low))
            assert row[f"{name}_missing_because"] == (score.reason or "")


def test_the_markdown_has_a_table_a_group(site: Path) -> None:
    blocks = (site / "LEADERBOARD.md").read_text().split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert len(tables) == 2 * 7 and all(len({line.count("|") for line in table}) == 1 for table in tables)
    region = tables[0]
    assert region[2].startswith("| 1 | good |") and "control-truth (oracle)" in region[-1]
    assert "parser noise" in tables[1][-1] and "parser noise" in tables[2][-1] and "PD lite0" in region[0]
    assert sum(block.startswith("## ") for block in blocks) == 2


def test_each_model_has_a_page_with_all_its_scores(site: Path) -> None:
    (page,) = (site / "models").glob("good.*.html")
    text = page.read_text()
    assert "rank <b>1</b> of 2" in text and text.count('<th scope="row"') == len(quick_protocol().metrics)
    assert "Apache-2.0" in text and "11,300,000" in text


class TestCards:
    def entry(self, bundle_hash: str | None) -> ModelEntry:
        return ModelEntry("good", "r", "try-on", False, bundle_hash, 0, 256, 192, 1, None, {})

    def test_markup_and_pictures_in_a_card_do_nothing(self) -> None:
        text = "# Title\n\ntext <b>x</b> ![p](https://x/p.png)\n\n## Part\n\n|a|\n|---|\n|1|\n\n[l](javascript:1)"
        html = card_html(text)
        assert "Title" not in html and "&lt;b&gt;" in html and "<img" not in html and 'href="javascript' not in html
        assert "<h3>Part</h3>" in html and "<table>" in html

    def test_the_card_of_another_revision_says_so(self, tmp_path: Path) -> None:
        folder = tmp_path / "good"
        folder.mkdir()
        (folder / "bundle.json").write_text(json.dumps({"revision": "abc"}))
        (folder / "README.md").write_text("---\ntags: x\n---\n# good\nWords.")
        own = hashlib.sha256((folder / "bundle.json").read_bytes()).hexdigest()
        same, other = find_card(tmp_path, self.entry(own)), find_card(tmp_path, self.entry("0" * 64))
        assert same is not None and same.other_revision is None and "Words." in same.html and "tags" not in same.html
        assert other is not None and other.other_revision == "abc"

    def test_without_a_bundle_there_is_none(self, tmp_path: Path) -> None:
        assert find_card(tmp_path, self.entry(None)) is None
