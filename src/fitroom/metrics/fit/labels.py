"""Tight, regular or loose by place, and too short, right or too long by end, as a picture shows it.

What a silhouette shows of the fit is *visible ease*: how much wider the garment is than the undressed body behind it,
in cm across the picture. Cloth collapses and arms hide it, so it tells little of the ease round the body: of six more
centimetres of girth the silhouette of a draped top shows 0.3. Its classes are therefore two scores. ``fit_accuracy``
asks whether the picture shows what the true picture shows; ``ease_accuracy`` whether that is what the tape says, and
there even the true picture scores far below 1 (its row, control-truth, says how far).

Where a garment ends is told against the body: the ends of the true garment are known in space (``lengths_cm``), and the
picture says how much further down or up the ends of another one lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fitroom.contracts import ANKLES, HIPS, KNEES
from fitroom.metrics.fit.readings import Reading, difference_cm, trunk_band
from fitroom.metrics.fit.scene import Pose, Seen
from fitroom.wardrobe.bodies.body import BodyPart
from fitroom.wardrobe.truth.lengths import SLEEVE_SHARES, hem_window, long_sleeve_window_cm

PLACES = ("chest", "waist", "hip")
# Visible ease (cm) below the first is tight, above the second loose: the limits with the best macro-F1 against the
# tape's labels over 386 training cases of a wardrobe (chest readable in 18 of them, waist in 139, hip in 171).
VISIBLE_CM = {"chest": (2.5, 4.0), "waist": (1.0, 3.0), "hip": (1.5, 3.5)}
_TRUNK = (BodyPart.TORSO, BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH)
# Above the crotch, cm: seat and navel by ANSUR II (means of 6,068 people), the hip joint of the wardrobe's bodies.
_ABOVE_CROTCH_CM = {"crotch": 0.0, "hip": 4.5, "waist": 20.5}
_HIP_JOINT_CM = 6.0


def visible_ease_cm(readings: Mapping[str, Reading], body: Mapping[str, Reading]) -> dict[str, float]:
    """Garment width less body width at chest, waist and hip, cm across the picture; NaN where one cannot be read.

    Args:
        readings: of the garment in the picture.
        body: of the undressed body, by :func:`body_widths`.
    """
    return {name: readings[name].cm - body[name].cm for name in PLACES if name in readings and name in body}


def body_widths(body_part: np.ndarray, pose: Pose, kind: str) -> dict[str, Reading]:
    """Widths of the undressed body where the garment's are read.

    Args:
        body_part: (H, W) of BodyPart, the undressed body in the case's pose and camera.
        pose: of the case.
        kind: of the garment.
    """
    unit = np.isin(body_part, _TRUNK).astype(np.float32)
    nothing = np.zeros_like(unit)
    seen = Seen(unit, nothing, nothing, np.zeros(unit.shape, np.uint8))
    places = PLACES if kind in ("top", "outerwear", "dress") else PLACES[1:]
    return {name: trunk_band(name, seen, pose, kind) for name in places}


def visible_fit(ease_cm: Mapping[str, float]) -> dict[str, str]:
    """Tight, regular or loose at each place whose visible ease is known, by :data:`VISIBLE_CM`."""
    known = {place: value for place, value in ease_cm.items() if np.isfinite(value)}
    return {place: _label(value, VISIBLE_CM[place], ("tight", "regular", "loose")) for place, value in known.items()}


def fit_that_shows(readings: Mapping[str, Reading], body: Mapping[str, Reading]) -> dict[str, str]:
    """The same of a picture that is judged; a garment that goes out of sight behind an arm is loose where it is so wide
    up to there, and else its fit does not show."""
    least_cm = {
        name: readings[name].at_least_cm - body[name].cm for name in PLACES if name in readings and name in body
    }
    loose = {place: "loose" for place, value in least_cm.items() if value > VISIBLE_CM[place][1]}
    return loose | visible_fit(visible_ease_cm(readings, body))


def visible_lengths(
    row: Mapping[str, Any], predicted: Mapping[str, Reading], true: Mapping[str, Reading]
) -> dict[str, str]:
    """Too short, right or too long at "hem" and "sleeve", where the true picture's end can be read.

    Args:
        row: of the case: category, length, sleeve, region, lengths_cm, body_cm, keypoints, px_per_cm.
        predicted, true: readings of the picture that is judged and of the true one.
    """
    labels = {}
    for end, (value_cm, window_cm) in _ends(row).items():
        change = difference_cm(predicted[end], true[end]) if end in predicted and end in true else float("nan")
        if np.isfinite(change):
            value = value_cm - change if end == "hem" else value_cm + change
            names = ("too long", "right", "too short") if end == "hem" else ("too short", "right", "too long")
            labels[end] = _label(value, window_cm, names)
    return labels


def _ends(row: Mapping[str, Any]) -> dict[str, tuple[float, tuple[float, float]]]:
    """By end, the true garment's place and the window it should lie in: the hem above the floor, the sleeve beyond the
    wrist, cm."""
    lengths = row["lengths_cm"]
    found = {}
    window = hem_window(row["category"], row["length"])
    if window and "hem" in lengths:
        marks = _heights_cm(row)
        found["hem"] = (lengths["hem"], tuple(marks[mark] + above for mark, above in window))
    sides = [side for side in ("left", "right") if f"{side}_sleeve" in lengths]
    if sides:
        end = float(np.mean([lengths[f"{side}_sleeve"] for side in sides]))
        share = float(np.mean([lengths[f"{side}_sleeve_share"] for side in sides]))
        if row["sleeve"] == "long":
            found["sleeve"] = (end, long_sleeve_window_cm(row["region"]))
        elif row["sleeve"] in SLEEVE_SHARES:
            arm = end / (share - 1) if abs(share - 1) > 0.02 else row["body_cm"]["sleeve"]
            found["sleeve"] = (end, tuple((limit - 1) * arm for limit in SLEEVE_SHARES[row["sleeve"]]))
    return found  # type: ignore[return-value]


def _heights_cm(row: Mapping[str, Any]) -> dict[str, float]:
    """Heights of the marks of the hems' windows above the floor: the crotch by the tape, joints by the camera."""
    pose, crotch = Pose(row["keypoints"], row["px_per_cm"]), row["body_cm"]["inseam"]
    marks = {name: crotch + above for name, above in _ABOVE_CROTCH_CM.items()}
    for name, pair in (("knee", KNEES), ("ankle", ANKLES)):
        below_px = float(pose.middle(pair)[1] - pose.middle(HIPS)[1])
        marks[name] = max(crotch + _HIP_JOINT_CM - below_px / pose.px_per_cm, 4.0)
    return marks | {"floor": 0.0}


def _label(value: float, limits: tuple[float, float], names: tuple[str, str, str]) -> str:
    return names[0] if value < limits[0] else names[2] if value > limits[1] else names[1]
