"""What is told beside the photos, as a network hears it: measures in cm, standardised, what is known, and category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np

from fitroom.errors import ConfigError
from fitroom.wardrobe.patterns.pattern import CATEGORIES, Region

# Place: (middle, spread) of the wardrobe's population, cm. They only scale, but stored weights mean these very numbers.
EASE_CM: dict[str, tuple[float, float]] = {
    "chest": (18, 14), "waist": (20, 16), "hip": (17, 15), "upper_arm": (15, 8), "neck": (10, 5), "shoulder": (8, 7),
    "thigh": (9, 7),
}  # fmt: skip
GARMENT_CM: dict[str, tuple[float, float]] = {
    "chest": (115, 15), "waist": (107, 18), "hip": (117, 15), "hem": (130, 38), "shoulder": (46, 7), "neck": (18, 2),
    "length": (75, 20), "sleeve": (41, 17), "biceps": (45, 7), "cuff": (30, 6), "thigh": (69, 7), "rise": (25, 3),
    "inseam": (60, 30), "outseam": (85, 30), "leg_opening": (48, 13),
}  # fmt: skip
BODY_CM: dict[str, tuple[float, float]] = {
    "height": (169, 9), "chest": (97, 9), "waist": (86, 9), "hip": (100, 7), "thigh": (60, 5), "neck": (35, 4),
    "upper_arm": (30, 3), "inseam": (81, 5), "back_length": (44, 3), "shoulder_width": (38, 3), "sleeve": (56, 3),
}  # fmt: skip
DRAPE: tuple[float, float] = (0.4, 0.15)
REGIONS: tuple[str, ...] = get_args(Region)

NUM_SIZES = len(EASE_CM) + len(GARMENT_CM) + len(BODY_CM) + 1
NUM_CONDITIONS = 2 * NUM_SIZES + len(REGIONS) + 1 + len(CATEGORIES)
SIZES: tuple[str, ...] = ("ease_cm", "garment_cm", "body_cm", "drape_coefficient")
"""What is told of sizes, by its name in a row of a wardrobe."""
TOLD: tuple[str, ...] = (*SIZES, "region", "category")
_CLIP = 4.0  # a measure far off the chart is no farther than this, in spreads


def condition_vector(
    *,
    ease_cm: Mapping[str, float] | None = None,
    garment_cm: Mapping[str, float] | None = None,
    body_cm: Mapping[str, float] | None = None,
    drape_coefficient: float | None = None,
    region: str | None = None,
    category: str | None = None,
    masked: bool = False,
) -> np.ndarray:
    """What is told, as one vector; whatever is None or not among the places above is "not known".

    Args:
        ease_cm: garment less body by place, cm (:func:`fitroom.wardrobe.truth.fit.ease`).
        garment_cm: finished garment measures, girths whole, cm.
        body_cm: tape measures of the body, cm.
        drape_coefficient: of the fabric, 0 limp to 1 stiff.
        region: top, bottom, dress or outerwear.
        category: one of the wardrobe's; another word is "not known".
        masked: a repaint mask is given.

    Returns:
        (NUM_CONDITIONS,) float32: standardised values, 0 where not known; flags of what is known; region; masked;
        category.

    Raises:
        ConfigError: no such region, or a measure that is no finite number.
    """
    if region is not None and region not in REGIONS:
        raise ConfigError("unknown region", where="region", rule=", ".join(REGIONS), got=region)
    drape = None if drape_coefficient is None else {"drape_coefficient": drape_coefficient}
    values, known = [], []
    for name, given, scales in (
        ("ease_cm", ease_cm, EASE_CM),
        ("garment_cm", garment_cm, GARMENT_CM),
        ("body_cm", body_cm, BODY_CM),
        ("drape", drape, {"drape_coefficient": DRAPE}),
    ):
        for place, (middle, spread) in scales.items():
            value = (given or {}).get(place)
            known.append(value is not None)
            values.append(0.0 if value is None else (_finite(value, f"{name}.{place}") - middle) / spread)
    where = [region == name for name in REGIONS]
    called = [category == name for name in CATEGORIES]
    return np.concatenate([np.clip(values, -_CLIP, _CLIP), known, where, [masked], called]).astype(np.float32)


def drop_sizes(conditions: Any) -> Any:
    """Conditions (..., NUM_CONDITIONS), array or tensor, with all sizes unknown; all else stays."""
    dropped = conditions.copy() if isinstance(conditions, np.ndarray) else conditions.clone()
    dropped[..., : 2 * NUM_SIZES] = 0
    return dropped


def _finite(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise ConfigError("a measure is no number", where=where, rule="a finite number of cm", got=value)
    return number
