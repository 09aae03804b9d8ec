"""Garments cut out of their pictures, so that one worn and one in a shop photo look as much alike as they can.

A cut-out is the garment's box on grey, scaled into a fixed size, with the mask of what is garment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import binary_fill_holes, label

from fitroom.contracts import Part, Preprocessing
from fitroom.errors import ImageError

GREY = 128
# Parts that one garment may show as: a parse does not tell a skirt from the skirt of a dress for sure.
PARTS_OF_REGION = {
    "top": (Part.TOP,),
    "outerwear": (Part.OUTERWEAR,),
    "dress": (Part.DRESS, Part.JUMPSUIT),
    "bottom": (Part.TROUSERS, Part.SKIRT),
}
_LEAST_PX = 64  # of garment in the picture
_APART = 14.0  # of 255, between a colour and the shop photo's ground, to count as garment
_BORDER_PX = 4
_PIECE = 0.05  # of the largest: a smaller piece is none of the garment's


class Cutout(NamedTuple):
    """A garment alone.

    Attributes:
        image_u8: (h, w, 3) uint8 RGB, grey outside the garment.
        mask: (h, w) bool.
    """

    image_u8: np.ndarray
    mask: np.ndarray


def cut_out(image_u8: np.ndarray, mask: np.ndarray, spec: Preprocessing) -> Cutout:
    """The garment's box, scaled to fit into the middle of (spec.height_px, spec.width_px).

    Args:
        image_u8: (H, W, 3) uint8 RGB.
        mask: (H, W) bool of the garment.
        spec: gives the size alone.

    Raises:
        ImageError: next to nothing of the picture is garment.
    """
    if mask.sum() < _LEAST_PX:
        raise ImageError("no garment was found in the picture", rule=f"{_LEAST_PX} px or more", got=int(mask.sum()))
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut_u8 = np.where(mask[box][..., None], image_u8[box], np.uint8(GREY))
    height, width = cut_u8.shape[:2]
    scale = min(spec.height_px / height, spec.width_px / width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small_u8 = np.asarray(Image.fromarray(cut_u8).resize(size, Image.Resampling.BILINEAR))
    small = np.asarray(Image.fromarray(mask[box].astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)) > 127
    top, left = (spec.height_px - size[1]) // 2, (spec.width_px - size[0]) // 2
    whole_u8 = np.full((spec.height_px, spec.width_px, 3), GREY, np.uint8)
    whole = np.zeros((spec.height_px, spec.width_px), bool)
    whole_u8[top : top + size[1], left : left + size[0]] = small_u8
    whole[top : top + size[1], left : left + size[0]] = small
    return Cutout(whole_u8, whole)


def worn_mask(parse: np.ndarray, region: str) -> np.ndarray:
    """(H, W) bool of what somebody wears in a region.

    Args:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`.
        region: top, outerwear, dress or bottom.
    """
    return np.isin(parse, PARTS_OF_REGION[region])


def product_mask(image_u8: np.ndarray) -> np.ndarray:
    """(H, W) bool of the garment in a shop photo on a plain ground: what differs from the border, and what that closes
    in. A white garment on white is found by its outline; on a patterned ground everything is."""
    border = np.concatenate(
        [image_u8[:_BORDER_PX].reshape(-1, 3), image_u8[-_BORDER_PX:].reshape(-1, 3),
         image_u8[:, :_BORDER_PX].reshape(-1, 3), image_u8[:, -_BORDER_PX:].reshape(-1, 3)]
    )  # fmt: skip
    apart = np.abs(image_u8.astype(np.int16) - np.median(border, 0)).max(-1) > _APART
    named, count = label(binary_fill_holes(apart))
    if not count:
        return np.ones(apart.shape, bool)
    sizes = np.bincount(named.ravel())[1:]
    found: np.ndarray = np.isin(named, 1 + np.flatnonzero(sizes >= _PIECE * sizes.max()))
    return found
