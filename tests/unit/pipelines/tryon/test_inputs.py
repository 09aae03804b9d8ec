"""What is known becomes conditions: the region follows from the category, and shops' words mean the wardrobe's."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.data.tryon.conditions import condition_vector
from fitroom.pipelines.tryon.inputs import told
from fitroom.wardrobe.truth.fit import ease


@pytest.mark.parametrize(
    ("word", "region", "category"),
    [
        ("t-shirt", "top", "t-shirt"),
        ("jeans", "bottom", "trousers"),
        ("jumpsuit", "dress", None),
        ("kimono", None, None),
        (None, None, None),
    ],
)
def test_a_word_says_region_and_category(word: str | None, region: str | None, category: str | None) -> None:
    np.testing.assert_array_equal(told(category=word), condition_vector(region=region, category=category))


def test_a_region_that_is_given_stays_and_ease_follows_from_both() -> None:
    garment_cm, body_cm = {"chest": 112.0}, {"chest": 96.0}
    got = told(category="shirt", region="outerwear", garment_cm=garment_cm, body_cm=body_cm)
    of_both = ease(garment_cm, body_cm, "outerwear")
    assert of_both
    known = {"ease_cm": of_both, "garment_cm": garment_cm, "body_cm": body_cm}
    np.testing.assert_array_equal(got, condition_vector(**known, region="outerwear", category="shirt"))
