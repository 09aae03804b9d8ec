"""``fitroom lookbook`` through the door: a page, its values and pictures, or what is wrong and nothing written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.unit.pipelines.lookbook.shop import WORDS, lines, write_shop

from fitroom import cli
from fitroom.bundles import Bundle
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.ai_label import SOURCE_TYPE

BUNDLES = Path(__file__).parents[4] / "bundles"
Ask = Callable[..., int]


class Tags(HTMLParser):
    """Every tag is closed in order; what is loaded is collected."""

    VOID = frozenset({"meta", "link", "img", "input", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture
def ask(tmp_path: Path, tryon_bundle: Bundle) -> Ask:
    """Asks for a lookbook of the shop in the test's folder; ``out`` is its name."""
    items = write_shop(tmp_path)

    def run(*more: str, out: str = "out", words: list[str] = WORDS) -> int:
        bundles = [word for name, at in (("outfits", "outfits"), ("sizes", "size-advisor"), ("search", "search"))
                   for word in (f"--{name}", str(BUNDLES / at))]  # fmt: skip
        given = ["lookbook", str(items), "--out", str(tmp_path / out), "--photo", str(tmp_path / "ann.jpg"), *words]
        return cli.main([*given, "--tryon", str(tryon_bundle.path), "--device", "cpu", *bundles, "-n", "3", *more])

    return run


def test_a_page_its_values_and_its_pictures(ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("--season", "summer", "--liked", "shirt-red", "--name", "Ann <b>") == 0
    said = capsys.readouterr().out
    assert "3 outfits ranked in" in said and f"wrote {tmp_path / 'out' / 'lookbook.html'}" in said
    book = json.loads((tmp_path / "out" / "lookbook.json").read_text())
    assert [outfit["rank"] for outfit in book["outfits"]] == [1, 2, 3]
    for outfit in book["outfits"]:
        assert [picture["after"] for picture in outfit["pictures"]] == [item["item_id"] for item in outfit["items"]]
        for item in outfit["items"]:
            assert sum(item["size"]["sizes"].values()) == pytest.approx(1, abs=1e-3)
            assert item["size"]["sentence"].startswith(("No size", item["size"]["label"]))
        for picture in outfit["pictures"]:
            file = tmp_path / "out" / picture["file"]
            assert decode_rgb_u8(file).shape == (160, 120, 3) and SOURCE_TYPE.encode() in file.read_bytes()
            assert [flag["code"] for flag in picture["warnings"]] == ["unchecked"]
    page = (tmp_path / "out" / "lookbook.html").read_text()
    tags = Tags()
    tags.feed(page)
    assert not tags.open and all(load.startswith("data:") for load in tags.loads)
    assert "Ann &lt;b&gt;" in page and "Ann <b>" not in page and page.count("AI-generated") == 3
    assert not re.search(r"https?://", page), "nothing is asked of anybody"


def test_the_same_question_has_the_same_answer_and_is_not_written_over(ask: Ask, tmp_path: Path) -> None:
    assert ask("--liked", "shirt-red") == 0 and ask("--liked", "shirt-red", out="again") == 0
    for file in sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        assert (tmp_path / "again" / file.relative_to(tmp_path / "out")).read_bytes() == file.read_bytes()
    assert ask() == 2, "there is something of that name"


def test_liked_pieces_come_forward_and_more_with_more_weight(ask: Ask, tmp_path: Path) -> None:
    def held(out: str, *more: str) -> float:
        assert ask("--liked", "t-shirt-green", *more, out=out) == 0
        outfits = json.loads((tmp_path / out / "lookbook.json").read_text())["outfits"]
        return sum("t-shirt-green" in [item["item_id"] for item in outfit["items"]] for outfit in outfits)

    none, much = held("none", "--liked-weight", "0"), held("much", "--liked-weight", "20")
    assert much == 3 and none < 3
    values = json.loads((tmp_path / "much" / "lookbook.json").read_text())
    assert all(outfit["leant"] > 0 for outfit in values["outfits"])


def test_it_speaks_chinese(ask: Ask, tmp_path: Path) -> None:
    assert ask("--season", "summer", "--liked", "shirt-red", "--language", "zh") == 0
    page = (tmp_path / "out" / "lookbook.html").read_text()
    assert '<html lang="zh-CN">' in page and "AI 生成" in page and "红色府绸衬衫" in page
    text = re.sub(r"<style>.*?</style>|<[^>]+>|data:\S+", " ", page, flags=re.DOTALL)
    assert not re.findall(r"\b(?:chest|waist|summer|shirt|loose|hip)\b", text)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--liked", "shirt-rad"], 3, "did you mean 'shirt-red'"),
        (["--season", "sumer"], 3, "did you mean 'summer'"),
        (["--season", "winter"], 3, "no outfit can be made of these items"),
        (["--height", "66"], 2, "66 looks like inches: give 167.6 cm"),
        (["--body", "hip=300"], 2, "60 to 190 cm"),
        (["--weight", "240", "--body", "hip=62"], 2, "no body has these measures together"),
        (["--department", "kids"], 3, "nothing for the department 'kids'"),
        (["-n", "0"], 2, "1 to 20"),
        (["--liked-weight", "-1"], 2, "0 to 20"),
        (["--language", "fr"], 2, "en, zh"),
        (["--photo", "none.jpg"], 3, "none.jpg"),
        (["--shopper", "none.yaml"], 2, "none.yaml"),
        (["--body", "chest=150", "waist=150", "hip=150", "--weight", "170"], 3, "in a size that goes round"),
    ],
)
def test_faults_are_told_and_leave_nothing(
    ask: Ask, words: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {entry.name for entry in tmp_path.iterdir()}
    assert ask(*words) == code
    assert said in capsys.readouterr().err
    assert {entry.name for entry in tmp_path.iterdir()} == before


def test_nobody_in_the_photo_is_told_before_anything_is_ranked(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*WORDS, "--photo", str(tmp_path / "shirt-white.jpg"), "--parser", str(BUNDLES / "parser-wardrobe")]
    assert ask(words=words) == 3
    assert "there is nobody in the person photo" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_items_without_a_chart_are_counted(ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = lines()
    del items[0]["size_chart"]
    write_shop(tmp_path, items)
    assert ask() == 0
    assert "left out: 1 items: it has no size chart" in capsys.readouterr().out
    assert "1 items of the catalogue are not shown" in (tmp_path / "out" / "lookbook.html").read_text()
    assert ask("--liked", items[0]["item_id"], out="other") == 3
    assert "it has no size chart" in capsys.readouterr().err
