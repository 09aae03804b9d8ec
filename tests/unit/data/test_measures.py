"""Measures as people give them: known names, true centimetres, fabrics by name."""

from __future__ import annotations

import pytest

from fitroom.data.sizing.measures import RANGES_CM, checked_measures, drape_of, read_pairs
from fitroom.data.tryon.conditions import BODY_CM, GARMENT_CM
from fitroom.errors import ConfigError
from fitroom.wardrobe.patterns.grading import CHARTS


def test_every_measure_the_model_hears_has_a_range_round_its_middle() -> None:
    for of, known in (("body", BODY_CM), ("garment", GARMENT_CM)):
        assert set(RANGES_CM[of]) == set(known)  # type: ignore[index]
        for name, (middle, spread) in known.items():
            low, high = RANGES_CM[of][name]  # type: ignore[index]
            assert low <= middle - spread and middle + spread <= high, name


@pytest.mark.parametrize("sex", CHARTS)
def test_the_bodies_of_the_size_chart_are_taken(sex: str) -> None:
    for name in ("height", "chest", "waist", "hip", "thigh", "neck", "upper_arm", "inseam"):
        for value in CHARTS[sex][name]:
            checked_measures({name: value}, "body", "here")


def test_pairs() -> None:
    assert read_pairs(["chest=96", " height = 170.5 "], "body", "--body") == {"chest": 96.0, "height": 170.5}
    assert read_pairs([], "body", "--body") == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chset=96"], "did you mean 'chest'"),
        (["chest"], "this is no measure"),
        (["=5"], "this is no measure"),
        (["chest=96", "chest=97"], "given twice"),
        (["chest=wide"], "got: wide"),
        (["chest=nan"], "60 to 180 cm"),
        (["height=1.70"], "measure in cm"),
    ],
)
def test_wrong_pairs_are_said(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_pairs(words, "body", "--body")
    assert said in str(caught.value) and "--body" in str(caught.value)


def test_half_a_girth_is_no_girth() -> None:
    with pytest.raises(ConfigError, match="measured flat counts twice"):
        checked_measures({"chest": 52}, "garment", "chart")


def test_drape() -> None:
    assert drape_of(None, None, "x") is None
    assert drape_of(None, "0.4", "x") == 0.4
    denim, chiffon = drape_of("denim", None, "x"), drape_of("chiffon", None, "x")
    assert denim is not None and chiffon is not None and 0 < chiffon < denim < 1
    for fabric, drape, said in (("denin", None, "'denim'"), ("denim", 0.4, "same thing"), (None, 1.2, "0 to 1")):
        with pytest.raises(ConfigError) as caught:
            drape_of(fabric, drape, "x")
        assert said in str(caught.value)
