"""Smooth noise without a texture: the grain of skin, hair and leather."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(cache=True)
def _lattice(i: int, j: int, k: int, seed: int) -> float:
    h = np.uint32(i * 374761393 + j * 668265263 + k * 2147483647 + seed * 1274126177)
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(1274126177))
    h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(2246822519))
    return float((h ^ (h >> np.uint32(16))) & np.uint32(0xFFFFFF)) / 16777215.0


@nb.njit(cache=True)
def _value(x: float, y: float, z: float, seed: int) -> float:
    i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v), w * w * (3.0 - 2.0 * w)
    total = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                weight = (u if a else 1.0 - u) * (v if b else 1.0 - v) * (w if c else 1.0 - w)
                total += weight * _lattice(i + a, j + b, k + c, seed)
    return total


@nb.njit(cache=True)
def _fractal(points: np.ndarray, octaves: int, seed: int, out: np.ndarray) -> None:
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        amplitude, total, norm = 1.0, 0.0, 0.0
        for octave in range(octaves):
            total += amplitude * _value(x, y, z, seed + octave)
            norm += amplitude
            amplitude *= 0.5
            x, y, z = 2.03 * x + 7.1, 2.03 * y + 3.7, 2.03 * z + 1.3
        out[n] = total / norm


def noise(points: np.ndarray, cell: float, octaves: int = 1, seed: int = 0) -> np.ndarray:
    """(N,) float32 in [0, 1], mean near 0.5, of ``points`` (N, 3); features are about ``cell`` wide (points' unit)."""
    out = np.empty(len(points), np.float32)
    _fractal(np.ascontiguousarray(points, np.float64) / cell, octaves, seed, out)
    return out


def ramp(low: float, high: float, x: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, smooth between; falls where ``low`` > ``high``."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def blend(color: np.ndarray, over: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(N, 3) ``color`` covered by ``over`` ((3,) or (N, 3)) with ``weight`` (N,)."""
    return color + (over - color) * weight[:, None]


def linear(hex_color: str) -> np.ndarray:
    """(3,) linear reflectance of an sRGB colour like "c58c85"."""
    srgb = np.array([int(hex_color[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
