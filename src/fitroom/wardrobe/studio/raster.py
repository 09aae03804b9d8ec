"""First hits of many rays from the eye at once, by drawing triangles into a depth buffer.

It finds what ray casting finds, and needs no search structure: projection keeps triangles flat, and weights divided by
depth are linear in the picture.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.camera import project
from fitroom.wardrobe.studio.scene import Camera

_NEAR_M = 0.01


def draw(camera: Camera, vertices_m: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest triangle behind each pixel's centre, seen from either side.

    Args:
        camera: what looks; triangles that reach behind its eye are left out.
        vertices_m: (V, 3); faces: (F, 3).

    Returns:
        face (H, W) int32, -1 = none; weights of its corners (H, W, 3) float32; depth along the camera's axis (H, W)
        float32 m, inf = none.
    """
    size = (camera.height_px, camera.width_px)
    face = np.full(size, -1, np.int32)
    bary = np.zeros((*size, 3), np.float32)
    depth_m = np.full(size, np.inf, np.float32)
    if len(faces):
        _draw(project(camera, vertices_m), np.ascontiguousarray(faces), face, bary, depth_m)
    return face, bary, depth_m


def draw_within(
    camera: Camera, vertices_m: np.ndarray, faces: np.ndarray, pixels: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest triangles behind several points of some pixels.

    Args:
        camera, vertices_m, faces: as for :func:`draw`.
        pixels: (P,) numbers of pixels, counted along the rows.
        spread: (K, 2) points within each of them, x and y from its upper left corner, in [0, 1).

    Returns:
        face (P, K) int32, -1 = none; weights of its corners 1 and 2, (P, K, 2) float32; depth (P, K) float32 m.
    """
    number = np.full(camera.height_px * camera.width_px, -1, np.int32)
    number[pixels] = np.arange(len(pixels), dtype=np.int32)
    face = np.full((len(pixels), len(spread)), -1, np.int32)
    weight = np.zeros((*face.shape, 2), np.float32)
    depth_m = np.full(face.shape, np.inf, np.float32)
    if len(faces):
        cell = number.reshape(camera.height_px, camera.width_px)
        points, flat = project(camera, vertices_m), np.ascontiguousarray(faces)
        _draw_within(points, flat, cell, spread, face, weight, depth_m)
    return face, weight, depth_m


@njit(cache=True)
def _draw_within(
    points: np.ndarray,
    faces: np.ndarray,
    cell: np.ndarray,
    spread: np.ndarray,
    face: np.ndarray,
    weight: np.ndarray,
    depth_m: np.ndarray,
) -> None:
    height, width = cell.shape
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if min(az, bz, cz) < _NEAR_M or area == 0.0:
            continue
        left, right = max(np.floor(min(ax, bx, cx)), 0.0), min(np.floor(max(ax, bx, cx)), width - 1.0)
        top, low = max(np.floor(min(ay, by, cy)), 0.0), min(np.floor(max(ay, by, cy)), height - 1.0)
        ux, uy = (by - cy) / area, (cx - bx) / area
        vx, vy = (cy - ay) / area, (ax - cx) / area
        most_u, most_v = max(ux, 0.0) + max(uy, 0.0), max(vx, 0.0) + max(vy, 0.0)
        least = min(ux + vx, 0.0) + min(uy + vy, 0.0)
        for row in range(int(top), int(low) + 1):
            for col in range(int(left), int(right) + 1):
                p = cell[row, col]
                if p < 0:
                    continue
                u0 = ux * (col - bx) + uy * (row - by)
                v0 = vx * (col - cx) + vy * (row - cy)
                if u0 + most_u < 0.0 or v0 + most_v < 0.0 or u0 + v0 + least > 1.0:
                    continue
                for k in range(len(spread)):
                    u = u0 + ux * spread[k, 0] + uy * spread[k, 1]
                    v = v0 + vx * spread[k, 0] + vy * spread[k, 1]
                    w = 1.0 - u - v
                    if u < 0.0 or v < 0.0 or w < 0.0:
                        continue
                    u, v, w = u / az, v / bz, w / cz
                    depth = 1.0 / (u + v + w)
                    if depth < depth_m[p, k]:
                        depth_m[p, k] = depth
                        face[p, k] = f
                        weight[p, k, 0], weight[p, k, 1] = v * depth, w * depth


@njit(cache=True)
def _draw(points: np.ndarray, faces: np.ndarray, face: np.ndarray, bary: np.ndarray, depth_m: np.ndarray) -> None:
    height, width = face.shape
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        if min(az, bz, cz) < _NEAR_M:
            continue
        left, right = max(np.ceil(min(ax, bx, cx) - 0.5), 0.0), min(np.floor(max(ax, bx, cx) - 0.5), width - 1.0)
        top, low = max(np.ceil(min(ay, by, cy) - 0.5), 0.0), min(np.floor(max(ay, by, cy) - 0.5), height - 1.0)
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if left > right or top > low or area == 0.0:
            continue
        for row in range(int(top), int(low) + 1):
            y = row + 0.5
            for col in range(int(left), int(right) + 1):
                x = col + 0.5
                u = ((cx - bx) * (y - by) - (cy - by) * (x - bx)) / area
                v = ((ax - cx) * (y - cy) - (ay - cy) * (x - cx)) / area
                w = 1.0 - u - v
                if u < 0.0 or v < 0.0 or w < 0.0:
                    continue
                u, v, w = u / az, v / bz, w / cz
                depth = 1.0 / (u + v + w)
                if depth < depth_m[row, col]:
                    depth_m[row, col] = depth
                    face[row, col] = f
                    bary[row, col, 0], bary[row, col, 1], bary[row, col, 2] = u * depth, v * depth, w * depth
