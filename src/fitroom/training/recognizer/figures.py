"""Pictures a run leaves behind: the worst errors of the select part."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fitroom.contracts import Preprocessing
from fitroom.data.manifest import Manifest
from fitroom.images import decode_rgb_u8, resize_u8

TILE = Preprocessing(height_px=160, width_px=160, resize="pad", mean=[1.0, 1.0, 1.0])
CAPTION_PX = 44


def error_grid(
    manifest: Manifest, classes: list[str], probabilities_NC: np.ndarray, targets_N: np.ndarray, count: int
) -> Image.Image | None:
    """The most confident wrong answers as one picture, worst first.

    Args:
        manifest: N photos.
        classes: C names.
        probabilities_NC: of each class.
        targets_N: true class, -1 = not labelled.
        count: tiles at most.

    Returns:
        the picture, or None where nothing was answered wrongly.
    """
    predicted_N = probabilities_NC.argmax(1)
    wrong = np.flatnonzero((targets_N >= 0) & (predicted_N != targets_N))
    if not len(wrong):
        return None
    wrong = wrong[np.argsort(-probabilities_NC[wrong].max(1), kind="stable")][:count]
    columns = min(9, len(wrong))
    tile_height = TILE.height_px + CAPTION_PX
    grid = Image.new("RGB", (columns * TILE.width_px, math.ceil(len(wrong) / columns) * tile_height), "white")
    draw, font = ImageDraw.Draw(grid), ImageFont.load_default(13)
    for place, row in enumerate(wrong):
        left, top = place % columns * TILE.width_px, place // columns * tile_height
        photo_u8 = decode_rgb_u8(manifest.path(manifest.table["sample_id"][row]), at_least=(160, 160))
        grid.paste(Image.fromarray(resize_u8(photo_u8, TILE)), (left, top + CAPTION_PX))
        confidence = probabilities_NC[row].max()
        draw.text((left + 4, top + 4), f"is {classes[targets_N[row]]}", fill="#222222", font=font)
        draw.text((left + 4, top + 22), f"said {classes[predicted_N[row]]} {confidence:.2f}", fill="#b00020", font=font)
    return grid
