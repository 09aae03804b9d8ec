"""Where a garment's length ends on a body: the part of the body it falls to, and its height above the floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fitroom.wardrobe.patterns.pattern import Region

_ANKLE_CM = 9.0  # height of the ankle's joint above the floor; no survey here has it
# A neckline's back edge lies this far above the nape that heights are measured to: tops hang from the shoulder point.
_SHOULDER_POINT_CM = 3.0
_WINDOW = 0.25  # of the way between two marks that still counts as at a mark


@dataclass(frozen=True)
class Hem:
    """Where a hem falls.

    Attributes:
        words: e.g. "at the hip", "between hip and crotch".
        height_cm, low_cm, high_cm: above the floor: the median, and the ends of the middle 80 %.
    """

    words: str
    height_cm: float
    low_cm: float
    high_cm: float


def hem_of(size: Mapping[str, float], body: Mapping[str, np.ndarray], region: Region) -> Hem | None:
    """The hem of one size on drawn bodies; None where the chart gives no length from a known place.

    Args:
        size: finished measures in cm; ``length`` runs from the shoulder point at the neck, ``outseam`` from the waist,
            ``inseam`` from the crotch.
        body: (N,) measures in cm by name.
        region: where it is worn.
    """
    if region != "bottom":
        top_N, length = body["neck_height"] + _SHOULDER_POINT_CM, size.get("length")
    elif "inseam" in size:
        top_N, length = body["inseam"], size["inseam"]
    else:
        top_N, length = body["waist_height"], size.get("outseam", size.get("length"))
    if length is None:
        return None
    height_N = np.maximum(top_N - length, 0.0)
    low, middle, high = np.quantile(height_N, (0.1, 0.5, 0.9))
    marks = {
        "waist": body["waist_height"], "hip": body["hip_height"], "crotch": body["inseam"],
        "knee": body["knee_height"], "ankle": np.full(1, _ANKLE_CM), "floor": np.zeros(1),
    }  # fmt: skip
    return Hem(_words(middle, {name: float(np.median(at)) for name, at in marks.items()}), middle, low, high)


def _words(height_cm: float, marks_cm: Mapping[str, float]) -> str:
    """The mark that a height is at, or the two it is between; marks from the highest to the lowest."""
    names = list(marks_cm)
    if height_cm >= marks_cm[names[0]]:
        return f"above the {names[0]}" if height_cm > marks_cm[names[0]] + 2 else f"at the {names[0]}"
    for upper, lower in pairwise(names):
        high, low = marks_cm[upper], marks_cm[lower]
        if height_cm >= low:
            share = (high - height_cm) / (high - low)
            if share < _WINDOW:
                return f"at the {upper}"
            return f"at the {lower}" if share > 1 - _WINDOW else f"between {upper} and {lower}"
    return f"at the {names[-1]}"
