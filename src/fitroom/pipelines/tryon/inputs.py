"""What every try-on pipeline takes and checks: pictures, masks, steps, and what is known of the size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from fitroom.data.tryon.conditions import REGIONS, condition_vector
from fitroom.errors import ConfigError
from fitroom.images import u8_to_signed
from fitroom.wardrobe.patterns.pattern import Region
from fitroom.wardrobe.truth.fit import ease

MAX_STEPS = 64
# The wardrobe's categories, and other words that shops and data sets use; some mean a category of the wardrobe.
REGION_OF_CATEGORY: dict[str, Region] = {
    "dress": "dress", "jumpsuit": "dress", "trousers": "bottom", "shorts": "bottom", "skirt": "bottom",
    "jeans": "bottom", "pants": "bottom", "coat": "outerwear", "outwear": "outerwear", "jacket": "outerwear",
    "t-shirt": "top", "longsleeve": "top", "shirt": "top", "blouse": "top", "sweater": "top", "hoodie": "top",
    "polo": "top", "tank": "top",
}  # fmt: skip
_SAME_AS = {"jeans": "trousers", "pants": "trousers"}


def told(
    *,
    category: str | None = None,
    region: str | None = None,
    garment_cm: Mapping[str, float] | None = None,
    body_cm: Mapping[str, float] | None = None,
    ease_cm: Mapping[str, float] | None = None,
    drape_coefficient: float | None = None,
    masked: bool = False,
) -> np.ndarray:
    """What is known, as a network hears it: (NUM_CONDITIONS,) float32.

    The region follows from the category where it is not given, and ease from garment and body where both are.

    Raises:
        ConfigError: see :func:`~fitroom.data.tryon.conditions.condition_vector`.
    """
    region = region if region is not None else REGION_OF_CATEGORY.get(category or "")
    if ease_cm is None and garment_cm and body_cm and region in REGIONS:
        ease_cm = ease(garment_cm, body_cm, region)  # type: ignore[arg-type]
    return condition_vector(
        ease_cm=ease_cm,
        garment_cm=garment_cm,
        body_cm=body_cm,
        drape_coefficient=drape_coefficient,
        region=region,
        category=_SAME_AS.get(category or "", category),
        masked=masked,
    )


def checked_steps(steps: int | None, usual: int) -> int:
    """The steps that are asked for, or the usual ones; raises ConfigError where there cannot be so many."""
    if steps is None:
        return usual
    if not 1 <= steps <= MAX_STEPS:
        raise ConfigError("that many denoising steps are not possible", rule=f"1 to {MAX_STEPS}", got=steps)
    return steps


def signed(picture_u8: np.ndarray) -> torch.Tensor:
    """(H, W, 3) uint8 to (1, 3, H, W) signed."""
    return u8_to_signed(torch.from_numpy(np.array(picture_u8))).permute(2, 0, 1)[None]


def checked_mask(mask: np.ndarray | None, person_u8: np.ndarray) -> torch.Tensor | None:
    """(H, W) bool to (1, 1, H, W) float; raises ConfigError where it does not fit the photo."""
    if mask is None:
        return None
    if mask.dtype != np.bool_ or mask.shape != person_u8.shape[:2]:
        raise ConfigError(
            "the repaint mask does not fit the person photo",
            where="repaint_mask",
            rule=f"bool of shape {person_u8.shape[:2]}",
            got=f"{mask.dtype} of shape {mask.shape}",
        )
    return torch.from_numpy(mask.astype(np.float32))[None, None]


def checked_person_mask(mask: np.ndarray, person_u8: np.ndarray) -> np.ndarray:
    """(H, W) float32 in [0, 1], as it is; raises ConfigError where it does not fit the photo."""
    fits = mask.shape == person_u8.shape[:2] and np.issubdtype(mask.dtype, np.floating)
    if not fits or not (mask.min() >= 0 and mask.max() <= 1):  # nan is neither
        raise ConfigError(
            "the person mask does not fit the person photo",
            where="person_mask",
            rule=f"float of shape {person_u8.shape[:2]}, each value in [0, 1]",
            got=f"{mask.dtype} of shape {mask.shape}" + (f", {mask.min()} to {mask.max()}" if fits else ""),
        )
    return mask


def require_picture(name: str, picture: np.ndarray) -> None:
    """Raises ConfigError where it is no RGB picture of at least 32 px a side."""
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        got = f"{picture.dtype} of shape {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
        raise ConfigError(f"{name} is not an RGB picture", rule="uint8 of shape (H, W, 3)", got=got)
    if min(picture.shape[:2]) < 32:
        raise ConfigError(f"{name} is too small", rule="each side at least 32 px", got=picture.shape[:2])
