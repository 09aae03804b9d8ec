"""A garment photo becomes a picture of one size with a mask and a category, or is refused as none of one garment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fitroom.contracts import Part
from fitroom.errors import ImageError
from fitroom.pipelines.prepare.eyes import Eyes, Glance
from fitroom.pipelines.prepare.framing import Window, box_of, garment_window
from fitroom.pipelines.prepare.garment_mask import garment_mask
from fitroom.pipelines.prepare.outcome import CATEGORY_UNSURE, CUT, MASK_UNSURE, NO_PLACE, OUTFIT
from fitroom.pipelines.prepare.person import check_size, enlarged
from fitroom.pipelines.tryon.checks import Flag, judge_garment

# Class of the recogniser -> category of the layouts; other classes have no place there.
CATEGORY_OF_CLASS = {
    "t-shirt": "upper_body", "longsleeve": "upper_body", "shirt": "upper_body", "outwear": "upper_body",
    "outerwear": "upper_body", "top": "upper_body", "pants": "lower_body", "trousers": "lower_body",
    "shorts": "lower_body", "skirt": "lower_body", "bottom": "lower_body", "dress": "dresses",
}  # fmt: skip
SURE_CATEGORY, SURE_MASK = 0.90, 0.90
_OUTFIT_SHARE = 0.15  # of the clothes, for upper and lower part each
_AT_BORDER = 0.03
_CLOTHES = {
    "upper_body": (Part.TOP, Part.OUTERWEAR),
    "lower_body": (Part.TROUSERS, Part.SKIRT),
    "dresses": (Part.DRESS, Part.JUMPSUIT),
}


@dataclass(frozen=True)
class PreparedGarment:
    """A garment photo, ready; H x W is the picture's size.

    Attributes:
        image_u8: (H, W, 3) uint8.
        mask: (H, W) bool.
        category: "upper_body", "lower_body" or "dresses".
        label: the recogniser's most likely class.
        window: part of the photo that it is; it may reach beyond.
        confidence: of "category" and "mask", in [0, 1].
        flags: what is doubtful.
    """

    image_u8: np.ndarray
    mask: np.ndarray
    category: str
    label: str
    window: Window
    confidence: dict[str, float]
    flags: list[Flag] = field(default_factory=list)


def prepare_garment(
    image_u8: np.ndarray, look: Glance, eyes: Eyes, height_px: int, min_px: int, category: str | None = None
) -> PreparedGarment:
    """Prepares a photo.

    Args:
        image_u8: (h, w, 3) uint8 RGB.
        look: of it.
        eyes: what looks at it.
        height_px: of the picture, which is 3/4 of it wide.
        min_px: height the garment's window must have in the photo.
        category: where it is known; None = the recogniser says.

    Raises:
        ImageError: with code ``whole-outfit``, ``no-place`` or ``too-small``.
    """
    label, told, sure = _told(image_u8, eyes)
    flags = list(judge_garment(look.seen))
    mask, mask_sure, at_border = _mask(image_u8, look, bool(flags), category)
    if category is None:
        category, flags = _placed(told, label, sure, flags)
    else:
        sure = 1.0
    window = garment_window(box_of(mask))
    check_size(window, min_px)
    if mask_sure < SURE_MASK:
        flags.append(Flag(MASK_UNSURE, f"the garment is hard to tell from what lies behind it ({mask_sure:.0%})"))
    if at_border > _AT_BORDER:
        flags.append(Flag(CUT, f"the garment reaches the photo's border ({at_border:.0%} of it), so it may be cut"))
    flags += enlarged(window, height_px)
    cut = window.take_mask(mask, height_px)
    confidence = {"category": sure, "mask": mask_sure}
    return PreparedGarment(window.take(image_u8, height_px), cut, category, label, window, confidence, flags)


def _told(image_u8: np.ndarray, eyes: Eyes) -> tuple[str, str | None, float]:
    """The most likely class; the most likely category, None = a place of none, and the probability of its classes."""
    found = eyes.recognizer([image_u8])[0].probabilities
    label = max(found, key=lambda name: found[name])
    sums: dict[str | None, float] = {}
    for name, probability in found.items():
        place = CATEGORY_OF_CLASS.get(name)
        sums[place] = sums.get(place, 0.0) + probability
    best = max(sums, key=lambda place: sums[place])
    return label, best, sums[best]


def _placed(told: str | None, label: str, sure: float, flags: list[Flag]) -> tuple[str, list[Flag]]:
    if told is None:
        raise ImageError(
            f"this seems to be a garment without a place in the layouts: {label}",
            code=NO_PLACE,
            rule="tops, bottoms and dresses",
            got=f"{label}, {sure:.0%}",
            fix="where that is wrong, put it into garments/upper_body, garments/lower_body or garments/dresses",
        )
    if sure < SURE_CATEGORY:
        flags = [*flags, Flag(CATEGORY_UNSURE, f"most likely {told}, by {sure:.0%} only")]
    return told, flags


def _mask(image_u8: np.ndarray, look: Glance, is_worn: bool, category: str | None) -> tuple[np.ndarray, float, float]:
    """Mask, confidence and share of the photo's border; what somebody wears is cut out by the parser, and of an outfit
    what the category says, where it is known."""
    if not is_worn:
        found = garment_mask(image_u8)
        return found.mask, found.confidence, found.at_border
    parse = look.person.parse
    counts = {name: int(np.isin(parse, parts).sum()) for name, parts in _CLOTHES.items()}
    total = max(sum(counts.values()), 1)
    if category is not None and counts[category]:
        return look.enlarged(np.isin(parse, _CLOTHES[category]), image_u8.shape), 0.5, 0.0
    if min(counts["upper_body"], counts["lower_body"]) >= _OUTFIT_SHARE * total:
        raise ImageError(
            "the garment photo shows a whole outfit on somebody",
            code=OUTFIT,
            rule="one garment, alone or on a mannequin",
            got=", ".join(f"{count / total:.0%} {name}" for name, count in counts.items()),
            fix="crop the photo to one garment, or put it into garments/upper_body, lower_body or dresses",
        )
    return look.enlarged(np.isin(parse, _CLOTHES[max(counts, key=lambda name: counts[name])]), image_u8.shape), 0.5, 0.0
