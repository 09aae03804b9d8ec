"""A figure is the person in the own height; photos that cannot be read are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fitroom.contracts import Part
from fitroom.errors import ImageError
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.pipelines.parse import Parsed
from fitroom.pipelines.prepare.one_person import one_person
from fitroom.pipelines.sizing.figure import figure
from fitroom.pipelines.sizing.photo_check import check_photo

Draw = Callable[..., Parsed]
CONFIG = BodyPhotoConfig()
TOP = next(place for place, group in enumerate(CONFIG.groups) if "TOP" in group)


def figure_of_parse(parsed: Parsed) -> np.ndarray:
    return figure(parsed, one_person(parsed.parse), CONFIG.parts, CONFIG.rows, CONFIG.columns)


def test_widths_are_in_the_persons_own_height(draw: Draw) -> None:
    shares = figure_of_parse(draw(waist_px=50)) / 255
    assert shares.shape == (11, 96, 72)
    at_the_waist = shares[TOP, 34:42].sum(1) / 96
    np.testing.assert_allclose(at_the_waist, 50 / 300, atol=0.002)


def test_neither_place_nor_size_in_the_photo_counts(draw: Draw) -> None:
    here = figure_of_parse(draw())
    np.testing.assert_array_equal(figure_of_parse(draw(top_px=45, middle_px=100)), here)
    half = draw(tall_px=300, size=(800, 700), top_px=200, middle_px=333)
    np.testing.assert_array_equal(figure_of_parse(half), here)


def test_a_mirrored_photo_is_a_mirrored_figure(draw: Draw) -> None:
    parsed = draw(face_aside_px=3)
    mirrored = Parsed(parsed.parse[:, ::-1].copy(), parsed._p_LHW.flip(-1), parsed._parts)
    np.testing.assert_allclose(figure_of_parse(mirrored)[..., ::-1], figure_of_parse(parsed), atol=1)


def test_a_person_who_stands_is_let_through(draw: Draw) -> None:
    parsed = draw()
    check_photo(parsed, one_person(parsed.parse))


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ({"top_px": 0}, "cut-off", "cut at the top"),
        ({"top_px": 60}, "cut-off", "cut at the bottom"),
        ({"middle_px": 40}, "cut-off", "cut at the left"),
        ({"feet": False, "waist_px": 60}, "cut-off", "no feet"),
        ({"face": False}, "not-frontal", "does not face the camera"),
        ({"face_aside_px": 14}, "not-frontal", "does not face the camera"),
        ({"tall_px": 150}, "person-too-small", "too small"),
        ({"certainty": 0.5}, "parse-unsure", "too hard to read"),
    ],
)
def test_what_cannot_be_read_is_refused(draw: Draw, how: dict[str, Any], code: str, said: str) -> None:
    parsed = draw(**how)
    with pytest.raises(ImageError, match=said) as error:
        check_photo(parsed, one_person(parsed.parse), "me.jpg")
    assert error.value.code == code and error.value.where == "me.jpg" and error.value.fix


def test_nobody_and_somebody_seated(draw: Draw) -> None:
    empty = draw()
    empty.parse[:] = Part.TOP
    with pytest.raises(ImageError) as error:
        check_photo(empty, one_person(empty.parse))
    assert error.value.code == "person-missing"
    seated = draw()
    seated.parse[:100, 90:150] = 0
    seated.parse[30:110, 95:145] = Part.FACE  # a head of a quarter of the height
    with pytest.raises(ImageError) as error:
        check_photo(seated, one_person(seated.parse))
    assert error.value.code == "not-standing"


def test_two_people(draw: Draw) -> None:
    one = draw(size=(360, 480))
    both = Parsed(np.maximum(one.parse, np.roll(one.parse, 200, 1)), one._p_LHW, one._parts)
    with pytest.raises(ImageError) as error:
        check_photo(both, one_person(both.parse))
    assert error.value.code == "several-people"
