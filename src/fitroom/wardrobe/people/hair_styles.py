"""The cuts: how long, how full, which way combed; every number in cm unless its name says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Comb = Literal["none", "part", "side", "back", "forward", "quiff", "radial", "tie"]


@dataclass(frozen=True)
class HairStyle:
    """One cut.

    Attributes:
        strands, segments: how many ribbons of how many pieces.
        width_cm: of a ribbon.
        top_cm, side_cm, back_cm: lengths on the crown, above the ears, at the nape.
        lift_cm: thickness of the layer of hair on the head.
        gravity: pull downwards a step.
        comb: which way it lies; ``comb_pull`` how firmly, over the first ``comb_reach`` of its length.
        wave_cm, wavelength_cm: radius and pitch of waves or curls.
        clump: how far tips gather into locks, in [0, 1].
        scatter: disorder of directions, in [0, 1].
        stand: how far roots point away from the skin, in [0, 1].
        cling: how firmly strands lie on the head, in [0, 1].
        tail: what hangs at a tie: "", "ponytail" or "bun".
    """

    strands: int
    segments: int
    width_cm: float
    top_cm: float
    side_cm: float
    back_cm: float
    lift_cm: float
    gravity: float
    comb: Comb
    comb_pull: float
    comb_reach: float
    wave_cm: float
    wavelength_cm: float
    clump: float
    scatter: float
    stand: float
    cling: float
    tail: str = ""


STYLES: Mapping[str, HairStyle] = {
    "buzz": HairStyle(7000, 2, 0.09, 0.7, 0.45, 0.45, 0.1, 0.0, "radial", 0.3, 1.0, 0.0, 1.0, 0.0, 0.4, 0.5, 0.2),
    "short crop": HairStyle(
        5400, 5, 0.20, 4.2, 1.5, 1.5, 0.9, 0.1, "forward", 0.4, 1.0, 0.1, 3.0, 0.4, 0.25, 0.4, 0.35,
    ),
    "side part": HairStyle(5000, 6, 0.21, 7.0, 1.8, 1.8, 1.3, 0.12, "side", 0.5, 1.0, 0.06, 5.0, 0.4, 0.12, 0.35, 0.4),
    "quiff": HairStyle(5000, 6, 0.20, 6.5, 1.3, 1.5, 1.6, 0.05, "quiff", 0.5, 1.0, 0.1, 5.0, 0.45, 0.15, 0.45, 0.3),
    "curly": HairStyle(2600, 11, 0.30, 8.0, 6.0, 6.5, 2.6, 0.3, "radial", 0.2, 0.5, 0.6, 3.6, 0.6, 0.5, 0.5, 0.25),
    "afro": HairStyle(3300, 9, 0.34, 5.6, 5.0, 4.4, 4.5, 0.0, "radial", 0.5, 0.8, 0.5, 3.1, 0.0, 0.75, 1.0, 0.0),
    "bob": HairStyle(2500, 12, 0.36, 19.0, 14.0, 10.5, 1.1, 0.5, "part", 0.7, 0.45, 0.08, 9.0, 0.4, 0.05, 0.1, 0.8),
    "shoulder": HairStyle(
        2100, 14, 0.40, 29.0, 24.0, 20.0, 1.3, 0.5, "part", 0.7, 0.35, 0.35, 11.0, 0.5, 0.06, 0.1, 0.75,
    ),
    "long straight": HairStyle(
        1850, 16, 0.44, 42.0, 37.0, 32.0, 1.1, 0.55, "part", 0.7, 0.28, 0.1, 16.0, 0.45, 0.04, 0.1, 0.8,
    ),
    "long wavy": HairStyle(
        1850, 16, 0.44, 41.0, 36.0, 31.0, 1.6, 0.5, "part", 0.7, 0.28, 0.95, 13.0, 0.6, 0.07, 0.1, 0.7,
    ),
    "ponytail": HairStyle(
        2300, 10, 0.30, 1.0, 1.0, 1.0, 0.45, 0.0, "tie", 1.0, 1.0, 0.0, 5.0, 0.2, 0.02, 0.0, 1.0, "ponytail",
    ),
    "bun": HairStyle(2300, 10, 0.30, 1.0, 1.0, 1.0, 0.45, 0.0, "tie", 1.0, 1.0, 0.0, 5.0, 0.2, 0.02, 0.0, 1.0, "bun"),
}  # fmt: skip
