"""A square that repeats without a seam, and the leaves, discs and strokes that prints are drawn with."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from fitroom.wardrobe.fabrics.palettes import display, linear
from fitroom.wardrobe.fabrics.prints import Print

Ink = tuple[int, int, int]
SUPER = 4  # drawn finer by this, then averaged
TURN = 2 * np.pi


class Drawing:
    """A square that wraps round at its edges; lengths in cm, y down. ``inks`` are the print's dyes in sRGB."""

    def __init__(self, decor: Print, px_per_cm: float) -> None:
        self.side_cm = decor.repeat_cm[0]
        self.size = max(4, round(self.side_cm * px_per_cm))
        self.scale = self.size * SUPER / self.side_cm
        self.inks: list[Ink] = [_ink(np.array(color.rgb)) for color in decor.palette]
        side_px = self.size * SUPER
        self.image = Image.new("RGB", (side_px, side_px), self.inks[0])
        self._draw = ImageDraw.Draw(self.image)

    def polygon(self, points_cm: np.ndarray, ink: Ink) -> None:
        """Fill a polygon (N, 2), repeated where it crosses the edges."""
        low, high = points_cm.min(0), points_cm.max(0)
        for right in self._shifts(low[0], high[0]):
            for down in self._shifts(low[1], high[1]):
                moved = (points_cm + self.side_cm * np.array([right, down])) * self.scale
                self._draw.polygon(moved.ravel().tolist(), fill=ink)

    def _shifts(self, low_cm: float, high_cm: float) -> range:
        """By how many sides to move an extent so that every part of it falls into the square once."""
        return range(-int(high_cm // self.side_cm), 1 - int(low_cm // self.side_cm))

    def tile(self) -> np.ndarray:
        """(n, n, 3) linear RGB at the asked resolution."""
        return linear(np.asarray(self.image.reduce(SUPER), np.float32) / 255.0)

    def mix(self, first: int, second: int, share: float) -> Ink:
        """An ink between two of the print's."""
        mixed = (1 - share) * np.array(self.inks[first]) + share * np.array(self.inks[second])
        return int(mixed[0]), int(mixed[1]), int(mixed[2])

    def scatter(self, rng: np.random.Generator, gap_cm: float, most: int = 400) -> list[tuple[float, float]]:
        """Random places at least ``gap_cm`` apart, also across the edges."""
        places: list[tuple[float, float]] = []
        for place in rng.uniform(0.0, self.side_cm, size=(most, 2)):
            apart = np.abs(np.array(places).reshape(-1, 2) - place)
            apart = np.minimum(apart, self.side_cm - apart)
            if not len(places) or float(np.hypot(apart[:, 0], apart[:, 1]).min()) >= gap_cm:
                places.append((float(place[0]), float(place[1])))
        return places


def _ink(rgb: np.ndarray) -> Ink:
    red, green, blue = np.round(display(rgb) * 255.0).astype(int)
    return int(red), int(green), int(blue)


def disc(x: float, y: float, radius: float, squash: float = 1.0, angle: float = 0.0, wobble: float = 0.0) -> np.ndarray:
    """(28, 2) an ellipse, optionally turned and with a wavy rim."""
    turn = np.linspace(0.0, TURN, 28, endpoint=False)
    rim = radius * (1.0 + wobble * np.sin(3 * turn + 7 * x) + 0.6 * wobble * np.sin(5 * turn + 5 * y))
    return placed(np.stack([rim * np.cos(turn), squash * rim * np.sin(turn)], 1), x, y, angle)


def leaf(x: float, y: float, angle: float, length: float, width: float) -> np.ndarray:
    """(24, 2) a pointed leaf or petal growing from (x, y)."""
    t = np.linspace(0.0, 1.0, 12)
    half = 0.5 * width * np.sin(np.pi * t**0.8)
    outline = np.concatenate([np.stack([length * t, half], 1), np.stack([length * t, -half], 1)[::-1]])
    return placed(outline, x, y, angle)


def stroke(points: np.ndarray, width: float) -> np.ndarray:
    """(2N, 2) a tapering line along (N, 2)."""
    along = np.gradient(points, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / np.hypot(along[:, 0], along[:, 1])[:, None]
    half = 0.5 * width * np.linspace(1.0, 0.5, len(points))[:, None]
    return np.concatenate([points + half * normal, (points - half * normal)[::-1]])


def placed(points: np.ndarray, x: float, y: float, angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]) + (x, y))


def point(place: np.ndarray) -> tuple[float, float]:
    """A row of (N, 2) as x and y."""
    return float(place[0]), float(place[1])
