"""From linear light to an sRGB picture: tone curve, encoding, sensor noise."""

from __future__ import annotations

import numpy as np
from numba import njit

_KNEE = 0.80  # linear up to here, so that colours come out as they are
_WHITE = 1.45  # this much light is pure white


@njit(cache=True)
def _develop(linear: np.ndarray, exposure: float, luma: np.ndarray, chroma: np.ndarray, out: np.ndarray) -> None:
    span = np.float32(_WHITE - _KNEE)
    head = np.float32(1.0 - _KNEE)
    for i in range(linear.shape[0]):
        for k in range(3):
            x = linear[i, k] * np.float32(exposure)
            if x > _KNEE:  # a parabola-like shoulder with slope 1 at the knee and slope 0 at white
                t = min((x - np.float32(_KNEE)) / span, np.float32(1.0))
                x = np.float32(_KNEE) + head * (np.float32(1.0) - (np.float32(1.0) - t) ** (span / head))
            x = max(x, np.float32(0.0))
            if x <= 0.0031308:
                s = np.float32(12.92) * x
            else:
                s = np.float32(1.055) * x ** np.float32(1.0 / 2.4) - np.float32(0.055)
            s += luma[i] + chroma[i, k]
            out[i, k] = np.uint8(min(max(s, np.float32(0.0)), np.float32(1.0)) * np.float32(255.0) + np.float32(0.5))


def develop(linear: np.ndarray, exposure: float, rng: np.random.Generator, noise: float = 0.004) -> np.ndarray:
    """Linear light to a picture.

    Linear up to 0.8, then a soft shoulder that reaches white at 1.45: named colours stay what they are and white
    cloth keeps its folds.

    Args:
        linear: (H, W, 3) float32, 1 = a white card in full light.
        exposure: factor on it.
        rng: of the sensor noise.
        noise: standard deviation in sRGB units [0, 1].

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    height, width, _ = linear.shape
    luma = rng.standard_normal(height * width, dtype=np.float32) * np.float32(noise)
    chroma = rng.standard_normal((height * width, 3), dtype=np.float32) * np.float32(0.6 * noise)
    out = np.empty((height * width, 3), np.uint8)
    _develop(np.ascontiguousarray(linear, np.float32).reshape(-1, 3), exposure, luma, chroma, out)
    return out.reshape(height, width, 3)
