"""Drawn figures of known measures are read to a tenth of a centimetre, and what cannot be seen is not read."""

import dataclasses

import numpy as np
import pytest
from tests.unit.metrics.fit.drawn_figures import HIP_Y, MIDDLE, SHOULDER_Y, Figure, cropped, pose, seen

from fitroom.metrics.fit.readings import MEASURES, OF_KIND, WIDTHS, Reading, difference_cm, read_all
from fitroom.metrics.fit.scene import Seen

CHEST, WAIST, HIP = 15.0, 36.0, 50.0  # cm below the shoulder joints
TOP = Figure()
TROUSERS = Figure(hem=41.7, width=34.0, kind="trousers")


def read(figure: Figure | Seen, kind: str = "top") -> dict[str, Reading]:
    return read_all(figure if isinstance(figure, Seen) else seen(figure), pose(), kind, has_sleeves=True)


@pytest.mark.parametrize(
    "figure",
    [
        TOP,
        TOP.changed(hem=52.85, width=26.4, neckline=8.3, shoulder=-2.6, sleeve=14.15),
        TOP.changed(hem=71.1, flare=0.1, neckline=3.0, sleeve=50.3),
    ],
    ids=["regular", "short", "flared"],
)
def test_a_top_is_read_to_a_tenth_of_a_centimetre(figure: Figure) -> None:
    readings = read(figure)
    expected = {
        "hem": figure.hem, "sleeve": figure.sleeve, "shoulder": figure.shoulder, "neckline": figure.neckline,
        "chest": figure.width_at(CHEST), "waist": figure.width_at(WAIST), "hip": figure.width_at(HIP),
        "hem_width": figure.width_at(figure.hem - 3),
    }  # fmt: skip
    assert list(expected) == list(MEASURES)
    assert {name: readings[name].cm for name in MEASURES} == pytest.approx(expected, abs=0.1)


def test_trousers_are_read_along_the_legs() -> None:
    readings = read(TROUSERS, "trousers")
    assert tuple(readings) == OF_KIND["trousers"] and "sleeve" not in readings
    assert readings["hem"].cm == pytest.approx(TROUSERS.hem, abs=0.1)
    assert readings["hip"].cm == pytest.approx(34.0, abs=0.1)
    shorter = read(TROUSERS.changed(hem=31.7), "trousers")
    assert difference_cm(shorter["hem"], readings["hem"]) == pytest.approx(-10, abs=0.1)


@pytest.mark.parametrize(
    ("measure", "change_cm"),
    [("hem", 0.1), ("hem", -0.2), ("sleeve", 0.2), ("neckline", 0.15), ("shoulder", -0.2)],
)
def test_shifts_below_a_pixel_are_read(measure: str, change_cm: float) -> None:
    before, after = read(TOP), read(TOP.changed(**{measure: getattr(TOP, measure) + change_cm}))
    assert difference_cm(after[measure], before[measure]) == pytest.approx(change_cm, abs=0.08)
    still = {name for name in MEASURES if abs(difference_cm(after[name], before[name])) < 0.03}
    assert still >= set(MEASURES) - {measure}


def test_a_width_below_a_pixel_is_read() -> None:
    before, after = read(TOP), read(TOP.changed(width=TOP.width + 0.3))
    for name in ("chest", "waist", "hip", "hem_width"):
        assert difference_cm(after[name], before[name]) == pytest.approx(0.3, abs=0.15)


def test_a_hem_behind_a_hand_is_not_read() -> None:
    end = SHOULDER_Y + TOP.hem
    hand = seen(TOP, left_arm=(MIDDLE - 11, end - 4, MIDDLE + 11, end + 4))
    assert np.isnan(read(hand)["hem"].cm) and np.isnan(read(hand)["hem_width"].cm)
    assert read(hand)["waist"].cm == pytest.approx(TOP.width, abs=0.1)


def test_beside_a_small_hand_the_rest_of_the_hem_is_read() -> None:
    end = SHOULDER_Y + TOP.hem
    hand = seen(TOP, left_arm=(MIDDLE + 4, end - 4, MIDDLE + 11, end + 4))
    assert read(hand)["hem"].cm == pytest.approx(TOP.hem, abs=0.1)
    assert np.isnan(read(hand)["hem"].stations_cm).any()


def test_a_hem_below_the_picture_is_not_read() -> None:
    picture = cropped(seen(TOP), SHOULDER_Y + TOP.hem - 2)
    assert np.isnan(read(picture)["hem"].cm)
    assert read(picture)["neckline"].cm == pytest.approx(TOP.neckline, abs=0.1)


def test_a_hem_below_the_picture_is_as_far_down_at_least_as_the_border() -> None:
    """It differs by that much from one that is seen whole; read otherwise, it is taken for one that is not there."""
    true, longer = (cropped(seen(figure), SHOULDER_Y + TOP.hem + 8) for figure in (TOP, TOP.changed(hem=TOP.hem + 20)))
    assert difference_cm(read(longer)["hem"], read(true)["hem"]) == pytest.approx(8, abs=0.2)
    assert difference_cm(read(longer)["hem_width"], read(true)["hem_width"]) == pytest.approx(0, abs=0.1)
    assert np.isnan(difference_cm(read(true)["hem"], read(longer)["hem"])), "such a truth does not judge"
    widths_only = read_all(longer, pose(), "top", has_sleeves=True, as_far_as_seen=WIDTHS)
    for name in ("hem", "hem_width"):
        assert difference_cm(widths_only[name], read(true)[name]) == pytest.approx(-read(true)[name].cm, abs=0.01)


def test_widths_end_where_the_arm_begins() -> None:
    """A border that lies within reach of the arm cannot be told from its sleeve's."""
    readings = read(TOP.changed(width=60.0))
    assert np.isnan(readings["waist"].cm)


def test_a_garment_that_goes_out_of_sight_is_as_wide_at_least_as_it_is_seen() -> None:
    """As wide as the arms let it be seen, it differs by that much; it is not taken for one that is not there."""
    true, wide, wider = (read(TOP.changed(width=width))["waist"] for width in (TOP.width, 60.0, 70.0))
    assert np.isnan(wider.cm) and wider.at_least_cm == pytest.approx(wide.at_least_cm, abs=0.5)
    assert difference_cm(wider, true) == pytest.approx(wider.at_least_cm - TOP.width, abs=0.1)
    assert true.at_least_cm == true.cm and np.isnan(difference_cm(true, wider)), "such a truth does not judge"


def test_what_is_hidden_before_the_true_border_says_nothing_and_what_is_read_goes_before() -> None:
    true = Reading(np.full(4, 20.0))
    behind = Reading(np.full(4, np.nan), np.array([15.0, 22.0, np.nan, np.nan]))
    assert difference_cm(behind, true) == 1.0
    assert difference_cm(Reading(np.full(4, np.nan), np.array([15.0, *[np.nan] * 3])), true) == 0.0
    assert difference_cm(Reading(np.array([19.0, *[np.nan] * 3]), np.array([np.nan, 30.0, 30.0, 30.0])), true) == -1.0


def test_hair_over_the_neckline_hides_it() -> None:
    hair = seen(TOP, hair=(MIDDLE - 6, SHOULDER_Y, MIDDLE + 6, SHOULDER_Y + 12))
    assert np.isnan(read(hair)["neckline"].cm)


def test_specks_are_ignored() -> None:
    dirty = seen(TOP, top=(MIDDLE - 1, 140, MIDDLE + 1, 142))
    before = read(TOP)
    for name, reading in read(dirty).items():
        assert difference_cm(reading, before[name]) == 0


@pytest.mark.parametrize(("figure", "kind"), [(TOP, "top"), (TROUSERS, "trousers")])
def test_a_picture_differs_from_itself_by_nothing(figure: Figure, kind: str) -> None:
    first, second = read(figure, kind), read(figure, kind)
    assert {name: difference_cm(first[name], second[name]) for name in first} == dict.fromkeys(first, 0.0)


@pytest.mark.parametrize(("figure", "kind"), [(TOP, "top"), (TROUSERS, "trousers")])
def test_a_garment_that_is_not_there_counts_with_its_whole_extent(figure: Figure, kind: str) -> None:
    whole = seen(figure)
    bare = dataclasses.replace(whole, garment_unit=np.zeros_like(whole.garment_unit))
    true = read(figure, kind)
    for name, reading in read(bare, kind).items():
        assert difference_cm(reading, true[name]) == pytest.approx(-max(abs(true[name].cm), 1.0), abs=0.01), name


def test_what_the_truth_does_not_show_is_not_judged() -> None:
    unknown = Reading(np.full(4, np.nan))
    assert np.isnan(difference_cm(Reading(np.ones(4)), unknown))
    assert np.isnan(Reading(np.array([1.0, *[np.nan] * 4])).cm) and Reading(np.array([1.0, np.nan])).cm == 1.0


def test_only_stations_read_in_both_are_compared() -> None:
    true, predicted = Reading(np.array([1.0, 2.0, np.nan, 4.0])), Reading(np.array([np.nan, 2.5, 9.0, 4.5]))
    assert difference_cm(predicted, true) == 0.5


def test_no_sleeve_is_read_of_a_garment_without() -> None:
    picture = seen(TOP.changed(sleeve=0.0))
    assert "sleeve" not in read_all(picture, pose(), "top", has_sleeves=False)
    assert difference_cm(read(picture)["sleeve"], read(TOP)["sleeve"]) == pytest.approx(-TOP.sleeve, abs=2.5)


def test_hips_lie_where_the_figure_says() -> None:
    assert pose().middle((11, 12))[1] == HIP_Y * pose().px_per_cm and pose().shoulder_px == 72
