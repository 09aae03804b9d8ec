"""What is drawn of a body: DensePose's parts, and OpenPose's sticks."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.data.pairs.densepose import NUM_PARTS, charts, part_colors, part_numbers
from fitroom.data.pairs.skeleton import draw_skeleton
from fitroom.wardrobe.bodies.body import BodyPart


def pose(left_hip_x: float, right_hip_x: float) -> np.ndarray:
    points = np.zeros((17, 3))
    points[0, 0], points[11, 0], points[12, 0] = 8, left_hip_x, right_hip_x
    return points


@pytest.mark.parametrize(
    ("hips", "torso", "thigh", "head"), [((12, 4), 2, 10, (23, 24)), ((4, 12), 1, 8, (24, 23))], ids=["front", "back"]
)
def test_halves_are_those_that_face_the_camera(
    hips: tuple[float, float], torso: int, thigh: int, head: tuple[int, int]
) -> None:
    body = np.zeros((4, 16), np.uint8)
    body[0], body[1], body[2] = BodyPart.HEAD, BodyPart.TORSO, BodyPart.LEFT_THIGH
    found = part_numbers(body, pose(*hips))
    assert set(found[1]) == {torso} and set(found[2]) == {thigh} and not found[3].any()
    assert found[0].tolist() == [head[0]] * 8 + [head[1]] * 8


def test_every_part_has_a_number_and_every_number_a_colour() -> None:
    body = np.array([list(BodyPart)], np.uint8)
    both = [part_numbers(body, pose(*hips)) for hips in ((12, 4), (4, 12))]
    assert all((found[0, 1:] > 0).all() for found in both)
    colors = part_colors()
    assert len(np.unique(colors, axis=0)) == NUM_PARTS + 1 and not colors[0].any()


def test_charts_run_from_right_to_left_and_from_feet_to_head() -> None:
    places = np.full((2, 2, 3), np.nan)
    places[0, 0], places[1, 1] = (-0.5, 0, -0.8), (0.5, 0, 0.8)
    uv = charts(places)
    assert (uv[:, 0, 0] < 0.05).all() and (uv[:, 1, 1] > 0.95).all()
    assert not uv[:, 0, 1].any()


def test_sticks_join_what_was_found() -> None:
    points = np.zeros((18, 3))
    points[1], points[2], points[3] = (30, 20, 1), (10, 20, 1), (10, 50, 0)
    picture = draw_skeleton(points, 64, 48)
    assert picture.shape == (64, 48, 3) and picture.dtype == np.uint8
    assert picture[20, 20].any() and not picture[35, 10].any() and not picture[0, 0].any()
