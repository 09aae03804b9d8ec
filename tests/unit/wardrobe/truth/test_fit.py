"""Ease in cm and the words for it."""

from __future__ import annotations

import pytest

from fitroom.errors import ConfigError
from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.grading import body_chart
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import Region
from fitroom.wardrobe.truth.cloth import loop_cm
from fitroom.wardrobe.truth.fit import NECK_CM, THRESHOLDS_CM, ease, fit_labels

BODY = {
    "chest": 96,
    "waist": 80,
    "hip": 98,
    "thigh": 56,
    "neck": 37,
    "upper_arm": 30,
    "shoulder_width": 42,
    "back_length": 42,
}
TEE = {"chest": 104, "waist": 102, "hip": 104, "biceps": 37, "shoulder": 44, "neck_girth": 42, "length": 70}


def test_ease_is_garment_less_body() -> None:
    assert ease(TEE, BODY, "top", "crew") == {
        "chest": 8, "waist": 22, "hip": 6, "upper_arm": 7, "neck": 5, "shoulder": 2,
    }  # fmt: skip


def test_open_necks_are_not_compared_with_the_neck() -> None:
    assert "neck" not in ease(TEE, BODY, "top", "v")


@pytest.mark.parametrize(("neckline", "label"), [("crew", "tight"), ("collar", "regular"), ("turtle", "regular")])
def test_a_neck_is_judged_by_its_neckline(neckline: str, label: str) -> None:
    assert fit_labels({"neck": 5}, "top", neckline)["neck"] == label


@pytest.mark.parametrize("region", ["top", "outerwear"])
def test_what_ends_above_the_hip_is_not_compared_with_it(region: Region) -> None:
    assert "hip" not in ease({**TEE, "length": 48}, BODY, region)
    assert "hip" in ease({k: v for k, v in TEE.items() if k != "length"}, BODY, "top")


def test_a_dress_is_compared_at_its_hip_not_at_its_hem() -> None:
    assert ease({"chest": 100, "hip": 104, "hem": 180}, BODY, "dress") == {"chest": 4, "hip": 6}


def test_a_bottom_has_waist_hip_and_thigh() -> None:
    assert ease({"waist": 82, "hip": 102, "thigh": 60}, BODY, "bottom") == {"waist": 2, "hip": 4, "thigh": 4}


def test_what_was_not_measured_is_left_out() -> None:
    assert ease({"waist": 82}, {"hip": 98}, "bottom") == {}
    assert fit_labels({}, "bottom") == {}


@pytest.mark.parametrize(("chest", "label"), [(1.9, "tight"), (2, "regular"), (14, "regular"), (14.1, "loose")])
def test_the_words_change_at_the_thresholds(chest: float, label: str) -> None:
    assert THRESHOLDS_CM["top"]["chest"] == (2, 14)
    assert fit_labels({"chest": chest}, "top") == {"chest": label, "overall": label}


def test_overall_is_tight_where_any_deciding_place_is_and_loose_where_all_are() -> None:
    assert fit_labels({"chest": 20, "hip": -3}, "top")["overall"] == "tight"
    assert fit_labels({"chest": 20, "hip": 5}, "top")["overall"] == "regular"
    assert fit_labels({"chest": 20, "hip": 30}, "top")["overall"] == "loose"
    assert fit_labels({"chest": 8, "hip": 8, "upper_arm": -2}, "top")["overall"] == "regular"
    assert "overall" not in fit_labels({"thigh": 5}, "bottom")


def test_a_larger_size_never_becomes_tighter() -> None:
    order = ["tight", "regular", "loose"]
    for region, places in THRESHOLDS_CM.items():
        for place in places:
            labels = [fit_labels({place: value}, region)[place] for value in range(-20, 60)]
            ranks = [order.index(label) for label in labels]
            assert ranks == sorted(ranks)
            assert set(labels) == set(order)


def test_unknown_regions_and_places_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown region"):
        ease(TEE, BODY, "hat")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no such place") as caught:
        fit_labels({"knee": 1}, "top")
    assert "chest" in str(caught.value)


@pytest.mark.parametrize("neckline", NECK_CM)
def test_an_ordinary_neckline_is_regular_on_the_body_it_is_cut_for(neckline: str) -> None:
    styles = [style for style in map(design, range(250)) if style.region == "top" and style.neckline == neckline]
    for style in styles[:4]:
        girth_cm = loop_cm(build_mesh(draft(style, "M"), 3.0), "neck")
        room = ease({"neck_girth": girth_cm}, body_chart(style.sex, "M"), "top", neckline)
        assert fit_labels(room, "top", neckline) == {"neck": "regular"}
