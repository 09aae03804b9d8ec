"""Where the camera stands, and the way from points in the world to pixels and back.

Pixel (row i, column j) covers x in [j, j + 1], y in [i, i + 1]; its centre is (j + 0.5, i + 0.5).
"""

from __future__ import annotations

import numpy as np

from fitroom.contracts import HIPS, KNEES, SHOULDERS
from fitroom.errors import ConfigError
from fitroom.wardrobe.plan import Framing
from fitroom.wardrobe.studio.scene import Camera


def axes(camera: Camera) -> np.ndarray:
    """(3, 3) float64 unit rows: right, up, forward, in world axes."""
    forward = np.subtract(camera.target_m, camera.eye_m).astype(np.float64)
    distance = np.linalg.norm(forward)
    if distance < 1e-6:
        raise ConfigError("the camera looks at itself", where="Camera", rule="eye_m and target_m differ", got=camera)
    forward /= distance
    upright = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, upright)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(right, forward), forward])


def distance_m(camera: Camera) -> float:
    """From the eye to the target."""
    return float(np.linalg.norm(np.subtract(camera.target_m, camera.eye_m)))


def pixel_m(camera: Camera) -> float:
    """Width of a pixel at a depth of 1 m."""
    return camera.height_m / camera.height_px / distance_m(camera)


def project(camera: Camera, points_m: np.ndarray) -> np.ndarray:
    """World to picture.

    Args:
        camera: what looks.
        points_m: (N, 3).

    Returns:
        (N, 3) float64: x and y in px, depth along the camera's axis in m (points behind the eye have depth <= 0 and
        no meaningful x and y).
    """
    local = (np.asarray(points_m, np.float64) - camera.eye_m) @ axes(camera).T
    depth = local[:, 2]
    scale = 1.0 / (pixel_m(camera) * np.where(np.abs(depth) < 1e-9, 1e-9, depth))
    x_px = camera.width_px / 2 + local[:, 0] * scale
    y_px = camera.height_px / 2 - local[:, 1] * scale
    return np.stack([x_px, y_px, depth], 1)


def directions(camera: Camera, x_px: np.ndarray, y_px: np.ndarray) -> np.ndarray:
    """Rays through points of the picture, scaled to length 1 along the axis, so that ray parameter = depth.

    Args:
        camera: what looks.
        x_px, y_px: arrays of one shape S.

    Returns:
        S + (3,) float32.
    """
    right, up, forward = axes(camera).astype(np.float32)
    scale = np.float32(pixel_m(camera))
    across = (np.asarray(x_px, np.float32) - np.float32(camera.width_px / 2)) * scale
    upward = (np.float32(camera.height_px / 2) - np.asarray(y_px, np.float32)) * scale
    return across[..., None] * right + upward[..., None] * up + forward


def rays(camera: Camera, subsamples: int = 1) -> np.ndarray:
    """(H * subsamples, W * subsamples, 3) float32: :func:`directions` through a regular grid of the picture."""
    x_px = (np.arange(camera.width_px * subsamples, dtype=np.float32) + 0.5) / subsamples
    y_px = (np.arange(camera.height_px * subsamples, dtype=np.float32) + 0.5) / subsamples
    return directions(camera, *np.meshgrid(x_px, y_px))


def frame_camera(
    vertices_m: np.ndarray,
    keypoints_m: np.ndarray,
    framing: Framing,
    yaw_deg: float,
    height_px: int,
    width_px: int,
    rng: np.random.Generator,
) -> Camera:
    """A camera as in a fashion shop, with small natural variation.

    Args:
        vertices_m: (V, 3) body surface, floor at z = 0.
        keypoints_m: (17, 3) COCO joints.
        framing: "upper" = head to mid-thigh, "lower" = chest to feet, "full" = all.
        yaw_deg: the camera walks round the person by this; 0 = in front (-y), 90 = at the person's left (+x).
        height_px, width_px: size of the picture.
        rng: varies margins, distance (3.5-5 m), height of the eye and aim.
    """
    bottom, top = _vertical_range(vertices_m, keypoints_m, framing, rng)
    yaw = np.deg2rad(yaw_deg)
    outward = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
    right = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    inside = vertices_m[(vertices_m[:, 2] > bottom) & (vertices_m[:, 2] < top)]
    if len(inside) == 0:
        raise ConfigError("no part of the body lies in the frame", where="frame_camera", got=(bottom, top))
    across = inside @ right
    widest = 1.06 * float(across.max() - across.min()) * height_px / width_px
    limit = top - bottom if framing == "lower" else 1.2 * (top - bottom)
    height_m = max(top - bottom, widest if framing == "full" else min(widest, limit))
    middle = (across.max() + across.min()) / 2 + rng.uniform(-0.01, 0.01) * height_m
    depth = np.median(vertices_m @ outward)
    target_z = top - height_m / 2 if framing == "upper" else bottom + height_m / 2
    target = middle * right + depth * outward + np.array([0.0, 0.0, target_z])
    eye_z = 0.65 * target_z + 0.35 * rng.uniform(1.0, 1.5)
    eye = target + rng.uniform(3.5, 5.0) * outward
    eye[2] = eye_z
    return Camera(_triple(eye), _triple(target), float(height_m), height_px, width_px)


def _vertical_range(
    vertices_m: np.ndarray, keypoints_m: np.ndarray, framing: Framing, rng: np.random.Generator
) -> tuple[float, float]:
    crown, floor = float(vertices_m[:, 2].max()), float(vertices_m[:, 2].min())
    shoulder, hip, knee = (float(keypoints_m[pair, 2].mean()) for pair in (SHOULDERS, HIPS, KNEES))
    above = crown + rng.uniform(0.06, 0.10) * (crown - floor) / 1.7
    below = floor - rng.uniform(0.05, 0.10)
    if framing == "upper":
        return hip + rng.uniform(0.45, 0.65) * (knee - hip), above
    if framing == "lower":
        return below, hip + rng.uniform(0.55, 0.75) * (shoulder - hip)
    if framing == "full":
        return below, above
    raise ConfigError("unknown framing", where="frame_camera", rule="upper, lower or full", got=framing)


def _triple(point: np.ndarray) -> tuple[float, float, float]:
    return float(point[0]), float(point[1]), float(point[2])
