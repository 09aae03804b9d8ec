"""Hems, sleeve ends and shoulder seams of a garment of known geometry on a body of boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.unit.wardrobe.truth.conftest import cloth

from fitroom.wardrobe.bodies.body import Body
from fitroom.wardrobe.patterns.pattern import Design
from fitroom.wardrobe.truth.lengths import length_labels, lengths

HEIGHTS = {"waist": 105.0, "hip": 88.0, "crotch": 78.0}
KNEE, ANKLE = 47.0, 9.0


def design(category: str, length: str = "regular", sleeve: str = "none") -> Design:
    return Design(0, category, "top", "male", "straight", sleeve, "none", length, {})  # type: ignore[arg-type]


def ring(centre: tuple[float, float, float], axis: int = 2, radius: float = 0.05) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    across = [k for k in range(3) if k != axis]
    points = np.tile(np.array(centre, float), (12, 1))
    points[:, across[0]] += radius * np.cos(angle)
    points[:, across[1]] += radius * np.sin(angle)
    return points


@pytest.fixture
def shirt() -> tuple[Any, np.ndarray]:
    """A hem at 80 cm, cuffs 3 cm above the left wrist and 2 cm below the right one, armholes 1 cm beyond the joints."""
    rings = {
        "hem": ring((0, 0, 0.80)),
        "left_cuff": ring((0.20, 0, 0.88)),
        "right_cuff": ring((-0.20, 0, 0.83)),
        "left_armhole": ring((0.21, 0, 1.30), axis=0),
        "right_armhole": ring((-0.21, 0, 1.30), axis=0),
    }
    loops = {name: np.arange(12) + 12 * i for i, name in enumerate(rings)}
    mesh = cloth(loops=loops, limb=np.zeros(60, np.int8), faces=np.zeros((0, 3), int))
    return mesh, np.concatenate(list(rings.values()))


def test_ends_are_where_they_were_put(model: Any, body: Body, shirt: tuple[Any, np.ndarray]) -> None:
    found = lengths(*shirt, model, body)
    expected = {
        "hem": 80, "hem_low": 80, "hem_high": 80, "hem_below_neck": 60, "left_sleeve": -3, "right_sleeve": 2,
        "left_sleeve_share": 48 / 51, "right_sleeve_share": 53 / 51, "left_shoulder": 1, "right_shoulder": 1,
    }  # fmt: skip
    assert found == pytest.approx(expected, abs=2e-3)


def test_the_seam_of_a_set_in_sleeve_is_where_its_faces_meet_the_body_s(model: Any, body: Body) -> None:
    vertices = np.array([(0.1, 0, 1.4), (0.22, 0, 1.35), (0.1, 0, 1.2), (0.22, 0, 1.2), (0.4, 0, 1.3)])
    mesh = cloth(loops={}, limb=np.array([0, 0, 0, 0, 1], np.int8), faces=np.array([[0, 1, 2], [1, 3, 2], [1, 4, 3]]))
    assert lengths(mesh, vertices, model, body) == {"left_shoulder": pytest.approx(2.0)}


def test_trousers_end_at_the_mean_of_both_legs(model: Any, body: Body) -> None:
    vertices = np.concatenate([ring((0.1, 0, 0.10)), ring((-0.1, 0, 0.06))])
    loops = {"left_leg": np.arange(12), "right_leg": np.arange(12, 24), "waist": np.arange(3)}
    mesh = cloth(loops=loops, limb=np.zeros(24, np.int8), faces=np.zeros((0, 3), int))
    found = lengths(mesh, vertices, model, body)
    assert (found["hem"], found["hem_low"], found["hem_high"]) == pytest.approx((8, 6, 10))
    assert "left_sleeve" not in found


def test_a_hem_in_several_chains_counts_whole(model: Any, body: Body) -> None:
    vertices = np.concatenate([ring((0, 0, 0.9)), ring((0, 0, 0.7))])
    loops = {"hem": np.arange(12), "hem_2": np.arange(12, 24)}
    mesh = cloth(loops=loops, limb=np.zeros(24, np.int8), faces=np.zeros((0, 3), int))
    assert lengths(mesh, vertices, model, body)["hem"] == pytest.approx(80)


@pytest.mark.parametrize(
    ("category", "length", "hem", "label"),
    [
        ("t-shirt", "regular", 96, "too short"),
        ("t-shirt", "regular", 80, "right"),
        ("t-shirt", "regular", 65, "too long"),
        ("t-shirt", "cropped", 100, "right"),
        ("trousers", "regular", 5, "right"),
        ("trousers", "regular", 20, "too short"),
        ("trousers", "regular", 0.1, "too long"),
        ("dress", "midi", 30, "right"),
        ("dress", "mini", 30, "too long"),
        ("skirt", "maxi", 40, "too short"),
        ("shorts", "regular", 55, "right"),
        ("coat", "regular", 50, "right"),
    ],
)
def test_hems_are_judged_by_what_the_design_means(category: str, length: str, hem: float, label: str) -> None:
    assert length_labels({"hem": hem}, design(category, length), HEIGHTS, KNEE, ANKLE) == {"hem": label}


@pytest.mark.parametrize(("end", "label"), [(-6, "too short"), (0, "right"), (6, "too long")])
def test_long_sleeves_are_judged_by_the_wrist(end: float, label: str) -> None:
    ends = {"left_sleeve": end, "right_sleeve": end, "left_sleeve_share": 1 + end / 50, "right_sleeve_share": 1}
    assert length_labels(ends, design("shirt", "odd", "long"), HEIGHTS, KNEE, ANKLE) == {"sleeve": label}


def test_short_sleeves_are_judged_by_their_share_of_the_arm() -> None:
    ends = {"left_sleeve": -35.0, "left_sleeve_share": 0.3}
    assert length_labels(ends, design("t-shirt", "odd", "short"), HEIGHTS, KNEE, ANKLE) == {"sleeve": "right"}
    ends = {"left_sleeve": -22.0, "left_sleeve_share": 0.6}
    assert length_labels(ends, design("t-shirt", "odd", "short"), HEIGHTS, KNEE, ANKLE) == {"sleeve": "too long"}


def test_without_a_window_or_a_landmark_nothing_is_said() -> None:
    assert length_labels({"hem": 80}, design("t-shirt", "odd"), HEIGHTS, KNEE, ANKLE) == {}
    assert length_labels({"hem": 80}, design("t-shirt"), {}, KNEE, ANKLE) == {}
