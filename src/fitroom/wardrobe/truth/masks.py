"""Where a model may paint: a mask made from the bare body alone, so that it cannot tell the shape of the old garment.

It covers every part of the body the region's garments may touch, arms whole whatever the sleeve, widened by a generous
rim, and a wide A below the waist where cloth may hang free. Hands, face, hair and shoes are kept; they are read from
the bare body with its hair and shoes, never from the dressed picture. The same body in the same pose therefore has the
same mask in every garment. Cloth that leaves it all the same stays in the picture: :func:`spill_px` counts it, and
cases with much of it are better dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, binary_fill_holes, distance_transform_edt, uniform_filter

from fitroom.contracts import HIPS, Part
from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import BodyPart
from fitroom.wardrobe.patterns.pattern import Region
from fitroom.wardrobe.truth.maps import UndressedMaps

GREY = 128

_UPPER_ARMS = (BodyPart.LEFT_UPPER_ARM, BodyPart.RIGHT_UPPER_ARM)
_FOREARMS = (BodyPart.LEFT_FOREARM, BodyPart.RIGHT_FOREARM)
_HANDS = (BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND)
_THIGHS = (BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH)
_SHINS = (BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN)
_FEET = (BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT)
_ARMS = (*_UPPER_ARMS, *_FOREARMS)
_LEGS = (*_THIGHS, *_SHINS)

_CUFF_CM = 5.0  # a cuff may cover this much of the hand, a leg this much of the shoe
_SLEEVE_RIM_CM = 5.0  # beside the hand, for sleeves that end beyond the wrist
_CHIN_CM = 1.5  # a collar this much of the head above the neck
_DENSE = 0.6  # hair covers at least this much round a pixel that is kept; clothes show through loose strands


@dataclass(frozen=True)
class _Shape:
    """What a region's mask covers, cm in the plane of the body.

    Attributes:
        upper: torso and arms belong to it.
        legs: thighs and shins belong to it.
        rim_cm: how far beyond the body it goes.
        a_from_cm, a_to_cm: where the A begins and ends, below the hip joints; None = at the foot.
        a_slope: how much wider the A gets on either side, per cm down.
    """

    upper: bool
    legs: bool
    rim_cm: float
    a_from_cm: float
    a_to_cm: float | None
    a_slope: float


_SHAPES: dict[Region, _Shape] = {
    "top": _Shape(True, False, 7.0, -12.0, 26.0, 0.25),
    "outerwear": _Shape(True, True, 9.0, -12.0, None, 0.25),
    "dress": _Shape(True, True, 8.0, -14.0, None, 0.40),
    "bottom": _Shape(False, True, 7.0, -16.0, None, 0.40),
}
_CLOTHES: dict[Region, tuple[Part, ...]] = {
    "top": (Part.TOP,),
    "outerwear": (Part.OUTERWEAR,),
    "dress": (Part.DRESS, Part.JUMPSUIT),
    "bottom": (Part.TROUSERS, Part.SKIRT),
}


def repaint_mask(maps: UndressedMaps, keypoints: np.ndarray, region: Region) -> np.ndarray:
    """Where the model may paint.

    Args:
        maps: of the bare body with its hair and shoes, in the photo's camera.
        keypoints: (17, 3) px, of the same photo; they need not be visible.
        region: of the garment.

    Returns:
        (H, W) bool.
    """
    if region not in _SHAPES:
        raise ConfigError("unknown region", where="region", rule=", ".join(_SHAPES), got=region)
    shape, scale = _SHAPES[region], maps.camera.px_per_cm
    hip_px = float(keypoints[HIPS, 1].mean())
    start_px = hip_px + shape.a_from_cm * scale
    below = np.arange(maps.body_part.shape[0])[:, None] + 0.5 >= start_px
    lower = np.isin(maps.body_part, (BodyPart.TORSO, *_LEGS)) & below
    covered = _grown(lower, shape.rim_cm * scale) if shape.legs else np.zeros_like(lower)
    if shape.upper:
        covered |= _grown(np.isin(maps.body_part, (BodyPart.TORSO, BodyPart.NECK, *_ARMS)), shape.rim_cm * scale)
        covered |= _grown(np.isin(maps.body_part, _HANDS), _SLEEVE_RIM_CM * scale)
    end_px = _foot_px(maps) if shape.a_to_cm is None else hip_px + shape.a_to_cm * scale
    covered |= _a_shape(lower, start_px, end_px, shape.rim_cm * scale, shape.a_slope)
    # Cloth hangs in the gap between arm and body. The outermost pixels of what is kept are mixed with what lies behind.
    mask: np.ndarray = binary_fill_holes(covered) & ~binary_erosion(_kept(maps, shape, scale), border_value=1)
    return mask


def agnostic(
    person_u8: np.ndarray, maps: UndressedMaps, keypoints: np.ndarray, region: Region
) -> tuple[np.ndarray, np.ndarray]:
    """The person photo without its garment.

    Args:
        person_u8: (H, W, 3) uint8.
        maps, keypoints, region: as for :func:`repaint_mask`.

    Returns:
        The photo with the mask filled with grey 128, and the mask, (H, W) bool.
    """
    mask = repaint_mask(maps, keypoints, region)
    if person_u8.shape[:2] != mask.shape:
        raise ConfigError("the photo and the maps differ in size", rule=str(mask.shape), got=person_u8.shape[:2])
    return emptied(person_u8, mask), mask


def emptied(person_u8: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The photo (H, W, 3) uint8 with the mask (H, W) bool filled with grey 128."""
    filled = person_u8.copy()
    filled[mask] = GREY
    return filled


def spill_px(parse: np.ndarray, mask: np.ndarray, region: Region) -> int:
    """Pixels of the worn garment, by the parse of :class:`Part`, that lie outside the mask and so stay in sight."""
    return int((np.isin(parse, _CLOTHES[region]) & ~mask).sum())


def _kept(maps: UndressedMaps, shape: _Shape, scale: float) -> np.ndarray:
    """What stays whatever is worn: hands but the wrists, the head but the jaw, hair, shoes but their tops."""
    part = maps.body_part
    hands, head = np.isin(part, _HANDS), part == BodyPart.HEAD
    feet = np.isin(part, _FEET) | maps.shoes
    if shape.upper:
        hands &= ~_grown(np.isin(part, _FOREARMS), _CUFF_CM * scale)
        head &= ~_grown(part == BodyPart.NECK, _CHIN_CM * scale)
    else:
        hands |= np.isin(part, _ARMS)  # sleeves are not this region's
    if shape.legs:
        feet &= ~_grown(np.isin(part, _SHINS) & ~maps.shoes, _CUFF_CM * scale)
    hair = maps.hair & (uniform_filter(maps.hair.astype(np.float32), 5) > _DENSE)
    return hands | head | hair | feet


def _a_shape(lower: np.ndarray, start_px: float, end_px: float, rim_px: float, slope: float) -> np.ndarray:
    """From the widest the body has been so far, row by row downwards, and ever wider."""
    height, width = lower.shape
    rows = np.arange(height) + 0.5
    columns = np.arange(width)
    left = np.where(lower, columns, width).min(1)
    right = np.where(lower, columns, -1).max(1)
    left, right = np.minimum.accumulate(left), np.maximum.accumulate(right)
    margin = rim_px + slope * np.maximum(rows - start_px, 0)
    inside = (columns >= (left - margin)[:, None]) & (columns <= (right + margin)[:, None])
    begun = (right >= 0) & (rows >= start_px) & (rows <= end_px)
    shape: np.ndarray = inside & begun[:, None]
    return shape


def _foot_px(maps: UndressedMaps) -> float:
    """The lowest row of feet or legs; the picture's end where they go on below it."""
    rows = np.flatnonzero((np.isin(maps.body_part, (*_LEGS, *_FEET)) | maps.shoes).any(1))
    return float(rows[-1] + 1) if len(rows) else 0.0


def _grown(mask: np.ndarray, radius_px: float) -> np.ndarray:
    if not mask.any():
        return mask.copy()
    grown: np.ndarray = distance_transform_edt(~mask) <= radius_px
    return grown
