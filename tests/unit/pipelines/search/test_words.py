"""What shoppers say, in two languages, becomes attributes; what is not understood is told, never guessed."""

from __future__ import annotations

from typing import get_args

import pytest

from fitroom.data.outfits.pieces import ATTRIBUTES, Piece
from fitroom.errors import DataError
from fitroom.pipelines.search.lexicon import lexicon
from fitroom.pipelines.search.words import understood
from fitroom.wardrobe.fabrics.fabric import MATERIALS
from fitroom.wardrobe.fabrics.palettes import BASIC_COLORS, NAMED
from fitroom.wardrobe.outfits import PATTERNS, SEASONS
from fitroom.wardrobe.patterns.pattern import Category

COTTON = {"cotton", "jersey", "poplin", "denim", "twill"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("red cotton dress for summer",
         {"color": {"red"}, "material": COTTON, "category": {"dress"}, "season": {"summer"}}),
        ("红色夏季连衣裙", {"color": {"red"}, "season": {"summer"}, "category": {"dress"}}),
        ("红色纯棉连衣裙,适合夏天穿",
         {"color": {"red"}, "material": COTTON, "category": {"dress"}, "season": {"summer"}}),
        ("Striped T-Shirts", {"pattern": {"stripe"}, "category": {"t-shirt"}}),
        ("白色T恤 女", {"color": {"white"}, "category": {"t-shirt"}, "department": {"female", "women", "unisex"}}),
        ("dark denim jeans", {"color": {"dark denim", "blue"}, "category": {"trousers"}, "material": {"denim"}}),
        ("black or white polo", {"color": {"black", "white"}, "category": {"polo"}}),
        ("navy coat", {"color": {"navy", "blue"}, "category": {"coat"}}),
        ("秋冬格子大衣", {"season": {"autumn", "winter"}, "pattern": {"check"}, "category": {"coat"}}),
        ("red 连衣裙", {"color": {"red"}, "category": {"dress"}}),
    ],
)  # fmt: skip
def test_words_become_attributes(text: str, wanted: dict[str, set[str]]) -> None:
    found = understood(text)
    assert found.attributes == wanted
    assert found.unknown == ()


def test_what_is_not_understood_is_told() -> None:
    assert understood("sparkly red dress with unicorns").unknown == ("sparkly", "unicorns")
    assert understood("红色宇航员连衣裙").unknown == ("宇航员",)
    assert understood("red платье élégant").unknown == ("платье", "élégant")
    assert understood("red_dress ドレス").attributes == {"color": {"red"}, "category": {"dress"}}


@pytest.mark.parametrize(
    ("text", "said"), [("drses", "dress"), ("", "red summer dress"), ("宇航员", "ask for nothing")]
)
def test_words_that_ask_for_nothing_are_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        understood(text)


def test_navy_is_blue_and_blue_is_not_navy() -> None:
    navy, blue = (Piece("x", "coat", {"color": (color,)}) for color in ("navy", "blue"))
    assert understood("blue coat").fits(navy) == ("color", "category")
    assert understood("navy coat").fits(blue) == ("color", "category")  # a shop that knows no shades may mean it
    assert understood("red coat").fits(navy) == ("category",)
    assert understood("navy coat").fits(Piece("x", "coat")) == ("category",)


def test_every_word_of_the_wardrobe_can_be_asked_for() -> None:
    meant: dict[str, set[str]] = {}
    for meaning in lexicon().values():
        for name, words in meaning.items():
            meant.setdefault(name, set()).update(words)
    assert meant.keys() == {"category", *ATTRIBUTES}
    known = {
        "category": get_args(Category), "color": (*BASIC_COLORS, *NAMED), "material": MATERIALS, "pattern": PATTERNS,
        "season": SEASONS,
    }  # fmt: skip
    for name, words in known.items():
        assert set(words) <= meant[name], name


def test_every_word_of_the_wardrobe_can_be_asked_for_in_chinese() -> None:
    chinese = {(name, word) for phrase, meaning in lexicon().items() if phrase[-1] > "z"
               for name, words in meaning.items() for word in words}  # fmt: skip
    for name, words in {"category": get_args(Category), "color": BASIC_COLORS, "material": MATERIALS}.items():
        assert {(name, word) for word in words} <= chinese, name
