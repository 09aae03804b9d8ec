"""Draws OpenPose's 18 points as sticks in rainbow colours, as try-on data sets ship them beside the numbers."""

from __future__ import annotations

from colorsys import hsv_to_rgb

import numpy as np
from PIL import Image, ImageDraw

# By row: neck to shoulders and arms, neck to hips and legs, neck to nose, eyes and ears.
LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
_COLORS = [tuple(round(255 * channel) for channel in hsv_to_rgb(row / 18, 1.0, 1.0)) for row in range(18)]
_FINER = 2
_STICK = 1 / 128  # of the height


def draw_skeleton(points: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """Sticks between the points that were found, on black.

    Args:
        points: (18, 3) x, y in px, confidence; 0 = not found.
        height_px, width_px: of the picture.

    Returns:
        (height_px, width_px, 3) uint8.
    """
    picture = Image.new("RGB", (width_px * _FINER, height_px * _FINER))
    pen = ImageDraw.Draw(picture)
    stick_px = max(round(height_px * _FINER * _STICK), 1)
    places = [tuple(place) for place in (points[:, :2] * _FINER).tolist()]
    found = points[:, 2] > 0
    for color, (start, end) in zip(_COLORS, LIMBS, strict=False):
        if found[start] and found[end]:
            dark = tuple(round(0.6 * channel) for channel in color)
            pen.line([places[start], places[end]], dark, stick_px)
    for color, (x, y), there in zip(_COLORS, places, found, strict=True):
        if there:
            pen.ellipse((x - stick_px, y - stick_px, x + stick_px, y + stick_px), color)
    return np.asarray(picture.reduce(_FINER))
