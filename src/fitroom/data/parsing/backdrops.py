"""Things behind a person that no studio has: clouds of noise, ramps, heaps of shapes, and cut-outs of other photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
OCTAVES = (2, 4, 8, 16, 32, 64)


class Backdrops:
    """Draws pictures to put behind a person.

    Args:
        folder: photos to cut pieces from, besides what is painted; "" = none.

    Raises:
        DataError: the folder is not there, or holds no photo.
    """

    def __init__(self, folder: str = "") -> None:
        self.files: list[Path] = []
        if folder:
            self.files = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
            if not self.files:
                raise DataError(
                    "there are no photos for backgrounds", where=folder, rule=f"files of {', '.join(sorted(SUFFIXES))}"
                )

    def draw(self, rng: np.random.Generator, height_px: int, width_px: int) -> np.ndarray:
        """(height_px, width_px, 3) uint8; the same for the same state of ``rng``."""
        kind = rng.random()
        if self.files and kind < 0.45:
            return self._piece(rng, height_px, width_px)
        if kind < 0.6:
            return _ramp(rng, height_px, width_px)
        clouds = _clouds(rng, height_px, width_px)
        return clouds if kind < 0.78 else _shapes(clouds, rng)

    def _piece(self, rng: np.random.Generator, height_px: int, width_px: int) -> np.ndarray:
        """A part of a photo, from a sixth of its side to all of it, mirrored, turned, blurred or not."""
        path = self.files[int(rng.integers(len(self.files)))]
        photo = Image.fromarray(decode_rgb_u8(path, at_least=(256, 256)))
        share = rng.uniform(0.16, 1.0)
        wide, tall = photo.width * share, photo.height * share
        left, top = rng.uniform(0, photo.width - wide), rng.uniform(0, photo.height - tall)
        piece = photo.resize((width_px, height_px), Image.Resampling.BILINEAR, box=(left, top, left + wide, top + tall))
        if rng.random() < 0.5:
            piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if rng.random() < 0.4:
            piece = piece.filter(ImageFilter.BoxBlur(float(rng.uniform(0.5, 6))))
        return np.asarray(piece)


def _ramp(rng: np.random.Generator, height_px: int, width_px: int) -> np.ndarray:
    corners: np.ndarray = rng.integers(0, 256, (2, 2, 3)).astype(np.float32)
    if rng.random() < 0.5:  # nearly one colour, as a wall
        corners = corners[:1, :1] + rng.normal(0, 15, corners.shape)
    return _enlarged(np.clip(corners, 0, 255), height_px, width_px)


def _clouds(rng: np.random.Generator, height_px: int, width_px: int) -> np.ndarray:
    """Noise of several scales, each finer one weaker, about one colour."""
    power, total = rng.uniform(0.3, 1.1), np.zeros((height_px, width_px, 3), np.float32)
    is_gray = rng.random() < 0.5
    for cells in OCTAVES:
        if cells > min(height_px, width_px):
            break
        coarse = rng.normal(0, 1, (cells, cells, 1 if is_gray else 3)).astype(np.float32)
        coarse = np.broadcast_to(coarse, (cells, cells, 3)) * 100 + 128
        total += (_enlarged(np.clip(coarse, 0, 255), height_px, width_px).astype(np.float32) - 128) / cells**power
    return np.clip(rng.uniform(20, 235, 3) + rng.uniform(0.2, 1.2) * total, 0, 255).astype(np.uint8)


def _shapes(ground_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Boxes, discs, bars and poles, as furniture, windows and railings have."""
    height, width = ground_u8.shape[:2]
    picture = Image.fromarray(ground_u8)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(3, 30))):
        color = tuple(int(value) for value in rng.integers(0, 256, 3))
        x, y = rng.uniform(-0.1, 1, 2) * (width, height)
        wide, tall = np.exp(rng.uniform(-3.5, -0.3, 2)) * (width, height)
        kind = rng.random()
        if kind < 0.4:
            draw.rectangle((x, y, x + wide, y + tall), fill=color)
        elif kind < 0.6:
            draw.ellipse((x, y, x + wide, y + tall), fill=color)
        else:
            end = rng.uniform(-0.2, 1.2, 2) * (width, height)
            draw.line((x, y, *end), fill=color, width=int(rng.integers(1, max(width // 25, 2))))
    if rng.random() < 0.6:
        picture = picture.filter(ImageFilter.BoxBlur(float(rng.uniform(0.5, 5))))
    return np.asarray(picture)


def _enlarged(coarse: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    picture = Image.fromarray(coarse.astype(np.uint8))
    return np.asarray(picture.resize((width_px, height_px), Image.Resampling.BICUBIC))
