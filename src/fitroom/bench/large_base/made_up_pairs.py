"""Made-up pairs of person and garment in the layout of VITON-HD, with repaint masks; all different."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from fitroom.bench.photos import make_photos

SIZE_PX = (768, 1024)  # width, height, as VITON-HD has them


def make_pairs_folder(folder: Path, count: int, size_px: tuple[int, int] = SIZE_PX) -> Path:
    """Writes ``train/{image,cloth,agnostic-mask}`` and their list; a mask covers the middle of the person.

    Args:
        folder: to be made.
        count: pairs.
        size_px: width and height of all.
    """
    photos = make_photos(folder / "photos", 2 * count, size_px)
    files = [photos.path(name) for name in photos.table["sample_id"]]
    stems = [f"{place:05d}_00" for place in range(count)]
    for kind, of_kind in (("image", files[:count]), ("cloth", files[count:])):
        (folder / "train" / kind).mkdir(parents=True)
        for stem, file in zip(stems, of_kind, strict=True):
            file.rename(folder / "train" / kind / f"{stem}.jpg")
    width, height = size_px
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = 255
    masks = folder / "train" / "agnostic-mask"
    masks.mkdir()
    for stem in stems:
        Image.fromarray(mask).save(masks / f"{stem}_mask.png", compress_level=1)
    listed = "".join(f"{stem}.jpg {stem}.jpg\n" for stem in stems)
    (folder / "train_pairs.txt").write_text(listed, encoding="utf-8")
    return folder
