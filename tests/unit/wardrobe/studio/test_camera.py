"""Cameras: pixels and points agree both ways, and framings hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitroom.errors import ConfigError
from fitroom.wardrobe.studio.camera import directions, frame_camera, project, rays
from fitroom.wardrobe.studio.scene import Camera

FRONT = Camera((0.0, -4.0, 1.0), (0.0, 0.0, 1.0), 2.0, 200, 100)


def test_target_is_the_centre_and_left_hand_is_on_the_right() -> None:
    seen = project(FRONT, np.array([[0, 0, 1], [0.25, 0, 1], [0, 0, 1.5], [0, 1, 1]]))
    np.testing.assert_allclose(seen, [[50, 100, 4], [75, 100, 4], [50, 50, 4], [50, 100, 5]], atol=1e-9)


@given(
    x=st.floats(0, 100), y=st.floats(0, 200), depth=st.floats(0.5, 9), yaw=st.floats(-3, 3), lift=st.floats(-0.5, 1.5)
)
def test_a_ray_walked_to_its_depth_projects_back(x: float, y: float, depth: float, yaw: float, lift: float) -> None:
    camera = Camera((4 * np.sin(yaw), -4 * np.cos(yaw), 1.0 + lift), (0.1, 0.2, 1.0), 2.0, 200, 100)
    ray = directions(camera, np.array([x]), np.array([y]))[0].astype(np.float64)
    seen = project(camera, (np.array(camera.eye_m) + depth * ray)[None])[0]
    np.testing.assert_allclose(seen, [x, y, depth], rtol=1e-4, atol=2e-3)


def test_subsamples_average_to_the_pixel_centre() -> None:
    fine = rays(FRONT, 2).reshape(200, 2, 100, 2, 3).mean((1, 3))
    np.testing.assert_allclose(fine, rays(FRONT), atol=1e-6)


def _person() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    vertices = rng.uniform([-0.3, -0.15, 0.0], [0.3, 0.15, 1.75], (4000, 3))
    keypoints = np.zeros((17, 3))
    keypoints[[5, 6], 2], keypoints[[11, 12], 2], keypoints[[13, 14], 2] = 1.45, 0.95, 0.5
    return vertices, keypoints


@pytest.mark.parametrize("yaw_deg", [0.0, 35.0, -90.0])
@pytest.mark.parametrize("framing", ["upper", "lower", "full"])
def test_framing(framing: str, yaw_deg: float) -> None:
    vertices, keypoints = _person()
    for seed in range(5):
        camera = frame_camera(vertices, keypoints, framing, yaw_deg, 256, 192, np.random.default_rng(seed))  # type: ignore[arg-type]
        crown, knee, belly, floor = project(camera, np.array([[0, 0, z] for z in (1.75, 0.5, 1.15, 0.0)]))[:, 1]
        assert (crown > 0) == (framing != "lower")
        assert (floor < 256) == (framing != "upper")
        assert (knee < 256) == (framing != "upper")
        assert 0 < belly < 256
        offset = np.subtract(camera.eye_m, camera.target_m)
        assert 3.4 < np.hypot(offset[0], offset[1]) < 5.1
        assert np.rad2deg(np.arctan2(offset[0], -offset[1])) == pytest.approx(yaw_deg, abs=0.01)


def test_full_framing_holds_spread_arms() -> None:
    vertices, keypoints = _person()
    vertices = np.concatenate([vertices, [[-0.85, 0, 1.4], [0.85, 0, 1.4]]])
    camera = frame_camera(vertices, keypoints, "full", 0.0, 256, 192, np.random.default_rng(0))
    x = project(camera, vertices)[:, 0]
    assert x.min() > 0 and x.max() < 192


def test_bad_framing_and_blind_camera_are_errors() -> None:
    vertices, keypoints = _person()
    with pytest.raises(ConfigError, match="unknown framing"):
        frame_camera(vertices, keypoints, "half", 0.0, 64, 64, np.random.default_rng(0))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="looks at itself"):
        project(Camera((0, 0, 0), (0, 0, 0), 1.0, 8, 8), np.zeros((1, 3)))
