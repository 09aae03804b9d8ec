"""Labels of fit and length from readings, the parts that count as a garment, and how well borders lie on each other."""

from typing import Any

import numpy as np
import pytest
from tests.unit.metrics.fit.drawn_figures import HIP_Y, MIDDLE, PX_PER_CM, SHOULDER_Y, Figure, pose, seen

from fitroom.contracts import Part
from fitroom.errors import EvaluationError
from fitroom.metrics.fit.borders import boundary_f, iou
from fitroom.metrics.fit.labels import (
    PLACES,
    VISIBLE_CM,
    body_widths,
    fit_that_shows,
    visible_ease_cm,
    visible_fit,
    visible_lengths,
)
from fitroom.metrics.fit.readings import Reading, read_all
from fitroom.metrics.fit.scene import Pose, garment_parts, kind_of, seen_in_parse, taken_for
from fitroom.wardrobe.bodies.body import BodyPart
from fitroom.wardrobe.truth.lengths import hem_window

BODY_CM = 24.0


def body() -> np.ndarray:
    """(H, W) of BodyPart: a trunk of 24 cm."""
    part = np.zeros(seen(Figure()).parse.shape, np.uint8)
    left, right = (round((MIDDLE + side * BODY_CM / 2) * PX_PER_CM) for side in (-1, 1))
    part[round((SHOULDER_Y - 3) * PX_PER_CM) : round((HIP_Y + 20) * PX_PER_CM), left:right] = BodyPart.TORSO
    return part


@pytest.mark.parametrize("ease_cm", [0.5, 3.0, 7.0])
def test_visible_ease_is_garment_less_body(ease_cm: float) -> None:
    figure = Figure(width=BODY_CM + ease_cm)
    widths = body_widths(body(), pose(), "top")
    ease = visible_ease_cm(read_all(seen(figure), pose(), "top", True), widths)
    assert ease == pytest.approx(dict.fromkeys(PLACES, ease_cm), abs=0.15)
    assert list(body_widths(body(), pose(), "trousers")) == ["waist", "hip"]


def test_ease_becomes_tight_regular_or_loose() -> None:
    low, high = VISIBLE_CM["waist"]
    said = [visible_fit({"waist": value})["waist"] for value in (low - 0.1, (low + high) / 2, high + 0.1)]
    assert said == ["tight", "regular", "loose"]
    assert visible_fit({"chest": float("nan"), "hip": 99.0}) == {"hip": "loose"}


def test_behind_an_arm_only_a_loose_fit_shows() -> None:
    body_cm = {"hip": Reading(np.full(4, BODY_CM))}

    def shows(least_cm: float) -> dict[str, str]:
        return fit_that_shows({"hip": Reading(np.full(4, np.nan), np.full(4, BODY_CM + least_cm))}, body_cm)

    _, high = VISIBLE_CM["hip"]
    assert shows(high + 0.1) == {"hip": "loose"} and shows(high - 0.1) == {} == shows(-3.0)
    assert fit_that_shows({"hip": Reading(np.full(4, BODY_CM), np.full(4, 99.0))}, body_cm) == {"hip": "tight"}


def row(**changes: Any) -> dict[str, Any]:
    """A t-shirt whose hem lies in the middle of its window."""
    known = {
        "category": "t-shirt", "region": "top", "length": "regular", "sleeve": "short", "lengths_cm": {},
        "body_cm": {"inseam": 78.0, "sleeve": 56.0}, "keypoints": pose().keypoints, "px_per_cm": PX_PER_CM,
    }  # fmt: skip
    return known | changes


def test_a_hem_further_down_than_its_window_is_too_long() -> None:
    window = hem_window("t-shirt", "regular")
    assert window is not None
    above = {"crotch": 0.0, "hip": 4.5, "waist": 20.5}
    low, high = (78.0 + above[mark] + more for mark, more in window)
    case = row(lengths_cm={"hem": (low + high) / 2})
    at = {shift: {"hem": Reading(np.full(4, 60.0 + shift))} for shift in (0.0, high - low, low - high)}
    assert visible_lengths(case, at[0.0], at[0.0]) == {"hem": "right"}
    assert visible_lengths(case, at[high - low], at[0.0]) == {"hem": "too long"}
    assert visible_lengths(case, at[low - high], at[0.0]) == {"hem": "too short"}
    assert visible_lengths(case, at[0.0], {"hem": Reading(np.full(4, np.nan))}) == {}


def test_a_long_sleeve_that_ends_before_its_window_is_too_short() -> None:
    true = {"sleeve": Reading(np.array([54.0, 54.0]))}
    case = row(sleeve="long", lengths_cm={"left_sleeve": 1.0, "left_sleeve_share": 1.02})
    shorter, longer = ({"sleeve": Reading(np.array([54.0 + by] * 2))} for by in (-20.0, 20.0))
    assert visible_lengths(case, shorter, true)["sleeve"] == "too short"
    assert visible_lengths(case, longer, true)["sleeve"] == "too long"


@pytest.mark.parametrize(
    ("category", "region", "kind"),
    [("t-shirt", "top", "top"), ("coat", "outerwear", "outerwear"), ("dress", "dress", "dress"),
     ("skirt", "bottom", "skirt"), ("shorts", "bottom", "shorts"), ("jeans", "bottom", "trousers")],
)  # fmt: skip
def test_kinds(category: str, region: str, kind: str) -> None:
    assert kind_of(category, region) == kind


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(EvaluationError, match="unknown region"):
        kind_of("cap", "head")


def test_parts_that_the_truth_does_not_show_may_stand_for_the_garment() -> None:
    parse = np.full((50, 40), Part.TOP, np.uint8)
    assert set(garment_parts("top", parse)) == {Part.TOP, Part.OUTERWEAR, Part.DRESS, Part.JUMPSUIT}
    parse[:20] = Part.OUTERWEAR
    assert Part.OUTERWEAR not in garment_parts("top", parse)


def test_a_label_that_is_shown_elsewhere_counts_away_from_there() -> None:
    parse = np.full((100, 60), Part.OUTERWEAR, np.uint8)
    assert taken_for("outerwear", parse, 2.0) == {}
    parse[:10] = Part.TOP  # a shirt at the neck
    (where,) = taken_for("outerwear", parse, 2.0).values()
    assert Part.TOP not in garment_parts("outerwear", parse)
    assert not where[:18].any() and where[18:].all()


def test_an_exact_parse_is_seen_as_zeros_and_ones() -> None:
    parse = np.array([[Part.TOP, Part.LEFT_ARM], [Part.RIGHT_LEG, Part.DRESS]], np.uint8)
    shown = seen_in_parse(parse, (Part.TOP, Part.DRESS))
    assert shown.garment_unit.tolist() == [[1, 0], [0, 1]]
    assert shown.arms_unit.tolist() == [[0, 1], [0, 0]] and shown.legs_unit.tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize(("shape", "scale"), [((18, 3), 2.0), ((17, 3), 0.0)])
def test_a_pose_that_is_none(shape: tuple[int, int], scale: float) -> None:
    with pytest.raises(EvaluationError, match="pose"):
        Pose(np.zeros(shape), scale)


def test_overlap_and_borders() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[10:30, 10:30] = 1
    shifted = np.roll(mask, 2, axis=1)
    empty = np.zeros_like(mask)
    assert iou(mask, mask) == boundary_f(mask, mask, 1.0) == iou(empty, empty) == boundary_f(empty, empty, 1.0) == 1
    assert iou(mask, shifted) == pytest.approx(18 / 22)
    assert iou(mask, empty) == boundary_f(mask, empty, 1.0) == 0
    # Two px away: half the border (the rows along the shift) still lies within 1 px, all of it within 2 px.
    assert boundary_f(mask, shifted, 2.0) == 1.0 and 0.4 < boundary_f(mask, shifted, 1.0) < 0.6
