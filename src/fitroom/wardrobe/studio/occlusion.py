"""How much of sky, ground and lamps each visible point sees: soft shadows without noise.

A few rays are cast from every point of a coarse grid of pixels. Neighbouring points cast different rays (a pattern of
4 x 4 phases), and an edge-aware filter as wide as the pattern lets each borrow its neighbours' rays, so that sixteen
times as many count (interleaved sampling: Keller and Heidrich, Rendering Techniques 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.real import Real
from fitroom.wardrobe.studio.tracer import Tracer

_LIFT_M = 0.0015
_PHASES = 16


@dataclass
class Points:
    """Where the visibility is measured: the first hits of every ``stride``-th pixel.

    Attributes:
        cell: (H2, W2) int32 row into the arrays below, -1 = no hit.
        origin_m, position_m, normal: (N, 3) float32.
        row, col: (N,) int32 in the grid.
        stride: pixels between grid points.
        reach_m: distance off a point's tangent plane within which its light is borrowed.
    """

    cell: np.ndarray
    origin_m: np.ndarray
    position_m: np.ndarray
    normal: np.ndarray
    row: np.ndarray
    col: np.ndarray
    stride: int
    reach_m: float


def visibility(
    tracer: Tracer, points: Points, lamps: np.ndarray, sizes: np.ndarray, sky_rays: int = 10, lamp_rays: int = 4
) -> np.ndarray:
    """What each point sees, filtered over its neighbours.

    Args:
        tracer: the scene.
        points: where.
        lamps: (L, 3) float32 unit directions to the lamps; sizes: (L,) their angular radii.
        sky_rays, lamp_rays: rays a point, and rays a point and lamp.

    Returns:
        (N, 2 + L) float32: irradiance from a unit sky (brighter upwards) and a unit ground (brighter downwards), which
        add up to 1 in the open, and the share of each lamp that is seen, in [0, 1].
    """
    raw = np.empty((len(points.origin_m), 2 + len(lamps)), np.float32)
    origin = points.origin_m + np.float32(_LIFT_M) * points.normal
    phase = ((points.row % 4) * 4 + points.col % 4).astype(np.int32)
    sky = hemisphere_rays(points.normal, phase, _sequence(sky_rays * _PHASES))
    free = tracer.free(np.repeat(origin, sky_rays, 0), sky.reshape(-1, 3)).reshape(-1, sky_rays)
    raw[:, 0], raw[:, 1] = _sky_and_ground(free, sky)
    for k in range(len(lamps)):
        raw[:, 2 + k] = _lamp_share(tracer, origin, points.normal, phase, lamps[k], float(sizes[k]), lamp_rays)
    return _filtered(points.cell, points.position_m, points.normal, points.row, points.col, raw, points.reach_m)


def _lamp_share(
    tracer: Tracer,
    origin: np.ndarray,
    normal: np.ndarray,
    phase: np.ndarray,
    lamp: np.ndarray,
    size: Real,
    num_rays: int,
) -> np.ndarray:
    share = np.zeros(len(origin), np.float32)
    lit = np.nonzero(normal @ lamp > -0.35)[0]
    rays = cone_rays(lamp, size, phase[lit], _sequence(num_rays * _PHASES))
    free = tracer.free(np.repeat(origin[lit], num_rays, 0), rays.reshape(-1, 3))
    share[lit] = free.reshape(-1, num_rays).mean(1, dtype=np.float32)
    return share


def _sequence(count: int) -> np.ndarray:
    """(count, 2) float32 evenly spread over the unit square (R2 sequence: Roberts 2018)."""
    k = np.arange(count)[:, None] + 0.5
    return ((k * np.array([0.7548776662466927, 0.5698402909980532])) % 1.0).astype(np.float32) % np.float32(1.0)


@njit(cache=True)
def hemisphere_rays(normal: np.ndarray, phase: np.ndarray, square: np.ndarray) -> np.ndarray:
    """(N, K, 3) float32 cosine-weighted directions about each normal; phase p takes every 16th point from p on."""
    per_point = len(square) // _PHASES
    out = np.empty((len(normal), per_point, 3), np.float32)
    for i in range(len(normal)):
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        tx, ty, tz, bx, by, bz = _frame(nx, ny, nz)
        for k in range(per_point):
            s = square[k * _PHASES + phase[i]]
            radius = np.sqrt(s[0])
            angle = np.float32(2.0 * np.pi) * s[1]
            x, y = radius * np.cos(angle), radius * np.sin(angle)
            z = np.sqrt(max(np.float32(1.0) - s[0], np.float32(0.0)))
            out[i, k, 0] = x * tx + y * bx + z * nx
            out[i, k, 1] = x * ty + y * by + z * ny
            out[i, k, 2] = x * tz + y * bz + z * nz
    return out


@njit(cache=True)
def cone_rays(axis: np.ndarray, size: Real, phase: np.ndarray, square: np.ndarray) -> np.ndarray:
    """(N, K, 3) float32 directions towards points of a disc of angular radius ``size`` about ``axis``."""
    per_point = len(square) // _PHASES
    tx, ty, tz, bx, by, bz = _frame(axis[0], axis[1], axis[2])
    fan = np.empty((len(square), 3), np.float32)
    for j in range(len(square)):
        radius = np.tan(size) * np.sqrt(square[j, 0])
        angle = np.float32(2.0 * np.pi) * square[j, 1]
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        fan[j, 0] = axis[0] + x * tx + y * bx
        fan[j, 1] = axis[1] + x * ty + y * by
        fan[j, 2] = axis[2] + x * tz + y * bz
    out = np.empty((len(phase), per_point, 3), np.float32)
    for i in range(len(phase)):
        for k in range(per_point):
            out[i, k] = fan[k * _PHASES + phase[i]]
    return out


@njit(cache=True)
def _frame(nx: Real, ny: Real, nz: Real) -> tuple[Real, Real, Real, Real, Real, Real]:
    """Two unit vectors that are square to a unit normal (Duff et al., JCGT 2017)."""
    one = np.float32(1.0)
    sign = one if nz >= 0.0 else -one
    a = -one / (sign + nz)
    b = nx * ny * a
    return one + sign * nx * nx * a, sign * b, -sign * nx, b, sign + ny * ny * a, -ny


@njit(cache=True)
def _sky_and_ground(free: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count, per_point = free.shape
    sky = np.zeros(count, np.float32)
    ground = np.zeros(count, np.float32)
    for i in range(count):
        for k in range(per_point):
            if free[i, k]:
                up = np.float32(0.5) + np.float32(0.5) * rays[i, k, 2]
                sky[i] += up
                ground[i] += np.float32(1.0) - up
        sky[i] /= per_point
        ground[i] /= per_point
    return sky, ground


@njit(cache=True)
def _filtered(
    cell: np.ndarray,
    position: np.ndarray,
    normal: np.ndarray,
    row: np.ndarray,
    col: np.ndarray,
    raw: np.ndarray,
    reach_m: Real,
) -> np.ndarray:
    """A 5 x 5 window whose outer ring counts half holds every phase of the 4 x 4 pattern equally often."""
    out = np.empty_like(raw)
    total = np.empty(raw.shape[1], np.float32)
    for i in range(len(raw)):
        total[:] = 0.0
        weights = np.float32(0.0)
        for r in range(max(row[i] - 2, 0), min(row[i] + 3, cell.shape[0])):
            for c in range(max(col[i] - 2, 0), min(col[i] + 3, cell.shape[1])):
                j = cell[r, c]
                if j < 0:
                    continue
                w = likeness(position, normal, i, position, normal, j, reach_m)
                if abs(r - row[i]) == 2:
                    w *= np.float32(0.5)
                if abs(c - col[i]) == 2:
                    w *= np.float32(0.5)
                weights += w
                for k in range(raw.shape[1]):
                    total[k] += w * raw[j, k]
        for k in range(raw.shape[1]):
            out[i, k] = total[k] / weights
    return out


@njit(cache=True)
def likeness(p: np.ndarray, n: np.ndarray, i: int, q: np.ndarray, m: np.ndarray, j: int, reach_m: Real) -> Real:
    """In [0, 1]: whether points p[i] and q[j] with normals n[i] and m[j] lie on one surface, and share their light."""
    along = n[i, 0] * m[j, 0] + n[i, 1] * m[j, 1] + n[i, 2] * m[j, 2]
    if along <= np.float32(0.0):
        return np.float32(0.0)
    dx, dy, dz = q[j, 0] - p[i, 0], q[j, 1] - p[i, 1], q[j, 2] - p[i, 2]
    here = abs(dx * n[i, 0] + dy * n[i, 1] + dz * n[i, 2])
    there = abs(dx * m[j, 0] + dy * m[j, 1] + dz * m[j, 2])
    off = max(here, there) / np.float32(reach_m)
    off *= off
    along *= along
    return along * along * along / (np.float32(1.0) + off * off)


@njit(cache=True)
def borrow(
    cell: np.ndarray,
    points_m: np.ndarray,
    normals: np.ndarray,
    seen: np.ndarray,
    stride: int,
    reach_m: Real,
    x_px: np.ndarray,
    y_px: np.ndarray,
    position: np.ndarray,
    normal: np.ndarray,
) -> np.ndarray:
    """(S, 2 + L) float32: the light of S samples from the grid's points about them that lie on the same surface.

    A sample that no point resembles (a strand of hair, something behind chiffon) takes the light of the nearest.
    """
    kinds = seen.shape[1]
    out = np.zeros((len(x_px), kinds), np.float32)
    for i in range(len(x_px)):
        gy = (y_px[i] - np.float32(0.5)) / np.float32(stride)
        gx = (x_px[i] - np.float32(0.5)) / np.float32(stride)
        row, col = int(gy + np.float32(0.5)), int(gx + np.float32(0.5))
        weights = np.float32(0.0)
        for r in range(max(row - 1, 0), min(row + 2, cell.shape[0])):
            tall = _bell(gy - np.float32(r))
            for c in range(max(col - 1, 0), min(col + 2, cell.shape[1])):
                j = cell[r, c]
                if j < 0:
                    continue
                like = likeness(position, normal, i, points_m, normals, j, reach_m)
                w = tall * _bell(gx - np.float32(c)) * (like + np.float32(1e-4))
                weights += w
                for k in range(kinds):
                    out[i, k] += w * seen[j, k]
        for k in range(kinds):
            if weights > np.float32(0.0):
                out[i, k] /= weights
            else:
                out[i, k] = 0.4 if k < 2 else 0.5
    return out


@njit(cache=True)
def _bell(x: Real) -> Real:
    """The quadratic B-spline: smooth, 0 beyond 1.5."""
    x = abs(x)
    if x < np.float32(0.5):
        return np.float32(0.75) - x * x
    rest = np.float32(1.5) - x
    return np.float32(0.5) * rest * rest
