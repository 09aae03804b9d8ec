"""Planted faults: picture and parse are edited together, by the amount that is said, and nowhere else."""

import numpy as np
import pytest
from tests.unit.evaluation.tryon.planted_faults import (
    FAULTS,
    leaked_collar,
    shifted_hem,
    shortened_sleeve,
    waist_row,
    whole_px_cm,
    widened_waist,
)
from tests.unit.evaluation.tryon.small_row import CUFF, HEM, small_row

from fitroom.contracts import Part


@pytest.mark.parametrize("name", FAULTS)
def test_pixels_change_wherever_the_parse_does_and_rows_stay(name: str) -> None:
    row, untouched = small_row(), small_row()
    worn, parse = FAULTS[name](row)
    assert worn.shape == row["worn"].shape and worn.dtype == parse.dtype == np.uint8
    assert (worn != row["worn"]).any()
    relabelled = parse != row["worn_parse"]
    assert (worn != row["worn"]).any(axis=-1)[relabelled].all()
    assert np.array_equal(row["worn"], untouched["worn"]) and np.array_equal(row["worn_parse"], untouched["worn_parse"])


@pytest.mark.parametrize("name", ["changed-face", "swapped-color"])
def test_looks_change_without_the_parse(name: str) -> None:
    row = small_row()
    worn, parse = FAULTS[name](row)
    part = Part.FACE if name == "changed-face" else Part.TOP
    elsewhere = row["worn_parse"] != part
    assert np.array_equal(parse, row["worn_parse"])
    assert np.array_equal(worn[elsewhere], row["worn"][elsewhere])
    assert np.abs(worn[~elsewhere].astype(int) - row["worn"][~elsewhere]).mean() > 15


@pytest.mark.parametrize("down_cm", [4.0, 1.4, -4.0])
def test_the_hem_moves_by_whole_pixels(down_cm: float) -> None:
    row = small_row()
    worn, parse = shifted_hem(row, down_cm)
    trunk = parse[:, 44:76] == Part.TOP
    hem = HEM + round(down_cm * row["px_per_cm"])
    assert trunk[50:hem].all() and not trunk[hem:].any()
    assert whole_px_cm(row, down_cm) == pytest.approx((hem - HEM) / row["px_per_cm"])
    sleeves = [slice(30, 42), slice(78, 90)]
    assert all(np.array_equal(worn[:, there], row["worn"][:, there]) for there in sleeves)
    below = hem + 2
    assert np.array_equal(worn[below, 50], row["worn"][HEM + 2, 50])


def test_a_hem_beyond_the_picture_is_no_fault_to_plant() -> None:
    with pytest.raises(ValueError, match="no room"):
        shifted_hem(small_row(), 60.0)


@pytest.mark.parametrize(("side", "columns"), [("left", slice(78, 90)), ("right", slice(30, 42))])
def test_the_sleeve_ends_earlier(side: str, columns: slice) -> None:
    row = small_row()
    worn, parse = shortened_sleeve(row, 4.0, side)
    ends = (parse[:, columns] == Part.TOP).sum(axis=0) + 50
    assert np.abs(ends - (CUFF - 6)).max() <= 1
    arm = Part.LEFT_ARM if side == "left" else Part.RIGHT_ARM
    assert (parse[CUFF - 4 : CUFF, columns] == arm).all()
    assert (worn[CUFF - 4 : CUFF, columns] == row["worn"][80, columns.start]).all()
    assert np.array_equal(parse[:, 44:76], row["worn_parse"][:, 44:76])


def test_bottoms_have_no_sleeves() -> None:
    with pytest.raises(ValueError, match="no sleeve"):
        shortened_sleeve(small_row(region="bottom"), 2.0)


def test_the_collar_shows_the_source_garment() -> None:
    row = small_row()
    worn, parse = leaked_collar(row, 2.0)
    leaked = parse != row["worn_parse"]
    assert (parse[leaked] == Part.TOP).all() and (row["worn_parse"][leaked] == Part.NECK_AND_TORSO_SKIN).all()
    assert np.array_equal(np.unique(worn[leaked], axis=0), [row["person"][60, 60]])
    assert leaked.any(axis=1).sum() == 3  # 2 cm at 1.5 px/cm


def test_the_waist_is_wider_by_what_is_said() -> None:
    row = small_row()
    _, parse = widened_waist(row, 4.0)
    widths = (parse == Part.TOP).sum(axis=1) - (row["worn_parse"] == Part.TOP).sum(axis=1)
    assert widths[waist_row(row)] == 6 and widths.max() == 6 and widths.min() == 0
    assert widths[:55].max() == 0
