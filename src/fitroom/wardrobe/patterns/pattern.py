"""A sewing pattern as data: panels, seams, the details drawn on them, and its measures in cm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

START_ARM_DEG = 35.0  # sleeves are laid, and draping starts, with arms this far below horizontal

Category = Literal[
    "t-shirt", "polo", "shirt", "longsleeve", "sweater", "hoodie", "tank", "blouse", "jacket", "coat",
    "dress", "skirt", "trousers", "shorts",
]  # fmt: skip
CATEGORIES: tuple[Category, ...] = Category.__args__  # type: ignore[attr-defined]
Region = Literal["top", "bottom", "dress", "outerwear"]
Border = Literal["neck", "hem", "cuff", "armhole", "side", "inseam", "shoulder", "waist", "opening", "crotch", "fold"]
SIZES = ("XS", "S", "M", "L", "XL", "XXL")


@dataclass(frozen=True)
class Edge:
    """A stretch of a panel's outline, from corner ``start`` to corner ``stop`` going round counter-clockwise.

    Attributes:
        name: unique in the panel, e.g. "left_armhole".
        border: what kind of edge it is; seams and details go by it.
        points_cm: (N, 2) polyline including both corners.
    """

    name: str
    border: Border
    points_cm: np.ndarray


@dataclass(frozen=True)
class Panel:
    """One flat piece of cloth.

    ``assembly`` lays the piece out as the finished garment lies flat: origin midway between the high-shoulder points
    (tops, dresses, outerwear) or the middle of the waist's upper edge (bottoms), x to the wearer's left (+x), y up, cm.
    A point (u, v) of the panel goes to ``offset + rotation(rotate_deg) @ (|u| if fold else u, v)``, mirrored in x where
    ``mirror``. Every panel is drawn as seen from outside the garment. A folded panel (a sleeve) has its fold line u = 0
    uppermost; it lies in front for u > 0, or for u < 0 where ``mirror``, and behind otherwise.

    Attributes:
        name: "front", "back", "left_sleeve" ...
        edges: outline, counter-clockwise, closed; consecutive edges share a corner.
        side: -1 lies in front of the body, +1 behind it, 0 folded round a limb.
        offset_cm, rotate_deg, mirror: where it lies when laid flat.
        grain_deg: direction of the warp in panel coordinates; 90 = along v.
    """

    name: str
    edges: tuple[Edge, ...]
    side: Literal[-1, 0, 1]
    offset_cm: tuple[float, float] = (0.0, 0.0)
    rotate_deg: float = 0.0
    mirror: bool = False
    grain_deg: float = 90.0


@dataclass(frozen=True)
class Seam:
    """Two panel edges sewn together, point by point; ``b`` runs against ``a`` (both counter-clockwise)."""

    panel_a: str
    edge_a: str
    panel_b: str
    edge_b: str


@dataclass(frozen=True)
class Design:
    """One style, independent of size: what a shop lists as one product before colours and sizes.

    Attributes:
        index: its number in the catalogue; ``patterns.catalogue.design(index)`` makes it.
        category: garment class.
        region: where it is worn.
        sex: whose size chart it is graded by; "unisex" uses the male chart.
        cut: fitted, straight, a-line, oversized, cropped, flared, wide, slim ...
        sleeve: none, short, elbow, long (tops, dresses, outerwear), else "none".
        neckline: crew, v, scoop, boat, turtle, collar, hood, lapel, strap ..., else "none".
        length: cropped, regular, long; mini, knee, midi, maxi; ...
        numbers: the cut's parameters in cm or as ratios, by name (ease, length, flare ...).
        details: what is drawn or added, by name: neckband_cm, hem_stitch_cm, cuff_rib_cm, placket, buttons, pockets,
            waistband_cm, fly, belt_loops, drawstring, zip, collar, hood, yoke, darts, pleats ...
        seasons: spring, summer, autumn, winter it is sold for.
        style: casual, business, sporty, elegant, street ...
    """

    index: int
    category: Category
    region: Region
    sex: Literal["female", "male", "unisex"]
    cut: str
    sleeve: str
    neckline: str
    length: str
    numbers: Mapping[str, float]
    details: Mapping[str, float | str | bool] = field(default_factory=dict)
    seasons: tuple[str, ...] = ()
    style: str = "casual"


@dataclass(frozen=True)
class Pattern:
    """A design drafted in one size.

    Attributes:
        design, size: what and in which of :data:`SIZES`.
        panels, seams: the pieces and how they are sewn.
        measures_cm: finished garment measures, girths whole (not half): tops: chest, waist, hem, shoulder, sleeve,
            biceps, cuff, neck, length; bottoms: waist, hip, thigh, rise, inseam, outseam, leg_opening or hem, length.
    """

    design: Design
    size: str
    panels: tuple[Panel, ...]
    seams: tuple[Seam, ...]
    measures_cm: Mapping[str, float]


@dataclass(frozen=True)
class GarmentMesh:
    """A sewn pattern as a triangle mesh: topology, rest shape, texture plane. Seam vertices are shared.

    Attributes:
        pattern: what was meshed.
        faces: (F, 3) int32, outward facing (front towards -y, back towards +y, sleeves away from the arm).
        panel_of_face: (F,) int16 index into ``pattern.panels``.
        atlas_cm: (F, 3, 2) float32: where each face corner lies in the atlas, the plane where all panels lie side by
            side without touching, cm, y up, everything >= 0. This is the garment's texture plane.
        atlas_size_cm: (width, height) of the atlas.
        panel_offset_cm: (P, 2): atlas point = panel point + offset of its panel.
        edges: (E, 2) int32 all edges once; rest_m: (E,) their length in the flat panels.
        grain: (E,) float32 |cos| of twice the angle between edge and grain: 1 along warp or weft, 0 on the bias.
        hinges: (B, 4) int32 the two ends of every inner edge and the two opposite vertices (a, b, c, d): triangles
            (a, b, c) and (b, a, d). Hinges across seams are included; their rest shape is flat.
        hinge_weights: (B, 4) float32 and hinge_area_m2: (B,): the isometric bending stencil K of Bergou et al. (2006),
            from rest lengths, in the order of ``hinges``, and the area of both triangles.
        area_m2: (V,) a third of the area of the faces round each vertex.
        assembly_m: (V, 2) float64 laid-flat position (x, z), metres; where panels disagree at a seam, the mean.
        side: (V,) int8: -1 front, +1 back, 0 on the outline (seams between front and back, fold lines).
        loops: open borders by name ("neck", "hem", "left_cuff", "right_cuff", "waist", "left_armhole",
            "left_leg", "opening" ...): ordered vertex ids; closed loops do not repeat the first.
        limb: (V,) int8: 0 body, 1 left sleeve, 2 right sleeve, 3 left leg, 4 right leg (trousers below the crotch).
    """

    pattern: Pattern
    faces: np.ndarray
    panel_of_face: np.ndarray
    atlas_cm: np.ndarray
    atlas_size_cm: tuple[float, float]
    panel_offset_cm: np.ndarray
    edges: np.ndarray
    rest_m: np.ndarray
    grain: np.ndarray
    hinges: np.ndarray
    hinge_weights: np.ndarray
    hinge_area_m2: np.ndarray
    area_m2: np.ndarray
    assembly_m: np.ndarray
    side: np.ndarray
    loops: Mapping[str, np.ndarray]
    limb: np.ndarray
