"""How a garment fits, from its measures and the body's: ease in cm, and tight, regular or loose by place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fitroom.errors import ConfigError
from fitroom.wardrobe.patterns.pattern import Region

FitLabel = Literal["tight", "regular", "loose"]

# Place: (garment measure, body measure).
_UPPER = {
    "chest": ("chest", "chest"),
    "waist": ("waist", "waist"),
    "upper_arm": ("biceps", "upper_arm"),
    "neck": ("neck_girth", "neck"),
    "shoulder": ("shoulder", "shoulder_width"),
    "hip": ("hip", "hip"),
}
PLACES: dict[Region, dict[str, tuple[str, str]]] = {
    "top": _UPPER,
    "outerwear": _UPPER,
    "dress": _UPPER,
    "bottom": {"waist": ("waist", "waist"), "hip": ("hip", "hip"), "thigh": ("thigh", "thigh")},
}

# Below the first ease (cm) a place is tight, above the second loose. Whole girths, except the shoulder's width. The
# chest's window is that of the fitted to semi-fitted classes of pattern makers' wearing-ease tables (bust 2 to 14 cm);
# a straight top skips the waist, and a skirt's or trousers' waistband sits on the body. Outerwear goes over a layer.
# The neck's windows hold nine in ten of the catalogue's garments in the size that the body should buy, by neckline.
_TOP = {
    "chest": (2.0, 14.0),
    "waist": (2.0, 22.0),
    "hip": (0.0, 20.0),
    "upper_arm": (2.0, 12.0),
    "shoulder": (-2.0, 4.0),
}
NECK_CM: dict[str, tuple[float, float]] = {"crew": (7.0, 17.0), "collar": (2.0, 12.0), "turtle": (-3.5, 6.0)}
_NECK = {"neck": NECK_CM["crew"]}
THRESHOLDS_CM: dict[Region, dict[str, tuple[float, float]]] = {
    "top": {**_TOP, **_NECK},
    "dress": {**_TOP, "waist": (1.0, 16.0), "hip": (2.0, 18.0), **_NECK},
    "outerwear": {**{place: (tight + 3.0, loose + 6.0) for place, (tight, loose) in _TOP.items()}, **_NECK},
    "bottom": {"waist": (-1.0, 5.0), "hip": (1.0, 12.0), "thigh": (2.0, 11.0)},
}
# Where a wearer judges the whole garment by.
DECIDING: dict[Region, tuple[str, ...]] = {
    "top": ("chest", "hip"),
    "outerwear": ("chest", "hip"),
    "dress": ("chest", "waist", "hip"),
    "bottom": ("waist", "hip"),
}
HIP_BELOW_WAIST_CM = 13.0  # a hem less far below the waist is compared with nothing


def ease(
    garment_cm: Mapping[str, float], body_cm: Mapping[str, float], region: Region, neckline: str = "none"
) -> dict[str, float]:
    """Garment less body, cm, at every place that both were measured at.

    Args:
        garment_cm: finished measures (``Pattern.measures_cm``), girths whole; "neck_girth" is the sewn neckline's
            length (:func:`fitroom.wardrobe.truth.cloth.loop_cm`).
        body_cm: tape measures (``BodyMeasures.cm``).
        region: where the garment is worn.
        neckline: of the design; the neck is compared only where the neckline closes round it (:data:`NECK_CM`).
    """
    return {
        place: round(float(garment_cm[garment] - body_cm[body]), 2)
        for place, (garment, body) in PLACES[_known(region)].items()
        if garment in garment_cm and body in body_cm
        if place != "neck" or neckline in NECK_CM
        if place != "hip" or region == "bottom" or _reaches_hip(garment_cm, body_cm)
    }


def fit_labels(ease_cm: Mapping[str, float], region: Region, neckline: str = "crew") -> dict[str, FitLabel]:
    """Tight, regular or loose by place, by :data:`THRESHOLDS_CM`, the neck by :data:`NECK_CM`; and "overall".

    Overall is tight where any deciding place is (chest and hip of a top; chest, waist and hip of a dress; waist and hip
    of a bottom), loose where all of them are, else regular.

    Raises:
        ConfigError: a place the region does not have.
    """
    limits = dict(THRESHOLDS_CM[_known(region)])
    if "neck" in limits:
        limits["neck"] = NECK_CM.get(neckline, limits["neck"])
    unknown = sorted(set(ease_cm) - set(limits))
    if unknown:
        raise ConfigError(
            "there is no such place to judge a fit by", where=region, rule=f"one of {', '.join(limits)}", got=unknown
        )
    labels = {place: _label(value, limits[place]) for place, value in ease_cm.items()}
    deciding = [labels[place] for place in DECIDING[region] if place in labels]
    if deciding:
        same = set(deciding)
        labels["overall"] = "tight" if "tight" in same else "loose" if same == {"loose"} else "regular"
    return labels


def _reaches_hip(garment_cm: Mapping[str, float], body_cm: Mapping[str, float]) -> bool:
    """Whether the garment hangs round the hip, or ends above it (cropped)."""
    below_waist = garment_cm.get("length", float("inf")) - body_cm.get("back_length", 0.0)
    return below_waist > HIP_BELOW_WAIST_CM


def _label(ease_cm: float, limits_cm: tuple[float, float]) -> FitLabel:
    tight, loose = limits_cm
    return "tight" if ease_cm < tight else "loose" if ease_cm > loose else "regular"


def _known(region: Region) -> Region:
    if region not in PLACES:
        raise ConfigError("unknown region", where="region", rule=", ".join(PLACES), got=region)
    return region
