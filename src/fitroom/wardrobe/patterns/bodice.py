"""Front and back of everything worn from the shoulders: neck, shoulder, armhole, side and hem of one sheet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.patterns.curves import bezier, concatenate, length, line, mirror, through
from fitroom.wardrobe.patterns.pattern import Border, Edge, Panel


@dataclass(frozen=True)
class Bodice:
    """Measures of a bodice laid flat, cm; girths are whole, depths count down from the high shoulder point.

    Attributes:
        chest_cm, waist_cm, hip_cm, hem_cm: finished girths.
        waist_depth_cm, hip_depth_cm, length_cm: where waist, hip and hem lie.
        shoulder_cm: from tip to tip; slope_cm: how far the tips lie below the high shoulder points.
        neck_cm: between the high shoulder points; front_neck_cm, back_neck_cm: how deep the neckline goes.
        neck_shape: "crew", "v", "scoop" or "boat".
        armhole_cm: depth of the armhole, from the shoulder tip straight down.
        front_scoop_cm, back_scoop_cm: how far the armholes curve in from the tip.
        straight: the side goes straight from armpit to hem.
    """

    chest_cm: float
    waist_cm: float
    hip_cm: float
    hem_cm: float
    waist_depth_cm: float
    hip_depth_cm: float
    length_cm: float
    shoulder_cm: float
    slope_cm: float
    neck_cm: float
    front_neck_cm: float
    back_neck_cm: float
    neck_shape: str
    armhole_cm: float
    front_scoop_cm: float = 1.6
    back_scoop_cm: float = 0.6
    straight: bool = True

    @property
    def tip(self) -> tuple[float, float]:
        """The left shoulder tip."""
        return self.shoulder_cm / 2, -self.slope_cm

    @property
    def underarm(self) -> tuple[float, float]:
        """The left armpit."""
        return self.chest_cm / 4, -self.slope_cm - self.armhole_cm


def neckline(bodice: Bodice, back: bool) -> np.ndarray:
    """The whole neckline from the right half's high shoulder point (u > 0) to the left half's."""
    half, depth = bodice.neck_cm / 2, bodice.back_neck_cm if back else bodice.front_neck_cm
    top, bottom = (half, 0.0), (0.0, -depth)
    if back or bodice.neck_shape == "boat":
        right = bezier(top, (0.8 * half, -depth), (0.5 * half, -depth), bottom)
    elif bodice.neck_shape == "v":
        right = bezier(top, (0.62 * half, -0.45 * depth), bottom)
    elif bodice.neck_shape == "scoop":
        right = bezier(top, (0.92 * half, -0.85 * depth), (0.6 * half, -depth), bottom)
    else:
        right = bezier(top, (half, -0.6 * depth), (0.62 * half, -depth), bottom)
    return concatenate([right, mirror(right)])


def armhole(bodice: Bodice, back: bool) -> np.ndarray:
    """Right half's armhole, from the armpit up to the shoulder tip."""
    (tip_x, tip_y), (under_x, under_y) = bodice.tip, bodice.underarm
    inner = tip_x - (bodice.back_scoop_cm if back else bodice.front_scoop_cm)
    reach = max(0.85 * (under_x - inner), 0.8)
    low, high = (under_x - reach, under_y + 0.02 * bodice.armhole_cm), (inner, tip_y - 0.6 * bodice.armhole_cm)
    return bezier((under_x, under_y), low, high, (tip_x, tip_y))


def side(bodice: Bodice) -> np.ndarray:
    """Right half's side, from the hem up to the armpit."""
    hem, under = (bodice.hem_cm / 4, -bodice.length_cm), bodice.underarm
    if bodice.straight:
        return line(hem, under)
    points = [hem]
    if bodice.length_cm > bodice.hip_depth_cm + 6:
        points.append((bodice.hip_cm / 4, -bodice.hip_depth_cm))
    if bodice.length_cm > bodice.waist_depth_cm + 2:
        points.append((bodice.waist_cm / 4, -bodice.waist_depth_cm))
    return through(np.array([*points, under]))


def girth_at(bodice: Bodice, depth_cm: float) -> float:
    """Finished girth below the armpits at a depth, cm; that of the hem where the garment ends above it."""
    x, y = side(bodice).T
    return 4 * float(np.interp(-min(depth_cm, bodice.length_cm), y, x))


def half_edges(bodice: Bodice, back: bool) -> dict[Border, np.ndarray]:
    """Right half's edges by border, counter-clockwise: side, armhole, shoulder."""
    return {
        "side": side(bodice),
        "armhole": armhole(bodice, back),
        "shoulder": line(bodice.tip, (bodice.neck_cm / 2, 0.0)),
    }


def draft_sheet(bodice: Bodice, back: bool, low: Border = "hem") -> Panel:
    """The whole front or back, as seen from outside; edges are named by the wearer's left and right.

    Args:
        low: border of the lower edge: "hem", or "waist" where a skirt is sewn on.
    """
    right, left = ("right", "left") if back else ("left", "right")
    half = half_edges(bodice, back)
    hem = bodice.hem_cm / 4
    edges = [Edge(low, low, line((-hem, -bodice.length_cm), (hem, -bodice.length_cm)))]
    edges += [Edge(f"{right}_{border}", border, curve) for border, curve in half.items()]
    edges += [Edge("neck", "neck", neckline(bodice, back))]
    edges += [Edge(f"{left}_{border}", border, mirror(curve)) for border, curve in reversed(half.items())]
    return Panel("back" if back else "front", tuple(edges), 1 if back else -1, mirror=back)


def draft_open_front(bodice: Bodice) -> tuple[Panel, Panel]:
    """Left and right front, parted at the middle by an "opening" edge."""
    neck = neckline(bodice, back=False)
    neck = neck[: len(neck) // 2 + 1]
    hem = line((0.0, -bodice.length_cm), (bodice.hem_cm / 4, -bodice.length_cm))
    half = half_edges(bodice, back=False)
    curves: dict[Border, np.ndarray] = {"hem": hem, **half, "neck": neck, "opening": line(neck[-1], hem[0])}

    def edges(side_name: str) -> list[Edge]:
        names = {border: f"{side_name}_{border}" if border in half else border for border in curves}
        return [Edge(names[border], border, curve) for border, curve in curves.items()]

    right = [Edge(edge.name, edge.border, mirror(edge.points_cm)) for edge in reversed(edges("right"))]
    return Panel("left_front", tuple(edges("left")), -1), Panel("right_front", tuple(right), -1)


def armhole_lengths(bodice: Bodice) -> tuple[float, float]:
    """Front and back, one side, cm."""
    return length(armhole(bodice, back=False)), length(armhole(bodice, back=True))
