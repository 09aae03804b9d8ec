"""Trousers and shorts: two fronts and two backs, sewn to legs and joined along the crotch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from fitroom.wardrobe.patterns.curves import bezier, concatenate, length, line, mirror, through
from fitroom.wardrobe.patterns.grading import body_chart
from fitroom.wardrobe.patterns.pattern import Design, Edge, Panel, Pattern, Seam

FRONT_SHARE = 0.36  # of what the crotch reaches beyond the middle; the seat takes the rest
SEAT_RISE_CM = 2.0  # the back's middle rises above the front's
MOST_DROP_CM = 2.0  # the back's crotch lies at most this far below the front's


@dataclass(frozen=True)
class LegCut:
    """Measures of trousers laid flat, cm; girths are whole.

    Attributes:
        waist_cm, hip_cm, thigh_cm, knee_cm, leg_cm: girths; ``leg_cm`` at the leg's hem.
        rise_cm: from the waist's upper edge straight down to the crotch.
        inseam_cm: from the crotch straight down to the hem.
        knee_cm_down: from the crotch straight down to the knee.
    """

    waist_cm: float
    hip_cm: float
    thigh_cm: float
    knee_cm: float
    leg_cm: float
    rise_cm: float
    inseam_cm: float
    knee_cm_down: float

    @property
    def crotch_reach_cm(self) -> float:
        """How far front and back reach beyond the middle, together."""
        return float(np.clip(self.thigh_cm - 0.5 * self.hip_cm, 0.11 * self.hip_cm, 0.17 * self.hip_cm))


def leg_cut(design: Design, size: str) -> LegCut:
    """The cut of a design in one size."""
    body, numbers = body_chart(design.sex, size), design.numbers
    drop = numbers["waist_drop_cm"]
    waist = body["waist"] + numbers["waist_ease_cm"]
    hip = body["hip"] + numbers["hip_ease_cm"]
    thigh = body["thigh"] + numbers["thigh_ease_cm"]
    leg = numbers["leg_cm"] * (body["knee"] / body_chart(design.sex, "M")["knee"]) ** 0.6
    return LegCut(
        waist_cm=waist + (hip - waist) * drop / (0.75 * body["rise"]),
        hip_cm=hip,
        thigh_cm=thigh,
        knee_cm=body["knee"] + numbers["knee_ease_cm"],
        leg_cm=leg,
        rise_cm=body["rise"] - drop + numbers["crotch_ease_cm"],
        inseam_cm=numbers["inseam_ratio"] * body["inseam"] - numbers["crotch_ease_cm"],
        knee_cm_down=0.44 * body["inseam"],
    )


def draft_trousers(design: Design, size: str) -> Pattern:
    """Four panels: left and right front, left and right back."""
    cut = leg_cut(design, size)
    front, back = _half(cut, back=False), _half(cut, back=True)
    panels = (
        Panel("left_front", front, -1),
        Panel("right_front", _reflected(front), -1),
        Panel("left_back", _reflected(back), 1, mirror=True),
        Panel("right_back", back, 1, mirror=True),
    )
    seams = [Seam(f"left_{half}", "crotch", f"right_{half}", "crotch") for half in ("front", "back")]
    seams += [
        Seam(f"{leg}_front", edge, f"{leg}_back", edge) for leg in ("left", "right") for edge in ("side", "inseam")
    ]
    return Pattern(design, size, panels, tuple(seams), _measures(cut))


def _measures(cut: LegCut) -> dict[str, float]:
    return {
        "waist": cut.waist_cm,
        "hip": cut.hip_cm,
        "thigh": cut.thigh_cm,
        "rise": cut.rise_cm,
        "inseam": cut.inseam_cm,
        "outseam": cut.rise_cm + cut.inseam_cm,
        "leg_opening": cut.leg_cm,
        "length": cut.rise_cm + cut.inseam_cm,
    }


def _half(cut: LegCut, back: bool) -> tuple[Edge, ...]:
    """The half with u > 0, counter-clockwise from the inner end of the hem."""
    outer = (cut.thigh_cm - cut.crotch_reach_cm) / 2
    crotch, bottom, knee = -cut.rise_cm, -cut.rise_cm - cut.inseam_cm, -cut.rise_cm - cut.knee_cm_down
    axis = _leg_axis(cut)
    knees = [(axis + cut.knee_cm / 4, knee)] if _has_knee(cut) else []
    hip, waist = (cut.hip_cm / 4, 0.68 * crotch), (cut.waist_cm / 4, 0.0)
    side = through(np.array([(axis + cut.leg_cm / 4, bottom), *knees, (outer, crotch), hip, waist]))
    inseam = _inseam(cut, back, _seat_drop(cut) if back else 0.0)
    fork = inseam[0]
    middle = np.array([0.0, SEAT_RISE_CM if back else 0.0])
    straight = np.array([0.0, 0.5 * crotch])
    curve = bezier(straight, (0.0, 0.86 * crotch), (0.25 * fork[0], fork[1] + 0.4), fork)
    return (
        Edge("hem", "hem", line(inseam[-1], side[0])),
        Edge("side", "side", side),
        Edge("waist", "waist", bezier(waist, (0.5 * waist[0], 0.3 * middle[1]), middle)),
        Edge("crotch", "crotch", concatenate([line(middle, straight), curve])),
        Edge("inseam", "inseam", inseam),
    )


def _leg_axis(cut: LegCut) -> float:
    return 0.25 * (cut.thigh_cm - cut.crotch_reach_cm) - 0.3


def _has_knee(cut: LegCut) -> bool:
    return cut.inseam_cm > cut.knee_cm_down + 5


def _inseam(cut: LegCut, back: bool, drop_cm: float) -> np.ndarray:
    """From the crotch, ``drop_cm`` below its height, down to the hem."""
    reach = cut.crotch_reach_cm * ((1 - FRONT_SHARE) if back else FRONT_SHARE)
    fork = np.array([-reach, -cut.rise_cm - drop_cm])
    # The shorter the leg, the more of the back's greater width is left at its hem.
    widen = 0.5 * (1 - 2 * FRONT_SHARE) * cut.crotch_reach_cm * np.exp(-cut.inseam_cm / 20)
    foot = (_leg_axis(cut) - cut.leg_cm / 4 + (-widen if back else widen), -cut.rise_cm - cut.inseam_cm)
    knees = [(_leg_axis(cut) - cut.knee_cm / 4, -cut.rise_cm - cut.knee_cm_down)] if _has_knee(cut) else []
    toward = np.array(knees[0] if knees else foot)
    eased = fork + (0.5 if back else 0.42, 0.25) * (toward - fork)
    return through(np.array([fork, eased, *knees, foot]))


def _seat_drop(cut: LegCut) -> float:
    """How far the back's crotch lies below the front's, so that the two inseams are of one length."""
    wanted = length(_inseam(cut, back=False, drop_cm=0.0))

    def excess(drop_cm: float) -> float:
        return length(_inseam(cut, back=True, drop_cm=drop_cm)) - wanted

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, MOST_DROP_CM)) if excess(MOST_DROP_CM) < 0 else MOST_DROP_CM


def _reflected(edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    return tuple(Edge(edge.name, edge.border, mirror(edge.points_cm)) for edge in reversed(edges))
