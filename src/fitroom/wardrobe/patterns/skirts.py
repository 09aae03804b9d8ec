"""Skirts: straight ones with a shaped side, flared ones as sectors of a ring; front and back alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.patterns.curves import bezier, concatenate, mirror, through
from fitroom.wardrobe.patterns.grading import body_chart
from fitroom.wardrobe.patterns.pattern import Design, Edge, Panel, Pattern, Seam


@dataclass(frozen=True)
class SkirtCut:
    """Measures of a skirt, cm, girths whole.

    Attributes:
        waist_cm, hip_cm, hem_cm: girths.
        hip_depth_cm, length_cm: from the waist's upper edge, along the middle.
        sector_deg: 0 for a shaped side; otherwise the angle of the ring each of the two panels is cut from, and the
            hem follows from it.
    """

    waist_cm: float
    hip_cm: float
    hem_cm: float
    hip_depth_cm: float
    length_cm: float
    sector_deg: float = 0.0


def skirt_cut(design: Design, size: str) -> SkirtCut:
    """The cut of a skirt in one size."""
    body, middle, numbers = body_chart(design.sex, size), body_chart(design.sex, "M"), design.numbers
    waist, hip = body["waist"] + numbers["waist_ease_cm"], body["hip"] + numbers["hip_ease_cm"]
    length = numbers["length_cm"] + 0.35 * (body["height"] - middle["height"]) + 0.03 * (body["hip"] - middle["hip"])
    sector = numbers["sector_deg"]
    hem = waist + 2 * np.deg2rad(sector) * length if sector else hip * numbers["hem_ratio"]
    return SkirtCut(waist, hip, float(hem), 0.75 * body["rise"], length, sector)


def skirt_edges(cut: SkirtCut) -> tuple[Edge, ...]:
    """One panel's outline: hem, left and right side, waist; the middle of its waist at (0, 0)."""
    side, waist, hem = _ring(cut) if cut.sector_deg else _shaped(cut)
    return (
        Edge("hem", "hem", concatenate([mirror(hem), hem])),
        Edge("right_side", "side", side),
        Edge("waist", "waist", concatenate([waist, mirror(waist)])),
        Edge("left_side", "side", mirror(side)),
    )


def skirt_panels(cut: SkirtCut, names: tuple[str, str], drop_cm: float = 0.0) -> tuple[Panel, Panel]:
    """Front and back, hanging ``drop_cm`` below the origin; edges are named by the wearer's left and right."""
    edges = skirt_edges(cut)
    swap = {"right_side": "left_side", "left_side": "right_side"}
    front = tuple(Edge(swap.get(edge.name, edge.name), edge.border, edge.points_cm) for edge in edges)
    offset = (0.0, -drop_cm)
    return Panel(names[0], front, -1, offset), Panel(names[1], edges, 1, offset, mirror=True)


def draft_skirt(design: Design, size: str) -> Pattern:
    """Front and back, sewn at the sides."""
    cut = skirt_cut(design, size)
    seams = tuple(Seam("front", f"{side}_side", "back", f"{side}_side") for side in ("left", "right"))
    measures = {"waist": cut.waist_cm, "hip": cut.hip_cm, "hem": cut.hem_cm, "length": cut.length_cm}
    if cut.sector_deg:
        measures["hip"] = cut.waist_cm + 2 * float(np.deg2rad(cut.sector_deg)) * cut.hip_depth_cm
    return Pattern(design, size, skirt_panels(cut, ("front", "back")), seams, measures)


def _shaped(cut: SkirtCut) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right half's side (upwards), waist (inwards) and hem (outwards)."""
    waist, hip = np.array([cut.waist_cm / 4, 0.6]), np.array([cut.hip_cm / 4, -cut.hip_depth_cm])
    slope = (cut.hem_cm / 4 - hip[0]) / (cut.length_cm - cut.hip_depth_cm)
    lift = min(0.5 * max(slope, 0.0) * cut.hem_cm / 4, 6.0)
    foot = np.array([cut.hem_cm / 4, -cut.length_cm + lift])
    side = through(np.array([foot, hip, waist]))
    return (
        side,
        bezier(waist, (0.5 * waist[0], 0.0), (0, 0)),
        bezier((0, -cut.length_cm), (0.5 * foot[0], -cut.length_cm), foot),
    )


def _ring(cut: SkirtCut) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    radius = cut.waist_cm / 2 / np.deg2rad(cut.sector_deg)
    angle = np.linspace(0, np.deg2rad(cut.sector_deg) / 2, 48)
    arc = np.stack([np.sin(angle), -np.cos(angle)], axis=1)
    waist, hem = radius * arc + (0, radius), (radius + cut.length_cm) * arc + (0, radius)
    return np.stack([hem[-1], waist[-1]]), waist[::-1], hem
