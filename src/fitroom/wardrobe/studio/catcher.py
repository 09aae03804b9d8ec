"""The shadow that the subject throws on the plane it stands on or lies against."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from fitroom.wardrobe.studio import camera as cameras
from fitroom.wardrobe.studio.occlusion import Points, visibility
from fitroom.wardrobe.studio.sampler import Rig
from fitroom.wardrobe.studio.scene import Camera
from fitroom.wardrobe.studio.stage import ShadowPlane
from fitroom.wardrobe.studio.tracer import Tracer

_MARGIN_M = 0.9
_CELLS = 72  # along the longer side of the patch that is measured


def shadow(tracer: Tracer, camera: Camera, rig: Rig, plane: ShadowPlane) -> np.ndarray:
    """(H, W, 3) float32 factor on the backdrop in [0, 1]: light that reaches the plane over light in the open."""
    size = (camera.height_px, camera.width_px)
    grid = cameras.rays(camera).astype(np.float64)
    normal = np.array(plane.normal)
    height = float(np.dot(np.subtract(plane.point_m, camera.eye_m), normal))
    along = grid @ normal
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = height / along
    meets = np.isfinite(depth) & (depth > 0.05)
    out = np.ones((*size, 3), np.float32)
    u_axis, v_axis = _plane_axes(normal)
    base = np.array([tracer.vertices_m @ u_axis, tracer.vertices_m @ v_axis])
    clearance = (tracer.vertices_m - np.asarray(plane.point_m)) @ normal
    margin = _MARGIN_M if clearance.max() > 0.5 else 0.25
    close = base[:, clearance < 0.5]
    if not meets.any() or close.shape[1] == 0:
        return out
    low, high = close.min(1) - margin, close.max(1) + margin
    points = np.asarray(camera.eye_m) + depth[meets][:, None] * grid[meets]
    u, v = points @ u_axis, points @ v_axis
    inside = (u > low[0]) & (u < high[0]) & (v > low[1]) & (v < high[1])
    if not inside.any():
        return out
    step = float((high - low).max()) / _CELLS
    patch = _patch(tracer, rig, plane, (u_axis, v_axis), low, high, step)
    where = np.stack([(v[inside] - low[1]) / step, (u[inside] - low[0]) / step])
    factor = np.stack([map_coordinates(patch[..., k], where, order=1, mode="nearest") for k in range(3)], 1)
    rows = np.flatnonzero(meets.ravel())[inside]
    out.reshape(-1, 3)[rows] = 1.0 - plane.strength * (1.0 - factor)
    return out


def _plane_axes(normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    other = np.array([0.0, 1.0, 0.0]) if abs(normal[2]) > 0.7 else np.array([0.0, 0.0, 1.0])
    u_axis = np.cross(other, normal)
    u_axis /= np.linalg.norm(u_axis)
    return u_axis, np.cross(normal, u_axis)


def _patch(
    tracer: Tracer,
    rig: Rig,
    plane: ShadowPlane,
    plane_axes: tuple[np.ndarray, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    step: float,
) -> np.ndarray:
    """(R, C, 3) float64 factor over a grid of the plane from ``low`` on; fades to 1 at the rim."""
    count = np.ceil((high - low) / step).astype(int) + 1
    row, col = (a.ravel().astype(np.int32) for a in np.mgrid[0 : count[1], 0 : count[0]])
    normal = np.asarray(plane.normal, np.float64)
    foot = normal * np.dot(plane.point_m, normal)
    u_axis, v_axis = plane_axes
    position = foot + (low[0] + step * col)[:, None] * u_axis + (low[1] + step * row)[:, None] * v_axis
    position = position.astype(np.float32)
    normals = np.broadcast_to(normal.astype(np.float32), position.shape).copy()
    cell = np.arange(len(row), dtype=np.int32).reshape(count[1], count[0])
    points = Points(cell, position, position, normals, row, col, 1, step)
    seen = visibility(tracer, points, rig.lamps, rig.sizes, sky_rays=10, lamp_rays=5)
    cosine = np.maximum(rig.lamps @ normal.astype(np.float32), 0.0)
    up = normal[2] / 3.0
    light = seen[:, :1] * rig.sky + seen[:, 1:2] * rig.ground + (seen[:, 2:] * cosine) @ rig.colors
    full = (0.5 + up) * rig.sky + (0.5 - up) * rig.ground + (cosine[:, None] * rig.colors).sum(0)
    factor = (light / np.maximum(full, 1e-6)).reshape(count[1], count[0], 3)
    rim = np.minimum.outer(_ramp(count[1], step), _ramp(count[0], step))[..., None]
    return 1.0 - rim * (1.0 - np.clip(gaussian_filter(factor, (0.7, 0.7, 0)), 0.0, 1.0))


def _ramp(count: int, step: float) -> np.ndarray:
    edge = np.minimum(np.arange(count), np.arange(count)[::-1]) * step
    t = np.clip(edge / (0.3 * step * count), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
