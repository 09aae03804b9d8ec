"""Textures that do not alias: a pyramid of halved pictures, sampled at the width of a pixel."""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.real import Real

LEVELS = 8
Pyramid = tuple[np.ndarray, ...]


def pyramid(image: np.ndarray) -> Pyramid:
    """:data:`LEVELS` pictures, each half the size of the one before; sizes round up, the smallest is 1 x 1.

    Args:
        image: (H, W, C) float32.
    """
    levels = [np.ascontiguousarray(image, np.float32)]
    while len(levels) < LEVELS:
        levels.append(_halved(levels[-1]))
    return tuple(levels)


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
def add_sample(levels: Pyramid, x: Real, y: Real, width: Real, weight: Real, out: np.ndarray, row: int) -> None:
    """Adds ``weight`` times the texture about a point to ``out[row]``.

    Args:
        levels: the pyramid.
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
        _add_bilinear(levels[base], x, y, base, weight * (np.float32(1.0) - part), out, row)
    if part > 0.0:
        _add_bilinear(levels[base + 1], x, y, base + 1, weight * part, out, row)


@njit(cache=True)
def _add_bilinear(image: np.ndarray, x: Real, y: Real, level: int, weight: Real, out: np.ndarray, row: int) -> None:
    c, c1, fu = _between(x, level, image.shape[1])
    r, r1, fv = _between(y, level, image.shape[0])
    gu, gv = np.float32(1.0) - fu, np.float32(1.0) - fv
    for k in range(image.shape[2]):
        upper = image[r, c, k] * gu + image[r, c1, k] * fu
        lower = image[r1, c, k] * gu + image[r1, c1, k] * fu
        out[row, k] += np.float32(weight) * (upper * gv + lower * fv)


@njit(cache=True)
def _between(x: Real, level: int, size: int) -> tuple[int, int, Real]:
    """The two texels of a level that a coordinate of level 0 lies between, and how near it is to the second."""
    u = min(max(np.float32(x) / np.float32(1 << level) - np.float32(0.5), np.float32(0.0)), np.float32(size - 1))
    low = int(u)
    return low, min(low + 1, size - 1), np.float32(u - low)


@njit(cache=True)
def slopes(levels: Pyramid, x: Real, y: Real, width: Real) -> tuple[Real, Real]:
    """How a one-channel texture grows per texel of level 0, to the right and downwards, at the width of a pixel."""
    level = min(max(int(np.log2(max(width, np.float32(1.0))) + 0.5), 0), LEVELS - 1)
    image = levels[level]
    step = np.float32(0.75) * (1 << level)
    across = _height(image, x + step, y, level) - _height(image, x - step, y, level)
    down = _height(image, x, y + step, level) - _height(image, x, y - step, level)
    return across / (2 * step), down / (2 * step)


@njit(cache=True)
def _height(image: np.ndarray, x: Real, y: Real, level: int) -> Real:
    c, c1, fu = _between(x, level, image.shape[1])
    r, r1, fv = _between(y, level, image.shape[0])
    upper = image[r, c, 0] + (image[r, c1, 0] - image[r, c, 0]) * fu
    lower = image[r1, c, 0] + (image[r1, c1, 0] - image[r1, c, 0]) * fu
    return upper + (lower - upper) * fv
