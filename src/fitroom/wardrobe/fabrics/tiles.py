"""One seamless repeat of any print as an array."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from fitroom.wardrobe.fabrics.motifs import motif_tile
from fitroom.wardrobe.fabrics.photos import photo_tile
from fitroom.wardrobe.fabrics.prints import Print
from fitroom.wardrobe.fabrics.stripes import check_tile, stripe_tile


@lru_cache(maxsize=8)
def print_tile(decor: Print, px_per_cm: float, photos: Path | None = None) -> np.ndarray:
    """(h, w, 3) float32 linear RGB in [0, 1] of one repeat, row 0 on top; (1, 1, 3) where the ground is plain.

    Without a folder of photos, photo prints show their ground.
    """
    if decor.pattern == "stripe":
        tile = stripe_tile(decor, px_per_cm)
    elif decor.pattern == "check":
        tile = check_tile(decor, px_per_cm)
    elif decor.pattern in {"floral", "dots", "print"}:
        tile = motif_tile(decor, px_per_cm)
    elif decor.pattern == "photo" and photos is not None:
        tile = photo_tile(decor, px_per_cm, photos)
    else:
        tile = np.array(decor.palette[0].rgb).reshape(1, 1, 3)
    tile = np.ascontiguousarray(np.clip(tile, 0.0, 1.0), np.float32)
    tile.setflags(write=False)
    return tile
