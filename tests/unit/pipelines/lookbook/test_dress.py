"""Dressing piece by piece: from the body outwards, each over the picture before, shared where outfits begin alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.unit.pipelines.lookbook.shop import write_shop

from fitroom.contracts import Part
from fitroom.pipelines.lookbook.dress import Dresser, Sized
from fitroom.pipelines.lookbook.seen import IN_SKIRT, UNSEEN, judge_piece, shares_of
from fitroom.pipelines.lookbook.shelf import Shelf, read_shelf
from fitroom.pipelines.tryon.checked import TryOnAnswer, TryOnSettings

PERSON_U8 = np.zeros((64, 48, 3), np.uint8)


class Recorder:
    """A try-on whose answer is one brighter than its photo, and a parser that sees nothing but trousers."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, TryOnSettings, str | None]] = []
        self.checks = SimpleNamespace(parser=self._parse)

    def __call__(self, person_u8: np.ndarray, garment_u8: np.ndarray, settings: Any, person_name: Any) -> TryOnAnswer:
        self.asked.append((int(person_u8.max()), settings, person_name))
        return TryOnAnswer(person_u8 + 1)

    def _parse(self, images_u8: list[np.ndarray]) -> list[Any]:
        return [SimpleNamespace(parse=np.full(image.shape[:2], Part.TROUSERS, np.uint8)) for image in images_u8]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return read_shelf(write_shop(tmp_path))


def test_layers_go_on_from_the_body_outwards_each_over_the_picture_before(shelf: Shelf) -> None:
    recorder = Recorder()
    dresser = Dresser(recorder, PERSON_U8, TryOnSettings(body_cm={"chest": 92.0}, seed=3), "ann.jpg")  # type: ignore[arg-type]
    worn = [Sized(shelf.articles[one], "M") for one in ("jacket-blue", "shirt-white", "trousers-beige")]
    steps = dresser(worn)
    assert [step.item_id for step in steps] == ["trousers-beige", "shirt-white", "jacket-blue"]
    assert [int(step.worn_u8.max()) for step in steps] == [1, 2, 3]
    assert [before for before, _, _ in recorder.asked] == [0, 1, 2]
    settings = recorder.asked[1][1]
    assert settings.garment_cm == {"chest": 98.0, "waist": 94.0, "length": 64.0} and settings.category == "shirt"
    assert settings.body_cm == {"chest": 92.0} and settings.seed == 3 and settings.drape_coefficient is not None
    assert recorder.asked[2][2] == "ann.jpg, in shirt-white"


def test_what_the_parser_does_not_see_is_flagged(shelf: Shelf) -> None:
    dresser = Dresser(Recorder(), PERSON_U8, TryOnSettings())  # type: ignore[arg-type]
    trousers, shirt = dresser([Sized(shelf.articles[one], "M") for one in ("shirt-red", "trousers-black")])
    assert trousers.flags == () and trousers.seen == 1.0
    assert [flag.code for flag in shirt.flags] == [UNSEEN] and "red poplin shirt" in shirt.flags[0].message


def test_outfits_that_begin_alike_share_their_first_pictures(shelf: Shelf) -> None:
    dresser = Dresser(Recorder(), PERSON_U8, TryOnSettings())  # type: ignore[arg-type]
    for top in ("shirt-red", "shirt-blue"):
        dresser([Sized(shelf.articles[one], "M") for one in ("trousers-black", top)])
    assert dresser.num_made == 3
    dresser([Sized(shelf.articles["trousers-black"], "L"), Sized(shelf.articles["shirt-red"], "M")])
    assert dresser.num_made == 5, "another size is another picture"


def test_a_dress_or_a_skirt_on_the_photo_is_flagged_where_it_shows_through(shelf: Shelf) -> None:
    parse = np.zeros((10, 10), np.uint8)
    parse[2:8, 3:7] = Part.DRESS
    dressed, trousers, skirt = shares_of(parse), shelf.articles["trousers-black"], shelf.articles["skirt-red"]
    assert [flag.code for flag in judge_piece(trousers, dressed, dressed)] == [IN_SKIRT]
    assert judge_piece(trousers, dressed, None) == [], "it is told once, of the first piece"
    assert judge_piece(replace(trousers, region="dress"), dressed, dressed) == []
    parse[2:5, 3:7], parse[5:8, 3:7] = Part.TOP, Part.SKIRT
    skirted = shares_of(parse)
    assert [flag.code for flag in judge_piece(trousers, skirted, skirted)] == [IN_SKIRT]
    assert judge_piece(skirt, skirted, skirted) == judge_piece(shelf.articles["shirt-red"], skirted, skirted) == []
    parse[5:8, 3:7] = Part.TROUSERS
    assert judge_piece(trousers, skirted, shares_of(parse)) == []
