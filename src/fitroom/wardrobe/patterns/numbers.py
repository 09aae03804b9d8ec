"""A design's words turned into its numbers: eases, ratios and lengths in size M, cm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fitroom.wardrobe.patterns.cuts import (
    DRESS_CUTS,
    DRESS_LENGTH_CM,
    LENGTH_CHANGE_CM,
    LONG_CUFF_CM,
    NECKS,
    SHORTS_INSEAM_RATIO,
    SKIRT_HEM_RATIO,
    SKIRT_LENGTH_CM,
    SLEEVE_RATIO,
    TOP_LENGTH_CM,
    TROUSER_CUTS,
    UPPER_CUTS,
    jitter,
)
from fitroom.wardrobe.patterns.grading import body_chart
from fitroom.wardrobe.patterns.pattern import Design

OUTER_EASE_CM = 6.0  # coats go over a layer
OUTER_SLEEVE, OVERSIZED_SLEEVE, UNISEX_SLEEVE = 0.02, -0.03, -0.02  # on the ratio of long sleeves


def numbers_for(design: Design, rng: np.random.Generator) -> Design:
    """The design with its numbers filled in."""
    if design.category == "skirt":
        numbers = _skirt(design, rng)
    elif design.region == "bottom":
        numbers = _trousers(design, rng)
    else:
        numbers = _upper(design, rng)
    return replace(design, numbers={name: round(value, 4) for name, value in numbers.items()})


def _upper(design: Design, rng: np.random.Generator) -> dict[str, float]:
    woman = design.sex == "female"
    cut = (DRESS_CUTS if design.region == "dress" else UPPER_CUTS)[design.cut]
    outer = design.region == "outerwear"
    waist, hip, hem = cut.ratios["female" if woman else "male"]
    numbers = {
        "chest_ease_cm": jitter(rng, *cut.ease_cm) + (OUTER_EASE_CM if outer else 0.0),
        "shoulder_drop_cm": jitter(rng, *cut.drop_cm, step=0.25) + (0.5 if outer else 0.0),
        "armhole_ease_cm": cut.armhole_cm + (1.0 if outer else 0.0) - (0.7 if woman else 0.0),
        "waist_ratio": waist,
        "hip_ratio": hip,
        "hem_ratio": hem + (0.05 * float(rng.uniform(-1, 1)) if design.cut in ("a-line", "flared") else 0.0),
        "length_cm": _length(design) + jitter(rng, -2.0, 2.0),
        "scoop_cm": 0.5 if design.cut == "oversized" else 1.8,
        "cap_ratio": cut.cap_ratio + (0.04 if outer else 0.0),
        "cap_ease_cm": 0.8 if outer else 0.4,
        "sector_deg": _sector(design, rng),
    }
    if design.region == "dress" and design.cut == "a-line":
        numbers["hem_ratio"] += 0.006 * (numbers["length_cm"] - 99)
    if design.category == "coat" and design.cut == "a-line":
        numbers["hem_ratio"] += 0.16
    numbers |= _neck(design, rng, woman)
    if design.sleeve == "none":
        return numbers | _sleeveless(design)
    return numbers | _sleeve(design, rng, woman, cut.cuff_cm)


def _length(design: Design) -> float:
    if design.region == "dress":
        return DRESS_LENGTH_CM[design.length]
    return TOP_LENGTH_CM[design.category][0 if design.sex == "female" else 1] + LENGTH_CHANGE_CM[design.length]


def _sector(design: Design, rng: np.random.Generator) -> float:
    if design.cut != "flared":
        return 0.0
    return jitter(rng, 45, 90, step=5) if design.length in ("mini", "knee") else jitter(rng, 35, 60, step=5)


def _neck(design: Design, rng: np.random.Generator, woman: bool) -> dict[str, float]:
    width, front, back = NECKS[design.neckline]
    return {
        "neck_cm": width - (1.0 if woman else 0.0) + jitter(rng, -0.4, 0.6, step=0.2),
        "front_neck_cm": front - (0.5 if woman else 0.0) + jitter(rng, -0.5, 0.5, step=0.25),
        "back_neck_cm": back,
        "band_cm": jitter(rng, 5.0, 8.0) if design.neckline == "turtle" else 0.0,
    }


def _sleeveless(design: Design) -> dict[str, float]:
    tank = design.category == "tank"
    inward = (3.5 if design.sex == "female" else 4.5) if tank else 2.0
    return {"shoulder_drop_cm": -inward, "armhole_ease_cm": -1.0 if tank else -1.8, "scoop_cm": 2.2 if tank else 1.8}


def _sleeve(design: Design, rng: np.random.Generator, woman: bool, cuff_ease_cm: float) -> dict[str, float]:
    ratio = SLEEVE_RATIO[design.sleeve][0 if woman else 1] + float(rng.uniform(-0.02, 0.02))
    if design.cut == "oversized" and design.sleeve == "short":
        ratio += 0.08
    if design.sleeve == "long":
        ratio += OUTER_SLEEVE if design.region == "outerwear" else 0.0
        ratio += OVERSIZED_SLEEVE if design.cut == "oversized" else 0.0
        ratio += UNISEX_SLEEVE if design.sex == "unisex" else 0.0
        cuff = LONG_CUFF_CM.get(design.category, 3.5) + (2.0 if design.cut == "oversized" else 0.0)
    else:
        cuff = cuff_ease_cm - (2.5 if design.sleeve == "elbow" else 0.0)
    return {"sleeve_ratio": ratio, "cuff_ease_cm": cuff}


def _skirt(design: Design, rng: np.random.Generator) -> dict[str, float]:
    straight = design.cut == "straight"
    low, high = SKIRT_HEM_RATIO.get(design.cut, (1.0, 1.0))
    length = SKIRT_LENGTH_CM[design.length] + jitter(rng, -2.0, 2.0)
    return {
        "waist_ease_cm": jitter(rng, 0.0, 2.0),
        "hip_ease_cm": jitter(rng, 2.0, 4.0) if straight else jitter(rng, 4.0, 7.0),
        "hem_ratio": float(rng.uniform(low, high)) + (0.0 if straight else 0.005 * (length - 50)),
        "length_cm": length,
        "sector_deg": _sector(design, rng),
    }


def _trousers(design: Design, rng: np.random.Generator) -> dict[str, float]:
    cut, woman = TROUSER_CUTS[design.cut], design.sex == "female"
    shorts = design.category == "shorts"
    body = body_chart(design.sex, "M")
    reach = SHORTS_INSEAM_RATIO.get(design.length, 0.0)
    long = {"long": 1.03 if design.cut in ("flared", "wide") else 0.99, "cropped": 0.86}
    return {
        "waist_ease_cm": jitter(rng, 0.0, 2.0),
        "waist_drop_cm": jitter(rng, 0.0, 4.0) if woman else jitter(rng, 2.0, 5.0),
        "hip_ease_cm": cut.hip_cm + jitter(rng, -0.5, 1.0),
        "thigh_ease_cm": cut.thigh_cm + jitter(rng, -0.5, 1.0) + (2.0 if shorts else 0.0),
        "knee_ease_cm": cut.knee_cm,
        "leg_cm": body["thigh"] * (1.0 - 0.3 * reach) + cut.thigh_cm
        if shorts
        else cut.leg_cm[not woman] + jitter(rng, -1, 1),
        "crotch_ease_cm": 2.0 if design.cut in ("wide", "tapered") else 1.0,
        "inseam_ratio": reach if shorts else long[design.length] + 0.01 * float(rng.uniform(-1, 1)),
    }
