"""Parts, correspondence, depth and keypoints of a body of boxes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.unit.wardrobe.truth.conftest import sheet

from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.studio.camera import project
from fitroom.wardrobe.studio.scene import Camera
from fitroom.wardrobe.truth.maps import HIDDEN, OUTSIDE, VISIBLE, keypoints, undressed


def test_every_part_is_where_its_box_is(model: Any, body: Body, camera: Camera) -> None:
    maps = undressed(model, body, camera)
    assert set(np.unique(maps.body_part)) == set(map(int, BodyPart))
    column = project(camera, np.array([[0.23, 0, 0.97]]))[0, 0]
    columns = np.nonzero(maps.body_part == BodyPart.LEFT_FOREARM)[1]
    assert abs(columns.mean() + 0.5 - column) < 0.5
    assert columns.min() > camera.width_px / 2  # the left arm of someone who faces the camera is on the right


def test_canonical_points_project_on_to_their_own_pixels(model: Any, body: Body, camera: Camera) -> None:
    maps = undressed(model, body, camera)
    there = maps.body_part > 0
    rows, columns = np.nonzero(there)
    # The body stands as the neutral body does, so its canonical point is its own point.
    x, y, depth = project(camera, maps.canonical_m[there]).T
    np.testing.assert_allclose(x, columns + 0.5, atol=1e-2)
    np.testing.assert_allclose(y, rows + 0.5, atol=1e-2)
    np.testing.assert_allclose(depth, maps.depth_m[there], atol=1e-4)
    assert np.isnan(maps.canonical_m[~there]).all()
    assert np.isinf(maps.depth_m[~there]).all()


def test_canonical_points_do_not_move_with_the_body(model: Any, body: Body, camera: Camera) -> None:
    moved = replace(body, vertices_m=body.vertices_m + np.array([0.1, 0, 0]))
    shifted = replace(camera, eye_m=(0.1, -4.0, 0.9), target_m=(0.1, 0.0, 0.9))
    here, there = undressed(model, body, camera), undressed(model, moved, shifted)
    np.testing.assert_array_equal(here.body_part, there.body_part)
    np.testing.assert_allclose(here.canonical_m, there.canonical_m, atol=1e-4)


def test_borders_between_parts_are_blended_before_the_argmax(model: Any, body: Body, camera: Camera) -> None:
    model.part_weights[:] = 0
    high = model.canonical_m[:, 2] > 1.2
    model.part_weights[high, BodyPart.TORSO] = 1
    model.part_weights[~high, BodyPart.LEFT_THIGH] = 1
    maps = undressed(model, body, camera)
    middle = maps.body_part[:, camera.width_px // 2]
    border = np.flatnonzero(np.diff(middle.astype(int)) & (middle[1:] > 0) & (middle[:-1] > 0))
    height_m = maps.canonical_m[border, camera.width_px // 2, 2]
    assert np.abs(height_m - 1.1).min() < 0.02  # half-way up the torso's box, whose corners have one weight each


def test_hair_and_shoes_show_only_before_the_body(model: Any, body: Body, camera: Camera) -> None:
    fringe, behind = sheet("hair", -0.3, 0.1), sheet("shoe", 0.3, 0.1)
    maps = undressed(model, body, camera, [fringe], [behind])
    assert maps.hair.sum() > 50
    assert not maps.shoes.any()
    assert not undressed(model, body, camera).hair.any()


def test_hair_hides_the_face_but_not_the_shoulders(model: Any, body: Body, camera: Camera) -> None:
    curtain = sheet("hair", -0.14, 1.3)
    points = keypoints(body, camera, undressed(model, body, camera, [curtain]))
    assert (points[:5, 2] == HIDDEN).all()
    assert (points[5:7, 2] == VISIBLE).all()


def test_all_keypoints_of_a_standing_body_are_seen(model: Any, body: Body, camera: Camera) -> None:
    points = keypoints(body, camera, undressed(model, body, camera))
    assert points.shape == (17, 3)
    seen = points[:, 2] == VISIBLE
    assert seen.all(), points
    np.testing.assert_allclose(points[:, :2], project(camera, body.keypoints_m)[:, :2], atol=1e-4)


def test_what_is_behind_the_body_is_hidden_from_the_side(model: Any, body: Body) -> None:
    side = Camera((4.0, 0.0, 0.9), (0.0, 0.0, 0.9), 2.0, 200, 150)  # at the person's left
    points = keypoints(body, side, undressed(model, body, side))
    left, right = [5, 7, 9, 11], [6, 8, 10, 12]
    assert (points[[5, 7, 9], 2] == VISIBLE).all(), points[left]
    assert (points[right, 2] == HIDDEN).all(), points[right]


def test_a_keypoint_off_the_picture_is_outside(model: Any, body: Body, camera: Camera) -> None:
    close = replace(camera, target_m=(0.0, 0.0, 1.4), eye_m=(0.0, -4.0, 1.4), height_m=0.9)
    points = keypoints(body, close, undressed(model, body, close))
    assert (points[13:, 2] == OUTSIDE).all()
    assert points[0, 2] == VISIBLE


@pytest.mark.parametrize(("gap_m", "visibility"), [(0.03, VISIBLE), (0.4, HIDDEN)])
def test_cloth_on_the_skin_hides_no_joint_but_cloth_far_before_it_does(
    model: Any, body: Body, camera: Camera, gap_m: float, visibility: int
) -> None:
    maps = undressed(model, body, camera)
    points = keypoints(body, camera, maps, maps.depth_m - np.float32(gap_m))
    assert (points[[5, 6, 13, 14], 2] == visibility).all()


def test_a_depth_of_another_size_is_refused(model: Any, body: Body, camera: Camera) -> None:
    with pytest.raises(ConfigError, match="differ in size"):
        keypoints(body, camera, undressed(model, body, camera), np.zeros((3, 3), np.float32))


def test_an_empty_picture_has_no_parts(model: Any, body: Body) -> None:
    away = Camera((0.0, -4.0, 9.0), (0.0, 0.0, 9.0), 0.5, 20, 20)
    maps = undressed(model, body, away)
    assert not maps.body_part.any()
    assert not keypoints(body, away, maps)[:, 2].any()
