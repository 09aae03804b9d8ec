"""What is drawn on a garment or added to it: bands, ribs, plackets, buttons, pockets, zips, collars and hoods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fitroom.wardrobe.patterns.pattern import Category, Design

Details = dict[str, float | str | bool]


def details_for(design: Design, rng: np.random.Generator) -> Design:
    """The design with its details filled in."""
    return replace(design, details=_MAKERS[design.category](design, rng))


def _chance(rng: np.random.Generator, share: float) -> bool:
    return bool(rng.random() < share)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.round(rng.uniform(low, high), 1))


def _jersey(design: Design, rng: np.random.Generator) -> Details:
    details: Details = {"hem_stitch_cm": 2.0, "neckband_cm": _between(rng, 1.4, 2.6)}
    if design.neckline == "turtle":
        details.pop("neckband_cm")
    if design.sleeve == "none":
        details["armhole_band_cm"] = 1.2
    elif design.sleeve == "long" and _chance(rng, 0.4):
        details["cuff_rib_cm"] = _between(rng, 4, 6)
    if design.category == "t-shirt" and _chance(rng, 0.15):
        details["pockets"] = "chest"
    return details


def _polo(_: Design, rng: np.random.Generator) -> Details:
    placket: Details = {"placket": "half", "placket_cm": _between(rng, 12, 16), "buttons": float(rng.integers(2, 4))}
    return {"collar": "polo", **placket, "cuff_rib_cm": 2.5, "hem_stitch_cm": 2.0}


def _shirt(design: Design, rng: np.random.Generator) -> Details:
    details: Details = {"collar": "shirt", "placket": "full", "placket_cm": 3.2, "buttons": 7.0, "hem_stitch_cm": 0.8}
    details["yoke"] = _between(rng, 7, 9)
    if design.sleeve == "long":
        details["cuff_band_cm"] = 6.0
    if _chance(rng, 0.55):
        details["pockets"] = "chest"
    return details


def _sweater(design: Design, rng: np.random.Generator) -> Details:
    details: Details = {"cuff_rib_cm": _between(rng, 5, 7), "hem_rib_cm": _between(rng, 5, 7)}
    return details if design.neckline == "turtle" else details | {"neckband_cm": _between(rng, 2.4, 3.4)}


def _hoodie(_: Design, rng: np.random.Generator) -> Details:
    ribs: Details = {"cuff_rib_cm": _between(rng, 5, 7), "hem_rib_cm": _between(rng, 5, 7)}
    return {"hood": True, "pockets": "kangaroo", "drawstring": _chance(rng, 0.8), "zip": _chance(rng, 0.3), **ribs}


def _blouse(design: Design, rng: np.random.Generator) -> Details:
    details: Details = {"hem_stitch_cm": 1.0}
    if design.neckline == "collar":
        details |= {"collar": "shirt", "placket": "full", "placket_cm": 2.6, "buttons": 7.0}
    else:
        details |= {"neckband_cm": 0.8, "pleats": _chance(rng, 0.2)}
    return details | {"cuff_band_cm": 4.0} if design.sleeve == "long" else details


def _jacket(design: Design, rng: np.random.Generator) -> Details:
    details: Details = {"pockets": "welt" if _chance(rng, 0.6) else "patch", "open": _chance(rng, 0.3)}
    if design.neckline == "crew" or design.style == "sporty":
        details |= {"zip": True, "cuff_rib_cm": 6.0, "hem_rib_cm": 6.0}
    elif _chance(rng, 0.4):
        details |= {"buttons": 6.0, "placket": "full", "placket_cm": 3.5, "hem_stitch_cm": 1.5}
    else:
        details |= {"zip": True, "hem_stitch_cm": 1.5}
    return details | _neck_trim(design) | ({"neckband_cm": 4.0} if design.neckline == "crew" else {})


def _coat(design: Design, rng: np.random.Generator) -> Details:
    front: Details = {
        "placket": "full",
        "placket_cm": 5.0,
        "buttons": float(rng.integers(3, 6)),
        "open": _chance(rng, 0.35),
    }
    pockets = "flap" if _chance(rng, 0.5) else "welt"
    return {**front, "pockets": pockets, "hem_stitch_cm": 3.0, **_neck_trim(design)}


def _neck_trim(design: Design) -> Details:
    if design.neckline == "hood":
        return {"hood": True}
    return {"collar": "coat"} if design.neckline == "collar" else {}


def _dress(design: Design, rng: np.random.Generator) -> Details:
    details: Details = {"hem_stitch_cm": 1.5}
    if design.neckline != "turtle":
        details["neckband_cm"] = 0.8
    if design.sleeve == "none":
        details["armhole_band_cm"] = 0.8
    if design.cut in ("flared", "a-line") and _chance(rng, 0.35):
        details["belt_cm"] = _between(rng, 2.5, 4)
    if _chance(rng, 0.25):
        details |= {"buttons": 9.0, "placket": "full", "placket_cm": 2.6}
    return details


def _skirt(design: Design, rng: np.random.Generator) -> Details:
    details: Details = {"waistband_cm": _between(rng, 3, 4), "hem_stitch_cm": 2.0, "zip": design.cut == "straight"}
    if design.cut == "a-line" and _chance(rng, 0.3):
        details |= {"buttons": 7.0, "placket": "full", "placket_cm": 3.0}
    return details | ({"pleats": True} if design.cut == "flared" and _chance(rng, 0.3) else {})


def _trousers(design: Design, rng: np.random.Generator) -> Details:
    if design.cut == "tapered" or design.style == "sporty":
        cuff: Details = {"cuff_rib_cm": 6.0} if design.cut == "tapered" else {"hem_stitch_cm": 2.5}
        return {"waistband_cm": 4.5, "drawstring": True, "pockets": "slash", **cuff}
    details: Details = {"waistband_cm": 4.0, "fly": True, "belt_loops": True, "hem_stitch_cm": 2.0}
    details["pockets"] = "five" if design.style in ("casual", "street") else "slash"
    return details | ({"pleats": True} if design.style == "business" and _chance(rng, 0.4) else {})


_MAKERS: dict[Category, Callable[[Design, np.random.Generator], Details]] = {
    "t-shirt": _jersey,
    "polo": _polo,
    "shirt": _shirt,
    "longsleeve": _jersey,
    "sweater": _sweater,
    "hoodie": _hoodie,
    "tank": _jersey,
    "blouse": _blouse,
    "jacket": _jacket,
    "coat": _coat,
    "dress": _dress,
    "skirt": _skirt,
    "trousers": _trousers,
    "shorts": _trousers,
}
