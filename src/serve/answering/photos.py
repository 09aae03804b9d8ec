"""Photos that clients sent, as pixels, no larger than they are needed."""

from __future__ import annotations

import numpy as np

from fitroom.images import ImageLimits, at_most_u8, decode_rgb_u8

MIN_SIDE_PX = 32  # what the pipelines take


def decoded_within(image: bytes, limits: ImageLimits, max_side_px: int) -> np.ndarray:
    """An image file as (h, w, 3) uint8 RGB, scaled down where it is longer than ``max_side_px``.

    Raises:
        ImageError: it cannot be used.
    """
    image_u8 = decode_rgb_u8(image, limits, at_least=(max_side_px, max_side_px))
    return at_most_u8(image_u8, max_side_px, MIN_SIDE_PX, "lanczos")
