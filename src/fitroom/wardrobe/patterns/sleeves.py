"""Set-in sleeves: a cap exactly as long as the armhole it is sewn into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from fitroom.errors import FitroomError
from fitroom.wardrobe.patterns.curves import bezier, length, line, mirror
from fitroom.wardrobe.patterns.pattern import START_ARM_DEG, Edge, Panel, Seam

_ROTATE_DEG = START_ARM_DEG - 90.0


@dataclass(frozen=True)
class SleeveCut:
    """How a sleeve is cut, cm.

    Attributes:
        length_cm: from the shoulder tip to the cuff.
        cuff_cm: girth at the cuff.
        cap_ratio: cap height over half the armhole: 0.3 flat and roomy ... 0.65 high and slim.
        cap_ease_cm: how much longer the cap is than the armhole, both halves together.
    """

    length_cm: float
    cuff_cm: float
    cap_ratio: float
    cap_ease_cm: float = 0.0


@dataclass(frozen=True)
class Sleeve:
    """A drafted sleeve: its outline's right half widths and heights, cm, and the panel of either arm."""

    cap_height_cm: float
    biceps_cm: float
    panels: tuple[Panel, Panel]
    seams: tuple[Seam, ...]


def cap_curve(half_width_cm: float, height_cm: float) -> np.ndarray:
    """Half a sleeve cap, from the underarm (half_width, 0) to the apex (0, height): level at both ends."""
    underarm, apex = (half_width_cm, 0.0), (0.0, height_cm)
    return bezier(underarm, (0.62 * half_width_cm, 0.02 * height_cm), (0.48 * half_width_cm, height_cm), apex)


def fit_cap(cap_length_cm: float, height_cm: float) -> float:
    """Half width of the cap half of this height that is ``cap_length_cm`` long.

    Raises:
        FitroomError: the cap is higher than it is long.
    """
    if cap_length_cm <= height_cm * 1.05:
        raise FitroomError(
            "a sleeve cap is too high for its armhole",
            where="sleeve",
            rule="cap length > 1.05 cap height",
            got=f"{cap_length_cm:.1f} cm long, {height_cm:.1f} cm high",
            fix="lower cap_ratio",
        )
    return float(brentq(lambda width: length(cap_curve(width, height_cm)) - cap_length_cm, 0.5, cap_length_cm))


def draft_sleeves(
    cut: SleeveCut, armhole_cm: tuple[float, float], chord: np.ndarray, fronts: tuple[str, str] = ("front", "front")
) -> Sleeve:
    """Both sleeves and the seams that set them into the bodice.

    Args:
        cut: how they are cut.
        armhole_cm: length of the front and the back armhole.
        chord: (2, 2) left armpit and shoulder tip in the laid-flat garment, cm; the cap is laid on to it.
        fronts: the panels the left and the right sleeve are set into.
    """
    front_cm, back_cm = (each + cut.cap_ease_cm / 2 for each in armhole_cm)
    height = cut.cap_ratio * (front_cm + back_cm) / 2
    front, back = cap_curve(fit_cap(front_cm, height), height), cap_curve(fit_cap(back_cm, height), height)
    offset = _offset((front[0, 0] + back[0, 0]) / 2, height, chord)
    panels = _panel("left", back, front, cut, offset), _panel("right", front, back, cut, offset)
    seams = tuple(seam for side, sheet in zip(("left", "right"), fronts, strict=True) for seam in _seams(side, sheet))
    return Sleeve(height, float(front[0, 0] + back[0, 0]), panels, seams)


def _offset(half_width: float, height: float, chord: np.ndarray) -> tuple[float, float]:
    """Where the right sleeve's origin lies so that cap and armhole share the middle of their chords."""
    angle = np.deg2rad(_ROTATE_DEG)
    middle = np.array([half_width, height]) / 2
    turned = (
        np.cos(angle) * middle[0] - np.sin(angle) * middle[1],
        np.sin(angle) * middle[0] + np.cos(angle) * middle[1],
    )
    target = chord.mean(axis=0)
    return float(-target[0] - turned[0]), float(target[1] - turned[1])


def _panel(
    side: str, right_half: np.ndarray, left_half: np.ndarray, cut: SleeveCut, offset: tuple[float, float]
) -> Panel:
    """Seen from outside: the front half lies right of the fold on the right sleeve, left of it on the left one."""
    height = right_half[-1, 1]
    bottom = height - cut.length_cm
    total = right_half[0, 0] + left_half[0, 0]
    right_cuff, left_cuff = (cut.cuff_cm * half[0, 0] / total for half in (right_half, left_half))
    names = ("back", "front") if side == "left" else ("front", "back")
    edges = (
        Edge("cuff", "cuff", line((-left_cuff, bottom), (right_cuff, bottom))),
        Edge(f"underarm_{names[0]}", "side", line((right_cuff, bottom), right_half[0])),
        Edge(f"cap_{names[0]}", "armhole", right_half),
        Edge(f"cap_{names[1]}", "armhole", mirror(left_half)),
        Edge(f"underarm_{names[1]}", "side", line((-left_half[0, 0], 0.0), (-left_cuff, bottom))),
    )
    return Panel(f"{side}_sleeve", edges, 0, offset, _ROTATE_DEG, side == "left")


def _seams(side: str, front: str) -> tuple[Seam, ...]:
    sleeve = f"{side}_sleeve"
    return (
        Seam(front, f"{side}_armhole", sleeve, "cap_front"),
        Seam("back", f"{side}_armhole", sleeve, "cap_back"),
        Seam(sleeve, "underarm_front", sleeve, "underarm_back"),
    )
