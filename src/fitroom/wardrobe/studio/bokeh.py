"""Places far out of focus: an interior, a street, greenery, made of shapes that a wide lens would melt."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

_ROWS = 96

_PALETTES = {
    "interior": [(0.62, 0.55, 0.47), (0.45, 0.36, 0.28), (0.72, 0.69, 0.64), (0.30, 0.27, 0.24), (0.55, 0.50, 0.46)],
    "street": [(0.50, 0.50, 0.52), (0.36, 0.35, 0.36), (0.62, 0.58, 0.53), (0.25, 0.27, 0.31), (0.55, 0.44, 0.36)],
    "greenery": [(0.20, 0.30, 0.12), (0.30, 0.42, 0.17), (0.13, 0.20, 0.09), (0.46, 0.55, 0.28), (0.38, 0.40, 0.22)],
}
_FLOORS = {"interior": (0.42, 0.35, 0.28), "street": (0.42, 0.41, 0.40), "greenery": (0.40, 0.38, 0.30)}
_SKIES = {"interior": (0.78, 0.75, 0.70), "street": (0.80, 0.84, 0.90), "greenery": (0.78, 0.84, 0.72)}


def scenery(kind: str, seed: int, horizon: float, aspect: float) -> np.ndarray:
    """(96, W, 3) float32 linear picture of a place out of focus.

    Args:
        kind: "interior", "street" or "greenery".
        seed: which one.
        horizon: where floor meets the background, as a share of the height from the top; above 1 = out of the picture.
        aspect: width over height.
    """
    rng = np.random.default_rng([seed, 0xB0CE])
    width = max(round(_ROWS * aspect), 8)
    rows, columns = np.mgrid[0:_ROWS, 0:width] / _ROWS
    far = _SKIES[kind] * (1.05 - 0.35 * rows)[..., None]
    if kind == "greenery":
        _leaves(far, rows, columns, rng, kind, aspect)
    else:
        _blocks(far, rows, columns, rng, kind, aspect)
    far = gaussian_filter(far, (2.0, 2.0, 0))
    _lights(far, rows, columns, rng, kind, aspect)
    far = gaussian_filter(far, (1.3, 1.3, 0))
    share = np.clip((rows - horizon) / 0.07 + 0.5, 0.0, 1.0)[..., None]
    ground = np.asarray(_FLOORS[kind]) * (0.70 + 0.35 * rows)[..., None]
    return (far * (1.0 - share) + ground * share).astype(np.float32)


def enlarge(picture: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """Smoothly to (height_px, width_px, 3)."""
    bands = [Image.fromarray(np.ascontiguousarray(picture[..., k], np.float32)) for k in range(3)]
    wide = [np.asarray(band.resize((width_px, height_px), Image.Resampling.BICUBIC)) for band in bands]
    return np.maximum(np.stack(wide, -1), 0.0)


def _blocks(
    far: np.ndarray, rows: np.ndarray, columns: np.ndarray, rng: np.random.Generator, kind: str, aspect: float
) -> None:
    """House fronts, windows, shelves and doors: upright rectangles, small ones on large ones."""
    colors = np.array(_PALETTES[kind]) ** 1.7
    for step in range(26):
        size = 0.55 if step < 7 else 0.16
        wide, tall = size * rng.uniform(0.25, 0.9), size * rng.uniform(0.7, 2.2)
        left = rng.uniform(-0.2, aspect)
        top = rng.uniform(-0.1, 0.35) if step < 7 else rng.uniform(0.0, 0.75)
        inside = (columns > left) & (columns < left + wide) & (rows > top) & (rows < top + tall)
        shade = rng.uniform(0.75, 1.25) if rng.random() < 0.75 else rng.uniform(1.3, 1.8)
        far[inside] = 0.15 * far[inside] + 0.85 * np.minimum(colors[rng.integers(len(colors))] * shade, 1.0)


def _leaves(
    far: np.ndarray, rows: np.ndarray, columns: np.ndarray, rng: np.random.Generator, kind: str, aspect: float
) -> None:
    """Crowns and hedges: many blots, darker ones low, gaps of sky between."""
    colors = np.array(_PALETTES[kind])
    for step in range(90):
        radius = rng.uniform(0.05, 0.20) if step < 40 else rng.uniform(0.015, 0.06)
        x, y = rng.uniform(0, aspect), rng.uniform(0.05, 1.0) ** 0.8
        inside = np.hypot((columns - x) * rng.uniform(0.7, 1.3), rows - y) < radius
        color = colors[rng.integers(len(colors))] * (1.25 - 0.5 * y) * rng.uniform(0.8, 1.3)
        far[inside] = 0.4 * far[inside] + 0.6 * color


def _lights(
    far: np.ndarray, rows: np.ndarray, columns: np.ndarray, rng: np.random.Generator, kind: str, aspect: float
) -> None:
    """Discs of confusion: each far lamp or glint is a flat disc with a slightly brighter rim."""
    tints = {"interior": (1.0, 0.86, 0.64), "street": (1.0, 0.90, 0.76), "greenery": (0.95, 1.0, 0.80)}
    for _ in range(int(rng.integers(5, 14))):
        radius = rng.uniform(0.018, 0.05)
        distance = np.hypot(columns - rng.uniform(0, aspect), rows - rng.uniform(0.02, 0.7)) / radius
        disc = (
            1.0
            / (1.0 + np.exp(np.minimum((distance - 1.0) * 14.0, 30.0)))
            * (0.75 + 0.25 * np.minimum(distance, 1.0) ** 4)
        )
        far += (rng.uniform(0.12, 0.45) * disc)[..., None] * np.asarray(tints[kind])
