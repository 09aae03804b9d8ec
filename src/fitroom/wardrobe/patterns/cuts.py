"""Numbers behind the words: what "fitted" or "oversized" means in cm, for a woman's and a man's piece in size M."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class UpperCut:
    """A silhouette from the shoulders down.

    Attributes:
        ease_cm: range of chest ease.
        drop_cm: range of what the shoulder tips lie beyond the body's.
        armhole_cm: added to the armhole's depth.
        cap_ratio: cap height over half the armhole.
        cuff_cm: ease of a short sleeve's cuff on the upper arm.
        ratios: waist, hip and hem over chest, for women and for men.
    """

    ease_cm: tuple[float, float]
    drop_cm: tuple[float, float]
    armhole_cm: float
    cap_ratio: float
    cuff_cm: float
    ratios: Mapping[str, tuple[float, float, float]]


UPPER_CUTS: Mapping[str, UpperCut] = {
    "fitted": UpperCut((2, 4), (-1.0, 0.0), -1.5, 0.55, 1.5, {"female": (0.88, 1.05, 1.05), "male": (0.94, 1.0, 1.0)}),
    "regular": UpperCut((8, 14), (0.0, 1.5), 0.0, 0.48, 4.5, {"female": (0.95, 1.02, 1.02), "male": (1.0, 1.0, 1.0)}),
    "cropped": UpperCut((8, 12), (0.5, 2.0), 0.0, 0.44, 5.5, {"female": (1.0, 1.0, 1.0), "male": (1.0, 1.0, 1.0)}),
    "oversized": UpperCut((20, 27), (4.0, 7.0), 4.5, 0.32, 8.0, {"female": (1.0, 1.0, 1.0), "male": (1.0, 1.0, 1.0)}),
    "a-line": UpperCut((7, 12), (-0.5, 0.5), 0.0, 0.46, 4.5, {"female": (1.02, 1.12, 1.14), "male": (1.0, 1.08, 1.1)}),
    "straight": UpperCut((8, 12), (0.0, 1.0), 0.0, 0.5, 4.5, {"female": (0.98, 1.05, 1.05), "male": (1.0, 1.03, 1.03)}),
}
DRESS_CUTS: Mapping[str, UpperCut] = {
    "fitted": UpperCut((3, 5), (-1.5, -0.5), -1.0, 0.55, 2.0, {"female": (0.86, 1.06, 1.03)}),
    "straight": UpperCut((7, 11), (-1.0, 0.0), 0.0, 0.5, 4.0, {"female": (0.98, 1.05, 1.07)}),
    "a-line": UpperCut((5, 9), (-1.0, 0.0), 0.0, 0.5, 4.0, {"female": (0.92, 1.15, 1.4)}),
    "flared": UpperCut((3, 6), (-1.0, 0.0), -1.0, 0.52, 2.5, {"female": (0.87, 1.3, 1.6)}),
}
NECKS: Mapping[str, tuple[float, float, float]] = {
    "crew": (18.0, 9.0, 2.2), "v": (17.5, 16.5, 2.2), "scoop": (22.0, 14.5, 5.0), "boat": (27.0, 5.0, 3.0),
    "turtle": (16.0, 7.0, 1.6), "collar": (16.4, 8.0, 1.8), "hood": (18.5, 9.5, 2.2),
}  # fmt: skip
"""Width between the high shoulder points, front depth, back depth; a woman's are 1 cm narrower, 0.5 cm shallower."""

TOP_LENGTH_CM: Mapping[str, tuple[float, float]] = {
    "t-shirt": (62, 71), "polo": (62, 72), "shirt": (70, 76), "longsleeve": (62, 71), "sweater": (60, 68),
    "hoodie": (63, 69), "tank": (60, 70), "blouse": (63, 72), "jacket": (63, 70), "coat": (86, 92),
}  # fmt: skip
"""High shoulder point to hem of a regular piece, for women and for men."""
LENGTH_CHANGE_CM: Mapping[str, float] = {"regular": 0, "long": 7, "cropped": -12, "knee": 14, "maxi": 27}
DRESS_LENGTH_CM: Mapping[str, float] = {"mini": 86, "knee": 99, "midi": 116, "maxi": 133}
SKIRT_LENGTH_CM: Mapping[str, float] = {"mini": 42, "knee": 58, "midi": 76, "maxi": 93}
SLEEVE_RATIO: Mapping[str, tuple[float, float]] = {"short": (0.30, 0.36), "elbow": (0.5, 0.54), "long": (0.98, 0.975)}
"""Sleeve over the chart's arm, for women and for men: below 1, because shoulders are cut wider than the bones."""
LONG_CUFF_CM: Mapping[str, float] = {"shirt": 7, "blouse": 8, "hoodie": 7, "sweater": 6, "jacket": 12, "coat": 14}


@dataclass(frozen=True)
class LowerCut:
    """A trouser leg: eases on hip, thigh and knee, and the girth of the hem for women and men."""

    hip_cm: float
    thigh_cm: float
    knee_cm: float
    leg_cm: tuple[float, float]


TROUSER_CUTS: Mapping[str, LowerCut] = {
    "slim": LowerCut(2.5, 3.0, 3.0, (30, 34)),
    "straight": LowerCut(4.5, 6.0, 7.0, (38, 41)),
    "tapered": LowerCut(6.0, 9.0, 7.0, (31, 34)),
    "wide": LowerCut(5.0, 12.0, 18.0, (53, 55)),
    "flared": LowerCut(3.0, 3.5, 3.5, (47, 48)),
}
SHORTS_INSEAM_RATIO: Mapping[str, float] = {"short": 0.13, "regular": 0.22, "bermuda": 0.32}
SKIRT_HEM_RATIO: Mapping[str, tuple[float, float]] = {"straight": (0.95, 1.02), "a-line": (1.2, 1.4)}


def jitter(rng: np.random.Generator, low: float, high: float, step: float = 0.5) -> float:
    """A number between ``low`` and ``high`` on a pattern cutter's ruler."""
    return float(np.round(rng.uniform(low, high) / step) * step)
