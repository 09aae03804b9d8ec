"""Seamless noise pictures for plaster, concrete and wood."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import map_coordinates

_SIZE = 256


@lru_cache(maxsize=16)
def tile(seed: int, slope: float, stretch: float = 1.0) -> np.ndarray:
    """(256, 256) float32 of mean 0 and standard deviation 1 that repeats without a seam.

    Args:
        seed: which one.
        slope: of the amplitude over frequency: 1 = rough plaster, 2 = soft clouds.
        stretch: how much longer its grains are along rows than across.
    """
    white = np.fft.rfft2(np.random.default_rng(seed).standard_normal((_SIZE, _SIZE)))
    fy = np.fft.fftfreq(_SIZE)[:, None]
    fx = np.fft.rfftfreq(_SIZE)[None] * stretch
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1.0
    shaped = white / frequency**slope
    shaped[0, 0] = 0.0
    out = np.fft.irfft2(shaped, (_SIZE, _SIZE))
    return (out / out.std()).astype(np.float32)


def lay(picture: np.ndarray, across_m: np.ndarray, up_m: np.ndarray, tile_m: float) -> np.ndarray:
    """Tiles a noise picture over a plane, ``tile_m`` wide; shape as ``across_m``."""
    scale = _SIZE / tile_m
    where = np.stack([np.mod(up_m * scale, _SIZE), np.mod(across_m * scale, _SIZE)])
    return map_coordinates(picture, where, order=1, mode="grid-wrap", output=np.float32)
