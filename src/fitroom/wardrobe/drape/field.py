"""Signed distance to a body, or to a body in clothes, on a regular grid: what cloth collides with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

SPACING_M = 0.01
_REACH_M = 0.04
_BAND_M = 0.02  # exact within; beyond it a chamfer distance is enough to push cloth the right way


@dataclass(frozen=True)
class Field:
    """A grid of signed distances in metres, negative inside.

    Attributes:
        distance_m: (X, Y, Z) float32.
        origin_m: (3,) world position of grid point (0, 0, 0).
        spacing_m: distance between grid points.
    """

    distance_m: np.ndarray
    origin_m: np.ndarray
    spacing_m: float = SPACING_M

    def at(self, points_m: np.ndarray) -> np.ndarray:
        """(N,) trilinear distances at (N, 3) points; points outside the grid read its border."""
        return _sample(self.distance_m, self.origin_m, 1.0 / self.spacing_m, np.ascontiguousarray(points_m, np.float64))

    def gradient(self, points_m: np.ndarray) -> np.ndarray:
        """(N, 3) unit directions away from the surface, from central differences of half a cell."""
        step = 0.5 * self.spacing_m
        shifts = np.eye(3) * step
        slope = np.stack([self.at(points_m + s) - self.at(points_m - s) for s in shifts], axis=1)
        return slope / (np.linalg.norm(slope, axis=1, keepdims=True) + 1e-9)


def distance_field(
    vertices_m: np.ndarray, faces: np.ndarray, low_m: np.ndarray, high_m: np.ndarray, spacing_m: float = SPACING_M
) -> Field:
    """Signed distance to a closed surface inside a box.

    Exact (point to triangle) within 2 cm of the surface, chamfer beyond. A point is inside where the surface winds
    round it along y, so a garment that is open only above and below counts as the solid between its front and its back.

    Args:
        vertices_m: (V, 3) surface.
        faces: (F, 3) triangles, outward or inward, but all alike.
        low_m, high_m: (3,) corners of the box.
        spacing_m: grid spacing.
    """
    shape = np.ceil((high_m - low_m) / spacing_m).astype(np.int64) + 1
    return _measure(vertices_m, faces, np.asarray(low_m, np.float64), shape, spacing_m)


def union(base: Field, vertices_m: np.ndarray, faces: np.ndarray, body: Field, give_m: float = 0.003) -> Field:
    """``base`` together with a garment worn on it, taken as a solid that can be pressed in a little.

    Args:
        base: body and what lies under the garment.
        vertices_m, faces: the garment.
        body: the bare body on the same grid: wide skirts count only up to 4 cm from it and are pressed in further out.
        give_m: how far the next layer may press the garment in.
    """
    garment = _measure(vertices_m, faces, base.origin_m, np.array(base.distance_m.shape), base.spacing_m).distance_m
    solid = np.maximum(garment + np.float32(give_m), body.distance_m - np.float32(_REACH_M))
    return Field(np.minimum(base.distance_m, solid), base.origin_m, base.spacing_m)


def _measure(
    vertices_m: np.ndarray, faces: np.ndarray, origin: np.ndarray, shape: np.ndarray, spacing_m: float
) -> Field:
    high = origin + (shape - 1) * spacing_m
    corners = np.ascontiguousarray(vertices_m[faces], dtype=np.float64)
    near = ((corners.max(1) > origin - _BAND_M) & (corners.min(1) < high + _BAND_M)).all(1)
    # Winding is counted along whole columns: triangles before or behind the box in y matter too.
    column = near | ((corners.max(1) > origin)[:, [0, 2]] & (corners.min(1) < high)[:, [0, 2]]).all(1)
    squared, winding = _splat(corners[near], corners[column], origin, spacing_m, shape, _BAND_M)
    sign = 1 if (winding > 0).sum() > (winding < 0).sum() else -1
    return Field(_finish(squared, sign * winding > 0, spacing_m), origin, spacing_m)


@njit(cache=True)
def _sample(grid: np.ndarray, origin: np.ndarray, per_m: float, points: np.ndarray) -> np.ndarray:
    out = np.empty(len(points))
    for n in range(len(points)):
        x = min(max((points[n, 0] - origin[0]) * per_m, 0.0), grid.shape[0] - 1.001)
        y = min(max((points[n, 1] - origin[1]) * per_m, 0.0), grid.shape[1] - 1.001)
        z = min(max((points[n, 2] - origin[2]) * per_m, 0.0), grid.shape[2] - 1.001)
        i, j, k = int(x), int(y), int(z)
        x -= i
        y -= j
        z -= k
        a = (grid[i, j, k] * (1 - x) + grid[i + 1, j, k] * x) * (1 - y)
        a += (grid[i, j + 1, k] * (1 - x) + grid[i + 1, j + 1, k] * x) * y
        b = (grid[i, j, k + 1] * (1 - x) + grid[i + 1, j, k + 1] * x) * (1 - y)
        b += (grid[i, j + 1, k + 1] * (1 - x) + grid[i + 1, j + 1, k + 1] * x) * y
        out[n] = a * (1 - z) + b * z
    return out


@njit(cache=True)
def _squared_distance(p: tuple, a: tuple, ab: tuple, ac: tuple) -> float:
    """Squared distance of a point to a triangle (Ericson, Real-Time Collision Detection, 5.1.5)."""
    apx, apy, apz = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    d1 = ab[0] * apx + ab[1] * apy + ab[2] * apz
    d2 = ac[0] * apx + ac[1] * apy + ac[2] * apz
    bb = ab[0] * ab[0] + ab[1] * ab[1] + ab[2] * ab[2]
    bc = ab[0] * ac[0] + ab[1] * ac[1] + ab[2] * ac[2]
    cc = ac[0] * ac[0] + ac[1] * ac[1] + ac[2] * ac[2]
    d3, d4, d5, d6 = d1 - bb, d2 - bc, d1 - bc, d2 - cc
    if d1 <= 0 and d2 <= 0:
        u, v = 0.0, 0.0
    elif d3 >= 0 and d4 <= d3:
        u, v = 1.0, 0.0
    elif d6 >= 0 and d5 <= d6:
        u, v = 0.0, 1.0
    else:
        vc, vb, va = d1 * d4 - d3 * d2, d5 * d2 - d1 * d6, d3 * d6 - d5 * d4
        if vc <= 0 and d1 >= 0 and d3 <= 0:
            u, v = d1 / (d1 - d3), 0.0
        elif vb <= 0 and d2 >= 0 and d6 <= 0:
            u, v = 0.0, d2 / (d2 - d6)
        elif va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
            v = (d4 - d3) / ((d4 - d3) + (d5 - d6))
            u = 1.0 - v
        else:
            total = va + vb + vc
            if total <= 0:  # a triangle without area
                u, v = 0.0, 0.0
            else:
                u, v = vb / total, vc / total
    qx = u * ab[0] + v * ac[0] - apx
    qy = u * ab[1] + v * ac[1] - apy
    qz = u * ab[2] + v * ac[2] - apz
    return qx * qx + qy * qy + qz * qz


@njit(cache=True)
def _splat(
    near: np.ndarray, column: np.ndarray, origin: np.ndarray, h: float, shape: np.ndarray, band: float
) -> tuple[np.ndarray, np.ndarray]:
    nx, ny, nz = shape[0], shape[1], shape[2]
    squared = np.full((nx, ny, nz), 1e9, np.float32)
    for f in range(len(near)):
        a = (near[f, 0, 0], near[f, 0, 1], near[f, 0, 2])
        ab = (near[f, 1, 0] - a[0], near[f, 1, 1] - a[1], near[f, 1, 2] - a[2])
        ac = (near[f, 2, 0] - a[0], near[f, 2, 1] - a[1], near[f, 2, 2] - a[2])
        i0 = max(0, int(np.ceil((near[f, :, 0].min() - band - origin[0]) / h)))
        i1 = min(nx - 1, int(np.floor((near[f, :, 0].max() + band - origin[0]) / h)))
        j0 = max(0, int(np.ceil((near[f, :, 1].min() - band - origin[1]) / h)))
        j1 = min(ny - 1, int(np.floor((near[f, :, 1].max() + band - origin[1]) / h)))
        k0 = max(0, int(np.ceil((near[f, :, 2].min() - band - origin[2]) / h)))
        k1 = min(nz - 1, int(np.floor((near[f, :, 2].max() + band - origin[2]) / h)))
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                for k in range(k0, k1 + 1):
                    p = (origin[0] + i * h, origin[1] + j * h, origin[2] + k * h)
                    d = _squared_distance(p, a, ab, ac)
                    if d < squared[i, j, k]:
                        squared[i, j, k] = d
    return squared, _wind(column, origin, h, nx, ny, nz)


@njit(cache=True)
def _wind(column: np.ndarray, origin: np.ndarray, h: float, nx: int, ny: int, nz: int) -> np.ndarray:
    """(X, Y, Z) winding number of each grid point: signed crossings of the line that comes from -y."""
    crossings = np.zeros((nx, ny + 1, nz), np.int8)
    for f in range(len(column)):
        ax, az = column[f, 0, 0], column[f, 0, 2]
        bx, bz = column[f, 1, 0], column[f, 1, 2]
        cx, cz = column[f, 2, 0], column[f, 2, 2]
        i0 = max(0, int(np.ceil((min(ax, bx, cx) - origin[0]) / h - 1e-3)))
        i1 = min(nx - 1, int(np.floor((max(ax, bx, cx) - origin[0]) / h)))
        k0 = max(0, int(np.ceil((min(az, bz, cz) - origin[2]) / h - 1e-3)))
        k1 = min(nz - 1, int(np.floor((max(az, bz, cz) - origin[2]) / h)))
        for i in range(i0, i1 + 1):
            x = origin[0] + i * h + 1.1e-6  # off the vertices of symmetric bodies, which lie on round numbers
            for k in range(k0, k1 + 1):
                z = origin[2] + k * h + 1.3e-6
                e0 = (bx - ax) * (z - az) - (bz - az) * (x - ax)
                e1 = (cx - bx) * (z - bz) - (cz - bz) * (x - bx)
                e2 = (ax - cx) * (z - cz) - (az - cz) * (x - cx)
                s = e0 + e1 + e2
                if s == 0 or not ((e0 >= 0 and e1 >= 0 and e2 >= 0) or (e0 <= 0 and e1 <= 0 and e2 <= 0)):
                    continue
                y = (e1 * column[f, 0, 1] + e2 * column[f, 1, 1] + e0 * column[f, 2, 1]) / s
                j = min(max(int(np.ceil((y - origin[1]) / h)), 0), ny)
                crossings[i, j, k] += 1 if s > 0 else -1
    winding = np.empty((nx, ny, nz), np.int8)
    for i in range(nx):
        for k in range(nz):
            w = 0
            for j in range(ny):
                w += crossings[i, j, k]
                winding[i, j, k] = w
    return winding


@njit(cache=True)
def _finish(squared: np.ndarray, inside: np.ndarray, h: float) -> np.ndarray:
    """Square roots in the band, chamfer distances beyond it, the sign everywhere."""
    nx, ny, nz = squared.shape
    d = np.empty((nx, ny, nz), np.float32)
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                d[i, j, k] = np.sqrt(squared[i, j, k]) if squared[i, j, k] < 1e8 else 1e3
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                v = d[i, j, k]
                if i > 0:
                    v = min(v, d[i - 1, j, k] + h)
                if j > 0:
                    v = min(v, d[i, j - 1, k] + h)
                if k > 0:
                    v = min(v, d[i, j, k - 1] + h)
                d[i, j, k] = v
    for i in range(nx - 1, -1, -1):
        for j in range(ny - 1, -1, -1):
            for k in range(nz - 1, -1, -1):
                v = d[i, j, k]
                if i < nx - 1:
                    v = min(v, d[i + 1, j, k] + h)
                if j < ny - 1:
                    v = min(v, d[i, j + 1, k] + h)
                if k < nz - 1:
                    v = min(v, d[i, j, k + 1] + h)
                d[i, j, k] = v
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                if inside[i, j, k]:
                    d[i, j, k] = -d[i, j, k]
    return d
