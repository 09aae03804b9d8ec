"""Sizes as one vector: what is not known reads as such, and what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.data.tryon.conditions import (
    EASE_CM,
    NUM_CONDITIONS,
    NUM_SIZES,
    REGIONS,
    condition_vector,
    drop_sizes,
)
from fitroom.errors import ConfigError
from fitroom.wardrobe.patterns.pattern import CATEGORIES


def test_nothing_known_is_all_zero() -> None:
    vector = condition_vector()
    assert vector.shape == (NUM_CONDITIONS,) and vector.dtype == np.float32
    assert not vector.any()


def test_a_known_middle_value_differs_from_an_unknown_one_by_its_flag() -> None:
    known = condition_vector(ease_cm={"chest": EASE_CM["chest"][0]})
    assert np.flatnonzero(known).tolist() == [NUM_SIZES]  # chest is the first place, its flag comes after all values


def test_more_ease_is_a_larger_value() -> None:
    tight, loose = (condition_vector(ease_cm={"chest": cm})[0] for cm in (2.0, 30.0))
    assert loose - tight == pytest.approx(28 / EASE_CM["chest"][1])


def test_a_measure_off_the_chart_is_no_farther_than_the_clip() -> None:
    assert condition_vector(ease_cm={"chest": 9999.0})[0] == 4


def test_dropping_sizes_keeps_region_category_and_mask() -> None:
    rest = {"region": "dress", "category": "dress", "masked": True}
    vector = condition_vector(ease_cm={"chest": 5.0}, body_cm={"height": 180.0}, **rest)
    dropped = drop_sizes(vector)
    np.testing.assert_array_equal(dropped, condition_vector(**rest))
    assert vector[NUM_SIZES] == 1, "the given one must stay as it was"


def test_each_category_of_the_wardrobe_is_told_and_no_other_word() -> None:
    vectors = np.stack([condition_vector(category=category) for category in CATEGORIES])
    np.testing.assert_array_equal(vectors[:, -len(CATEGORIES) :], np.eye(len(CATEGORIES)))
    assert not vectors[:, : -len(CATEGORIES)].any()
    assert not condition_vector(category="kimono").any()


def test_a_place_nobody_knows_is_ignored_and_nonsense_refused() -> None:
    assert not condition_vector(garment_cm={"collar_points": 7.0}).any()
    with pytest.raises(ConfigError, match="no number"):
        condition_vector(body_cm={"chest": float("nan")})
    with pytest.raises(ConfigError, match="unknown region"):
        condition_vector(region="head")
    assert REGIONS == ("top", "bottom", "dress", "outerwear")
