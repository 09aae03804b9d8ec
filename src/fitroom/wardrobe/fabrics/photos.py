"""Photo prints: the middle of a picture from a folder, mirrored so that it repeats without a seam."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from fitroom.errors import DataError
from fitroom.wardrobe.fabrics.palettes import linear
from fitroom.wardrobe.fabrics.prints import Print

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_STREAM = 71_005
_CROP = 0.6  # share of the shorter side that is used; borders of photos are dull


def photo_tile(decor: Print, px_per_cm: float, folder: Path) -> np.ndarray:
    """(n, n, 3) linear RGB: four mirror images of one crop, the picture chosen by the print's index.

    Raises:
        DataError: a folder without pictures, or a file that is not one.
    """
    files = photo_files(folder)
    path = files[int(np.random.default_rng([decor.index, _STREAM]).integers(len(files)))]
    size = max(2, round(0.5 * decor.repeat_cm[0] * px_per_cm))
    crop = linear(np.asarray(_middle(path, size), np.float32) / 255.0)
    half = np.concatenate([crop, crop[:, ::-1]], axis=1)
    return np.concatenate([half, half[::-1]], axis=0)


@lru_cache(maxsize=4)
def photo_files(folder: Path) -> tuple[Path, ...]:
    """The pictures in a folder and below, sorted by path."""
    files = tuple(sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES))
    if not files:
        raise DataError(
            "no pictures for photo prints",
            where=folder,
            rule=f"a folder with files named {', '.join(SUFFIXES)}",
            got="no such file" if folder.is_dir() else "no such folder",
            fix="name another folder, or leave photos out",
        )
    return files


def _middle(path: Path, size: int) -> Image.Image:
    try:
        with Image.open(path) as image:
            rgb = image.convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(
            "a photo for prints cannot be read", where=path, got=str(error), fix="remove or replace the file"
        ) from error
    side = _CROP * min(rgb.size)
    left, top = (rgb.width - side) / 2, (rgb.height - side) / 2
    return rgb.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
