"""Samples a cloth's texture at the hits, and tilts the normal by its relief and by fine creases."""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.real import Real
from fitroom.wardrobe.studio.texture import Pyramid, add_sample, slopes

_MAX_TAPS = 4
_CREASE_CM = (3.1, 1.3)  # wavelengths of the fine creases


@njit(cache=True)
def sample_cloth(
    albedo: Pyramid,
    height_mm: Pyramid,
    px_per_cm: Real,
    wrinkle_mm: Real,
    vertices_m: np.ndarray,
    faces: np.ndarray,
    corner_uv: np.ndarray,
    hit_face: np.ndarray,
    bary: np.ndarray,
    normal: np.ndarray,
    view: np.ndarray,
    back: np.ndarray,
    footprint_m: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Colour and tilted normal of N hits.

    The footprint of a pixel on a slanted surface is long: up to four samples are taken along it.

    Args:
        albedo, height_mm: pyramids of (H, W, 3) and (H, W, 1).
        px_per_cm: texels per cm; atlas point (x, y) cm is column x * px_per_cm, row H - y * px_per_cm.
        wrinkle_mm: height of the fine creases.
        vertices_m: (V, 3) float64; faces: (F, 3) int32; corner_uv: (F, 3, 2) float32 cm.
        hit_face, bary, normal, view, back, footprint_m: as in ``scene.Hits``.

    Returns:
        (N, 3) float32 linear reflectance and (N, 3) float32 unit normals.
    """
    count = len(hit_face)
    color = np.zeros((count, 3), np.float32)
    tilted = np.empty((count, 3), np.float32)
    texels, sizes = albedo
    heights, height_sizes = height_mm
    rows = sizes[0, 1]
    axis = np.empty((2, 3), np.float32)  # gradients of u and v along the surface, cm per m
    for i in range(count):
        face = hit_face[i]
        u = np.float32(0.0)
        v = np.float32(0.0)
        for k in range(3):
            u += bary[i, k] * corner_uv[face, k, 0]
            v += bary[i, k] * corner_uv[face, k, 1]
        _gradients(vertices_m, faces, corner_uv, face, axis)
        facing = np.float32(0.0)
        for k in range(3):
            facing -= normal[i, k] * view[i, k]
        facing = max(facing, np.float32(0.12))
        along_u = np.float32(0.0)
        along_v = np.float32(0.0)
        for k in range(3):
            slope = view[i, k] + facing * normal[i, k]  # the view ray's part within the surface
            along_u += slope * axis[0, k]
            along_v += slope * axis[1, k]
        texel_per_m = np.float32(0.5) * (_length(axis, 0) + _length(axis, 1)) * px_per_cm
        width = footprint_m[i] * texel_per_m
        taps = min(int(np.float32(1.0) / facing + np.float32(0.5)), _MAX_TAPS)
        for tap in range(taps):
            shift = ((tap + 0.5) / taps - 0.5) * footprint_m[i] / facing
            x = (u + shift * along_u) * px_per_cm
            y = rows - (v + shift * along_v) * px_per_cm
            add_sample(texels, sizes, x, y, width, np.float32(1.0 / taps), color, i)
        _tilt(heights, height_sizes, px_per_cm, wrinkle_mm, u, v, width, axis, normal, back[i], tilted, i)
    return color, tilted


@njit(cache=True)
def _length(axis: np.ndarray, row: int) -> Real:
    return np.sqrt(axis[row, 0] ** 2 + axis[row, 1] ** 2 + axis[row, 2] ** 2)


@njit(cache=True)
def _gradients(vertices_m: np.ndarray, faces: np.ndarray, corner_uv: np.ndarray, face: int, axis: np.ndarray) -> None:
    """How u and v grow along the surface of one face; 0 where the face or its texture has no area."""
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    ee = ef = ff = 0.0
    for k in range(3):
        e, f = vertices_m[b, k] - vertices_m[a, k], vertices_m[c, k] - vertices_m[a, k]
        ee += e * e
        ef += e * f
        ff += f * f
    area = ee * ff - ef * ef
    for row in range(2):
        du = corner_uv[face, 1, row] - corner_uv[face, 0, row]
        dv = corner_uv[face, 2, row] - corner_uv[face, 0, row]
        for k in range(3):
            e, f = vertices_m[b, k] - vertices_m[a, k], vertices_m[c, k] - vertices_m[a, k]
            if area > 1e-20:
                axis[row, k] = ((du * ff - dv * ef) * e + (dv * ee - du * ef) * f) / area
            else:
                axis[row, k] = 0.0


@njit(cache=True)
def _tilt(
    heights: np.ndarray,
    sizes: np.ndarray,
    px_per_cm: Real,
    wrinkle_mm: Real,
    u: Real,
    v: Real,
    width: Real,
    axis: np.ndarray,
    normal: np.ndarray,
    back: bool,
    out: np.ndarray,
    i: int,
) -> None:
    across, down = slopes(heights, sizes, u * px_per_cm, sizes[0, 1] - v * px_per_cm, width)
    per_cm = px_per_cm * 1e-3
    slope_u, slope_v = across * per_cm, -down * per_cm  # m per cm
    if wrinkle_mm > 0.0:
        for octave in range(2):
            length = _CREASE_CM[octave]
            size = wrinkle_mm * 1e-3 * (length / _CREASE_CM[0]) / length
            du, dv = _noise_slope(u / length + 37.0 * octave, v / length)
            slope_u += size * du
            slope_v += size * dv
    side = np.float32(-1.0) if back else np.float32(1.0)
    total = np.float32(0.0)
    for k in range(3):
        out[i, k] = normal[i, k] - side * (slope_u * axis[0, k] + slope_v * axis[1, k])
        total += out[i, k] * out[i, k]
    total = np.sqrt(total)
    for k in range(3):
        out[i, k] /= total


@njit(cache=True)
def _noise_slope(x: Real, y: Real) -> tuple[Real, Real]:
    """Slope of smooth value noise in [-1, 1] over a unit lattice."""
    i, j = int(np.floor(x)), int(np.floor(y))
    s, t = x - i, y - j
    a, b = _lattice(i, j), _lattice(i + 1, j)
    c, d = _lattice(i, j + 1), _lattice(i + 1, j + 1)
    ws, wt = s * s * (3.0 - 2.0 * s), t * t * (3.0 - 2.0 * t)
    ds, dt = 6.0 * s * (1.0 - s), 6.0 * t * (1.0 - t)
    return ds * ((b - a) * (1.0 - wt) + (d - c) * wt), dt * ((c - a) * (1.0 - ws) + (d - b) * ws)


@njit(cache=True)
def _lattice(i: int, j: int) -> Real:
    """A fixed number in [-1, 1] for a lattice point."""
    h = (i * 374761393 + j * 668265263) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFF) / 32767.5 - 1.0
