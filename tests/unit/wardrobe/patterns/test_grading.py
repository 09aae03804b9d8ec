"""Size charts grow steadily, and bodies get the size they were charted for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fitroom.errors import FitroomError
from fitroom.wardrobe.patterns.grading import CHARTS, body_chart, recommended_size
from fitroom.wardrobe.patterns.pattern import SIZES


@pytest.mark.parametrize("sex", ["female", "male"])
def test_charts_grow(sex: str) -> None:
    for name, row in CHARTS[sex].items():
        assert len(row) == len(SIZES), name
        assert all(low < high for low, high in pairwise(row)), name


@pytest.mark.parametrize("sex", ["female", "male", "unisex"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("names", [("chest", "waist"), ("waist", "hip")])
def test_the_charted_body_gets_its_size(sex: str, size: str, names: tuple[str, ...]) -> None:
    assert recommended_size(body_chart(sex, size), sex, names) == size


def test_the_larger_measure_decides() -> None:
    body = body_chart("female", "S") | {"waist": body_chart("female", "L")["waist"]}
    assert recommended_size(body, "female") == "L"


def test_unisex_goes_by_the_male_chart() -> None:
    assert body_chart("unisex", "M") == body_chart("male", "M")


def test_a_missing_measure_is_named() -> None:
    with pytest.raises(FitroomError, match="waist"):
        recommended_size({"chest": 100.0}, "male")
