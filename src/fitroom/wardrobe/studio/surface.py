"""Smooth normals, and what a ray finds at the point it hits."""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.real import Real


@njit(cache=True)
def vertex_normals(vertices_m: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) float32 area-weighted unit normals; a vertex of no face gets (0, 0, 1)."""
    total = np.zeros((len(vertices_m), 3), np.float64)
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux = vertices_m[b, 0] - vertices_m[a, 0]
        uy = vertices_m[b, 1] - vertices_m[a, 1]
        uz = vertices_m[b, 2] - vertices_m[a, 2]
        vx = vertices_m[c, 0] - vertices_m[a, 0]
        vy = vertices_m[c, 1] - vertices_m[a, 1]
        vz = vertices_m[c, 2] - vertices_m[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for v in (a, b, c):
            total[v, 0] += nx
            total[v, 1] += ny
            total[v, 2] += nz
    out = np.empty((len(vertices_m), 3), np.float32)
    for v in range(len(vertices_m)):
        length = np.sqrt(total[v, 0] ** 2 + total[v, 1] ** 2 + total[v, 2] ** 2)
        if length > 0.0:
            for k in range(3):
                out[v, k] = total[v, k] / length
        else:
            out[v, 0], out[v, 1], out[v, 2] = 0.0, 0.0, 1.0
    return out


@njit(cache=True)
def hit_points(
    vertices_m: np.ndarray,
    faces: np.ndarray,
    normals: np.ndarray,
    eye_m: np.ndarray,
    hit_face: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Position, smooth normal towards the eye, view direction, weights, side and shadow origin of N hits.

    The last is the hit lifted onto the smooth surface that the normals suggest, so that the facets of a coarse mesh
    do not shade themselves (Hanika, "Hacking the shadow terminator", Ray Tracing Gems II, 2021).

    Args:
        vertices_m, normals: (V, 3) float32; faces: (F, 3) int32.
        eye_m: (3,) float32.
        hit_face: (N,) int32; u, v: (N,) float32 weights of corners 1 and 2.

    Returns:
        position_m (N, 3), normal (N, 3), view (N, 3), bary (N, 3), all float32; back (N,) bool; origin_m (N, 3).
    """
    count = len(hit_face)
    position = np.empty((count, 3), np.float32)
    normal = np.empty((count, 3), np.float32)
    view = np.empty((count, 3), np.float32)
    bary = np.empty((count, 3), np.float32)
    back = np.empty(count, np.bool_)
    origin = np.empty((count, 3), np.float32)
    for i in range(count):
        face = hit_face[i]
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        wb, wc = u[i], v[i]
        wa = np.float32(1.0) - wb - wc
        bary[i, 0], bary[i, 1], bary[i, 2] = wa, wb, wc
        for k in range(3):
            position[i, k] = wa * vertices_m[a, k] + wb * vertices_m[b, k] + wc * vertices_m[c, k]
            normal[i, k] = wa * normals[a, k] + wb * normals[b, k] + wc * normals[c, k]
            view[i, k] = position[i, k] - eye_m[k]
        _normalise(view, i)
        back[i] = _seen_from_behind(vertices_m, a, b, c, view, i)
        side = np.float32(-1.0) if back[i] else np.float32(1.0)
        _face_eye(normal, view, i, side)
        for k in range(3):
            origin[i, k] = position[i, k]
        for corner, weight in ((a, wa), (b, wb), (c, wc)):
            below = np.float32(0.0)
            for k in range(3):
                below += (position[i, k] - vertices_m[corner, k]) * side * normals[corner, k]
            if below < 0.0:
                for k in range(3):
                    origin[i, k] -= weight * below * side * normals[corner, k]
    return position, normal, view, bary, back, origin


@njit(cache=True)
def _seen_from_behind(vertices_m: np.ndarray, a: int, b: int, c: int, view: np.ndarray, i: int) -> Real:
    ux = vertices_m[b, 0] - vertices_m[a, 0]
    uy = vertices_m[b, 1] - vertices_m[a, 1]
    uz = vertices_m[b, 2] - vertices_m[a, 2]
    vx = vertices_m[c, 0] - vertices_m[a, 0]
    vy = vertices_m[c, 1] - vertices_m[a, 1]
    vz = vertices_m[c, 2] - vertices_m[a, 2]
    along = (uy * vz - uz * vy) * view[i, 0] + (uz * vx - ux * vz) * view[i, 1] + (ux * vy - uy * vx) * view[i, 2]
    return along > 0.0


@njit(cache=True)
def _normalise(rows: np.ndarray, i: int) -> None:
    length = np.sqrt(rows[i, 0] ** 2 + rows[i, 1] ** 2 + rows[i, 2] ** 2)
    if length > 0.0:
        for k in range(3):
            rows[i, k] /= length


@njit(cache=True)
def _face_eye(normal: np.ndarray, view: np.ndarray, i: int, side: Real) -> None:
    """Flips the normal on backs, and bends it where interpolation has turned it away from the eye."""
    along = np.float32(0.0)
    for k in range(3):
        normal[i, k] *= side
    _normalise(normal, i)
    for k in range(3):
        along += normal[i, k] * view[i, k]
    if along > -0.02:
        for k in range(3):
            normal[i, k] -= (along + np.float32(0.02)) * view[i, k]
        _normalise(normal, i)
