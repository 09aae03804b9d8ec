"""Where a draped garment ends: hems, sleeve ends and shoulder seams in cm; too short, right or too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from fitroom.wardrobe.bodies.body import Body
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.patterns.pattern import Design, GarmentMesh
from fitroom.wardrobe.truth.cloth import border_loops

LengthLabel = Literal["too short", "right", "too long"]

_SIDES = {"left": ("L", 1), "right": ("R", 2)}  # bone suffix, GarmentMesh.limb of the sleeve

# Where a hem is meant to end: (landmark, cm above it) of the lowest and the highest right place.
_Window = tuple[tuple[str, float], tuple[str, float]]
_UPPER: dict[str, _Window] = {
    "cropped": (("hip", 4.0), ("waist", 10.0)),
    "regular": (("crotch", -8.0), ("hip", 6.0)),
    "long": (("knee", 8.0), ("crotch", 2.0)),
}
_SKIRTS: dict[str, _Window] = {
    "mini": (("knee", 8.0), ("crotch", -4.0)),
    "knee": (("knee", -9.0), ("knee", 9.0)),
    "midi": (("ankle", 12.0), ("knee", -4.0)),
    "maxi": (("floor", 0.5), ("ankle", 14.0)),
}
_LEGS: dict[str, _Window] = {
    "cropped": (("ankle", 2.0), ("knee", -5.0)),
    "regular": (("floor", 0.5), ("ankle", 2.0)),
    "long": (("floor", 0.0), ("ankle", 0.5)),
}
_SHORTS: dict[str, _Window] = {
    "mini": (("knee", 12.0), ("crotch", -2.0)),
    "short": (("knee", 12.0), ("crotch", -2.0)),
    "regular": (("knee", 0.0), ("crotch", -6.0)),
    "knee": (("knee", -6.0), ("knee", 8.0)),
    "long": (("knee", -12.0), ("knee", 6.0)),
}
_WINDOWS: dict[str, dict[str, _Window]] = {
    "dress": _SKIRTS,
    "skirt": _SKIRTS,
    "trousers": _LEGS,
    "shorts": _SHORTS,
    "coat": {"regular": (("knee", -14.0), ("crotch", -4.0)), "long": (("ankle", 6.0), ("knee", 6.0)), **_SKIRTS},
}
# Where a sleeve is meant to end: shares of the arm from shoulder joint to wrist; a long one in cm beyond the wrist.
SLEEVE_SHARES = {"short": (0.15, 0.55), "elbow": (0.42, 0.72)}
_LONG_SLEEVE_CM = (-4.0, 5.0)
_OVER_SLEEVE_CM = (-2.0, 8.0)  # of outerwear, which reaches the base of the thumb


def lengths(mesh: GarmentMesh, vertices_m: np.ndarray, model: BodyModel, body: Body) -> dict[str, float]:
    """Positions of the garment's ends, cm, read from the draped mesh in the pose it was draped in.

    Args:
        mesh: with its loops and limbs.
        vertices_m: (V, 3) draped.
        model, body: what wears it.

    Returns:
        ``hem`` (mean height above the floor; of trousers the mean of both legs), ``hem_low`` and ``hem_high``;
        ``hem_below_neck`` (below the base of the neck); ``left_sleeve``, ``right_sleeve`` (along the arm, beyond the
        wrist joint, so that -20 is 20 cm short of the wrist), ``left_sleeve_share`` ... (share of the arm from shoulder
        joint to wrist); ``left_shoulder``, ``right_shoulder`` (highest point of the armhole seam, outwards beyond the
        shoulder joint). What a garment does not have is left out.
    """
    found = _hem(mesh, vertices_m, float(model.joint(body, "neck01")[2]))
    across = model.joint(body, "upperarm01.L") - model.joint(body, "upperarm01.R")
    across /= np.linalg.norm(across)
    for side, (suffix, limb) in _SIDES.items():
        cuffs = border_loops(mesh, f"{side}_cuff")
        arm = np.stack([model.joint(body, f"{bone}.{suffix}") for bone in ("upperarm01", "lowerarm01", "wrist")])
        if cuffs:
            reach, whole = _along(arm, vertices_m[cuffs[0]].mean(0))
            found |= {f"{side}_sleeve": 100 * (reach - whole), f"{side}_sleeve_share": reach / whole}
        seam = _armhole(mesh, side, limb)
        if len(seam):
            outwards = across if side == "left" else -across
            top = vertices_m[seam[vertices_m[seam, 2].argmax()]]
            found[f"{side}_shoulder"] = 100 * float((top - arm[0]) @ outwards)
    return {name: round(float(value), 3) for name, value in found.items()}


def length_labels(
    lengths_cm: Mapping[str, float], design: Design, height_cm: Mapping[str, float], knee_cm: float, ankle_cm: float
) -> dict[str, LengthLabel]:
    """Whether hem and sleeves end where their design means them to.

    Args:
        lengths_cm: as :func:`lengths` gives them.
        design: whose category, length and sleeve say what is meant.
        height_cm: heights of waist, hip and crotch above the floor (``BodyMeasures.height_cm``).
        knee_cm, ankle_cm: heights of the joints above the floor.

    Returns:
        "hem" and "sleeve", each where it can be judged. The windows are this module's tables; a long sleeve is right
        from 4 cm above the wrist to 5 cm beyond it, of outerwear from 2 cm above to 8 cm beyond.
    """
    marks = {**height_cm, "knee": knee_cm, "ankle": ankle_cm, "floor": 0.0}
    labels: dict[str, LengthLabel] = {}
    window = hem_window(design.category, design.length)
    if window and "hem" in lengths_cm and all(mark in marks for mark, _ in window):
        lowest, highest = (marks[mark] + above for mark, above in window)
        labels["hem"] = _label(-lengths_cm["hem"], -highest, -lowest)
    ends = [lengths_cm[f"{side}_sleeve"] for side in _SIDES if f"{side}_sleeve" in lengths_cm]
    shares = [lengths_cm[f"{side}_sleeve_share"] for side in _SIDES if f"{side}_sleeve_share" in lengths_cm]
    if ends and design.sleeve == "long":
        labels["sleeve"] = _label(float(np.mean(ends)), *long_sleeve_window_cm(design.region))
    elif shares and design.sleeve in SLEEVE_SHARES:
        labels["sleeve"] = _label(float(np.mean(shares)), *SLEEVE_SHARES[design.sleeve])
    return labels


def hem_window(category: str, length: str) -> _Window | None:
    """Where the hem of such a design is meant to end; None where nothing is meant.

    Returns:
        (landmark, cm above it) of the lowest and of the highest place that is right.
    """
    return _WINDOWS.get(category, _UPPER).get(length)


def long_sleeve_window_cm(region: str) -> tuple[float, float]:
    """Where a long sleeve is meant to end, cm beyond the wrist: the least and the most."""
    return _OVER_SLEEVE_CM if region == "outerwear" else _LONG_SLEEVE_CM


def _hem(mesh: GarmentMesh, vertices_m: np.ndarray, neck_m: float) -> dict[str, float]:
    loops = [loop for name in ("hem", "left_leg", "right_leg") for loop in border_loops(mesh, name)]
    if not loops:
        return {}
    height = vertices_m[np.concatenate(loops), 2]
    mean = float(height.mean())
    return {
        "hem": 100 * mean,
        "hem_low": 100 * float(height.min()),
        "hem_high": 100 * float(height.max()),
        "hem_below_neck": 100 * (neck_m - mean),
    }


def _armhole(mesh: GarmentMesh, side: str, limb: int) -> np.ndarray:
    """Vertex ids of the seam between body and sleeve, or of the open armhole."""
    open_holes = border_loops(mesh, f"{side}_armhole")
    if open_holes:
        return open_holes[0]
    limbs = mesh.limb[mesh.faces]
    shared: np.ndarray = np.intersect1d(mesh.faces[(limbs == 0).any(1)], mesh.faces[(limbs == limb).any(1)])
    return shared


def _along(line_m: np.ndarray, point_m: np.ndarray) -> tuple[float, float]:
    """How far along a polyline, its last leg going on straight, the place nearest to a point lies; and its length."""
    legs = np.diff(line_m, axis=0)
    long = np.linalg.norm(legs, axis=1)
    start = np.concatenate([[0.0], np.cumsum(long)])
    best = (np.inf, 0.0)
    for index, leg in enumerate(legs):
        share = float((point_m - line_m[index]) @ leg) / long[index] ** 2
        share = max(share, 0.0) if index == len(legs) - 1 else min(max(share, 0.0), 1.0)
        away = float(np.linalg.norm(line_m[index] + share * leg - point_m))
        best = min(best, (away, start[index] + share * long[index]))
    return best[1], float(start[-1])


def _label(value: float, low: float, high: float) -> LengthLabel:
    return "too short" if value < low else "too long" if value > high else "right"
