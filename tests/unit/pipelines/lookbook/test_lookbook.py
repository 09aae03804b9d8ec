"""``fitroom lookbook`` through the door: a page, its values and pictures, or what is wrong and nothing written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.page_tags import Tags
from tests.unit.pipelines.lookbook.shop import WORDS, lines, write_shop

from fitroom import cli
from fitroom.bundles import Bundle
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.ai_label import SOURCE_TYPE
from fitroom.pipelines.pose.model import Pose

BUNDLES = Path(__file__).parents[4] / "bundles"
Ask = Callable[..., int]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shop; lookbooks go there as well."""
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder)
    return folder


@pytest.fixture(scope="module")
def ask(shop: Path, tryon_bundle: Bundle) -> Ask:
    """Asks for a lookbook of a shop; ``out`` is its name."""

    def run(*more: str, out: str = "out", words: list[str] = WORDS, folder: Path = shop) -> int:
        bundles = [word for name, at in (("outfits", "outfits"), ("sizes", "size-advisor"), ("search", "search"))
                   for word in (f"--{name}", str(BUNDLES / at))]  # fmt: skip
        given = ["lookbook", str(folder / "items.jsonl"), "--out", str(folder / out)]
        given += ["--photo", str(folder / "ann.jpg"), *words]
        return cli.main([*given, "--tryon", str(tryon_bundle.path), "--device", "cpu", *bundles, "-n", "3", *more])

    return run


SPRING = ("--season", "spring", "--liked", "t-shirt-green", "--name", "Ann <b>")


@pytest.fixture(scope="module")
def book(ask: Ask, shop: Path) -> Path:
    """The folder of a lookbook in English."""
    assert ask(*SPRING, out="book") == 0
    return shop / "book"


def test_a_page_its_values_and_its_pictures(book: Path) -> None:
    values = json.loads((book / "lookbook.json").read_text())
    assert [outfit["rank"] for outfit in values["outfits"]] == [1, 2, 3]
    for outfit in values["outfits"]:
        assert [picture["after"] for picture in outfit["pictures"]] == [item["item_id"] for item in outfit["items"]]
        for item in outfit["items"]:
            assert sum(item["size"]["sizes"].values()) == pytest.approx(1, abs=1e-3)
            assert item["size"]["sentence"].startswith(("No size", item["size"]["label"]))
        for picture in outfit["pictures"]:
            file = book / picture["file"]
            assert decode_rgb_u8(file).shape == (160, 120, 3) and SOURCE_TYPE.encode() in file.read_bytes()
            assert [flag["code"] for flag in picture["warnings"]] == ["unchecked"]


def test_the_page_is_sound_and_asks_nothing_of_anybody(book: Path) -> None:
    page = (book / "lookbook.html").read_text()
    tags = Tags()
    tags.feed(page)
    assert tags.open == tags.links == [] and all(load.startswith("data:") for load in tags.loads)
    assert "Ann &lt;b&gt;" in page and "Ann <b>" not in page and page.count("AI-generated") == 3
    assert not re.search(r"https?://", page)


def test_the_same_question_has_the_same_answer_and_is_not_written_over(
    ask: Ask, book: Path, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(*SPRING, out="again") == 0
    said = capsys.readouterr().out
    assert "3 outfits ranked in" in said and f"wrote {shop / 'again' / 'lookbook.html'}" in said
    for file in sorted(path for path in book.rglob("*") if path.is_file()):
        assert (shop / "again" / file.relative_to(book)).read_bytes() == file.read_bytes()
    assert ask(*SPRING, out="again") == 2, "there is something of that name"


def test_liked_pieces_come_forward_with_more_weight_and_it_speaks_chinese(ask: Ask, shop: Path) -> None:
    assert ask(*SPRING, "--liked-weight", "20", "--language", "zh", out="much") == 0
    page = (shop / "much" / "lookbook.html").read_text()
    assert '<html lang="zh-CN">' in page and "AI 生成" in page and "绿色平纹针织T恤" in page
    text = re.sub(r"<style>.*?</style>|<[^>]+>|data:\S+", " ", page, flags=re.DOTALL)
    assert not re.findall(r"\b(?:chest|waist|spring|shirt|loose|hip|size)\b", text)
    assert ask(*SPRING, "--liked-weight", "0", out="none") == 0
    none, much = (json.loads((shop / out / "lookbook.json").read_text()) for out in ("none", "much"))
    assert [_num_held(values) for values in (none, much)] == [0, 3]
    assert all(outfit["leant"] == 0 for outfit in none["outfits"])
    assert all(outfit["leant"] > 0 for outfit in much["outfits"])


def _num_held(values: dict[str, Any]) -> int:
    """Outfits with the liked piece."""
    return sum(any(item["is_liked"] for item in outfit["items"]) for outfit in values["outfits"])


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
    ask: Ask, words: list[str], code: int, said: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {entry.name for entry in shop.iterdir()}
    assert ask(*words) == code
    assert said in capsys.readouterr().err
    assert {entry.name for entry in shop.iterdir()} == before


def test_nobody_in_the_photo_is_told_before_anything_is_ranked(
    ask: Ask, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*WORDS, "--photo", str(shop / "shirt-white.jpg"), "--parser", str(BUNDLES / "parser-wardrobe")]
    assert ask(words=words) == 3
    assert "there is nobody in the person photo" in capsys.readouterr().err and not (shop / "out").exists()


def test_a_pose_model_looks_at_the_photo_and_is_named(
    ask: Ask, shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[np.ndarray] = []

    class Finder:
        hash = "5c" * 32

        def __call__(self, image_u8: np.ndarray) -> Pose:
            seen.append(image_u8)
            return Pose(np.zeros((17, 3), np.float32), np.ones(image_u8.shape[:2], np.float32))

    monkeypatch.setattr("fitroom.pipelines.tryon.checked.open_pose", lambda path, device: Finder())
    assert ask(*SPRING, "--pose", "pose.task", out="posed") == 0
    np.testing.assert_array_equal(seen[0], decode_rgb_u8(shop / "ann.jpg"))
    assert json.loads((shop / "posed" / "lookbook.json").read_text())["made_by"]["pose"] == Finder.hash
    monkeypatch.undo()
    assert ask(*SPRING, "--pose", "none.task", out="none-posed") == 5
    assert "the pose model is not there" in capsys.readouterr().err and not (shop / "none-posed").exists()


def test_items_without_a_chart_are_counted(ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = lines()
    del items[0]["size_chart"]
    write_shop(tmp_path, items)
    assert ask(folder=tmp_path) == 0
    assert "left out: 1 items: it has no size chart" in capsys.readouterr().out
    assert "1 items of the catalogue are not shown" in (tmp_path / "out" / "lookbook.html").read_text()
    assert ask("--liked", items[0]["item_id"], out="other", folder=tmp_path) == 3
    assert "it has no size chart" in capsys.readouterr().err
