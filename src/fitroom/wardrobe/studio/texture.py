"""Textures that do not alias: a pyramid of halved pictures, sampled at the width of a pixel."""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.real import Real

LEVELS = 8
Pyramid = tuple[np.ndarray, np.ndarray]


def pyramid(image: np.ndarray) -> Pyramid:
    """:data:`LEVELS` pictures, each half the size of the one before; sizes round up, the smallest is 1 x 1.

    Args:
        image: (H, W, C) float32.

    Returns:
        The texels of all levels in one row, (T, C) float32, and (LEVELS, 3) int64: of each level its first texel, its
        height and its width.
    """
    levels = [np.ascontiguousarray(image, np.float32)]
    while len(levels) < LEVELS:
        levels.append(_halved(levels[-1]))
    texels = np.concatenate([level.reshape(-1, level.shape[2]) for level in levels])
    shapes = np.array([level.shape[:2] for level in levels])
    first = np.cumsum([0, *shapes.prod(1)])[:-1]
    return texels, np.column_stack([first, shapes])


@njit(cache=True)
def _halved(image: np.ndarray) -> np.ndarray:
    height, width, channels = image.shape
    out = np.empty(((height + 1) // 2, (width + 1) // 2, channels), np.float32)
    for r in range(out.shape[0]):
        r1 = min(2 * r + 1, height - 1)
        for c in range(out.shape[1]):
            c1 = min(2 * c + 1, width - 1)
            for k in range(channels):
                total = image[2 * r, 2 * c, k] + image[r1, 2 * c, k] + image[2 * r, c1, k] + image[r1, c1, k]
                out[r, c, k] = np.float32(0.25) * total
    return out


@njit(cache=True)
def add_sample(
    texels: np.ndarray, sizes: np.ndarray, x: Real, y: Real, width: Real, weight: Real, out: np.ndarray, row: int
) -> None:
    """Adds ``weight`` times the texture about a point to ``out[row]``.

    Args:
        texels, sizes: the pyramid.
        x, y: in texels of level 0 from the upper left corner; held at the border.
        width: of the pixel, in texels.
        weight: factor.
        out: (N, C) float32, changed in place.
        row: which row of it.
    """
    lod = min(max(np.log2(max(width, np.float32(1e-3))), np.float32(0.0)), np.float32(LEVELS - 1))
    base = min(int(lod), LEVELS - 2)
    part = np.float32(lod - base)
    if part < 1.0:
        _add_bilinear(texels, sizes, x, y, base, weight * (np.float32(1.0) - part), out, row)
    if part > 0.0:
        _add_bilinear(texels, sizes, x, y, base + 1, weight * part, out, row)


@njit(cache=True)
def _add_bilinear(
    texels: np.ndarray, sizes: np.ndarray, x: Real, y: Real, level: int, weight: Real, out: np.ndarray, row: int
) -> None:
    first, width = sizes[level, 0], sizes[level, 2]
    c, c1, fu = _between(x, level, width)
    r, r1, fv = _between(y, level, sizes[level, 1])
    gu, gv = np.float32(1.0) - fu, np.float32(1.0) - fv
    up, low = first + r * width, first + r1 * width
    for k in range(texels.shape[1]):
        upper = texels[up + c, k] * gu + texels[up + c1, k] * fu
        lower = texels[low + c, k] * gu + texels[low + c1, k] * fu
        out[row, k] += np.float32(weight) * (upper * gv + lower * fv)


@njit(cache=True)
def _between(x: Real, level: int, size: int) -> tuple[int, int, Real]:
    """The two texels of a level that a coordinate of level 0 lies between, and how near it is to the second."""
    u = min(max(np.float32(x) / np.float32(1 << level) - np.float32(0.5), np.float32(0.0)), np.float32(size - 1))
    low = int(u)
    return low, min(low + 1, size - 1), np.float32(u - low)


@njit(cache=True)
def slopes(texels: np.ndarray, sizes: np.ndarray, x: Real, y: Real, width: Real) -> tuple[Real, Real]:
    """How a one-channel texture grows per texel of level 0, to the right and downwards, at the width of a pixel."""
    level = min(max(int(np.log2(max(width, np.float32(1.0))) + 0.5), 0), LEVELS - 1)
    step = np.float32(0.75) * (1 << level)
    across = _height(texels, sizes, x + step, y, level) - _height(texels, sizes, x - step, y, level)
    down = _height(texels, sizes, x, y + step, level) - _height(texels, sizes, x, y - step, level)
    return across / (2 * step), down / (2 * step)


@njit(cache=True)
def _height(texels: np.ndarray, sizes: np.ndarray, x: Real, y: Real, level: int) -> Real:
    first, width = sizes[level, 0], sizes[level, 2]
    c, c1, fu = _between(x, level, width)
    r, r1, fv = _between(y, level, sizes[level, 1])
    up, low = first + r * width, first + r1 * width
    upper = texels[up + c, 0] + (texels[up + c1, 0] - texels[up + c, 0]) * fu
    lower = texels[low + c, 0] + (texels[low + c1, 0] - texels[low + c, 0]) * fu
    return upper + (lower - upper) * fv
