"""A small tee of two sheets and a sleeve, cut by hand, and the rolls and prints the tests paint it with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.materials import NUM_FABRICS, fabric
from fitroom.wardrobe.patterns.pattern import Design, Edge, GarmentMesh, Panel, Pattern

GAP_CM = 3.0
Tailor = Callable[..., GarmentMesh]


def _edge(name: str, border: str, *points: tuple[float, float]) -> Edge:
    return Edge(name, border, np.array(points))  # type: ignore[arg-type]


def _sheet(name: str, side: int, neck_cm: float) -> Panel:
    turn = np.linspace(0.0, np.pi, 9)
    neck = [(8 * np.cos(angle), -neck_cm * np.sin(angle)) for angle in turn]
    edges = (
        _edge("hem", "hem", (-24, -60), (24, -60)),
        _edge("left_side", "side", (24, -60), (24, -22)),
        _edge("left_armhole", "armhole", (24, -22), (20, -14), (20, -3)),
        _edge("left_shoulder", "shoulder", (20, -3), (8, 0)),
        _edge("neck", "neck", *neck),
        _edge("right_shoulder", "shoulder", (-8, 0), (-20, -3)),
        _edge("right_armhole", "armhole", (-20, -3), (-20, -14), (-24, -22)),
        _edge("right_side", "side", (-24, -22), (-24, -60)),
    )
    return Panel(name, edges, side, mirror=side > 0)  # type: ignore[arg-type]


def _sleeve() -> Panel:
    edges = (
        _edge("cuff", "cuff", (-15, -20), (15, -20)),
        _edge("underarm_back", "side", (15, -20), (18, 0)),
        _edge("cap", "armhole", (18, 0), (9, 8), (0, 10), (-9, 8), (-18, 0)),
        _edge("underarm_front", "side", (-18, 0), (-15, -20)),
    )
    return Panel("left_sleeve", edges, 0, (22.0, -8.0), -35.0)


def _leg(name: str, side: int, turn: float) -> Panel:
    outline = [
        ("hem", "hem", [(2, -60), (20, -60)]),
        ("side", "side", [(20, -60), (25, -20), (20, 0)]),
        ("waist", "waist", [(20, 0), (0, 0)]),
        ("crotch", "crotch", [(0, 0), (0, -16), (-6, -24)]),
        ("inseam", "inseam", [(-6, -24), (2, -60)]),
    ]
    edges = [_edge(border, border, *[(turn * x, y) for x, y in points]) for _, border, points in outline]
    if turn < 0:
        edges = [Edge(edge.name, edge.border, edge.points_cm[::-1]) for edge in reversed(edges)]
    return Panel(name, tuple(edges), side)  # type: ignore[arg-type]


def _lay_out(panels: list[Panel], design: Design) -> GarmentMesh:
    offsets, x_cm, height_cm = [], GAP_CM, 0.0
    for panel in panels:
        points = np.concatenate([edge.points_cm for edge in panel.edges])
        low, high = points.min(0), points.max(0)
        offsets.append((x_cm - low[0], GAP_CM - low[1]))
        x_cm += high[0] - low[0] + GAP_CM
        height_cm = max(height_cm, high[1] - low[1] + 2 * GAP_CM)
    none = np.zeros(0)
    pattern = Pattern(design, "M", tuple(panels), (), {})
    return GarmentMesh(
        pattern, none, none, none, (x_cm, height_cm), np.array(offsets), none, none, none, none, none, none, none, none,
        none, {}, none,
    )  # fmt: skip


@pytest.fixture
def tailor() -> Tailor:
    """``tailor("shirt", pockets="chest")`` cuts a garment of that category with those details."""

    def cut(category: str = "t-shirt", **details: float | str | bool) -> GarmentMesh:
        legs = category in {"trousers", "shorts"}
        outer = category in {"jacket", "coat"}
        region = "bottom" if legs else "outerwear" if outer else "top"
        design = Design(
            0, category, region, "unisex", "straight", "none" if legs else "short", "crew", "regular", {}, details
        )  # type: ignore[arg-type]
        if legs:
            names = (("left_front", -1, 1.0), ("right_front", -1, -1.0), ("left_back", 1, 1.0), ("right_back", 1, -1.0))
            return _lay_out([_leg(*name) for name in names], design)
        return _lay_out([_sheet("front", -1, 8.0), _sheet("back", 1, 2.0), _sleeve()], design)

    return cut


@pytest.fixture
def roll() -> Callable[[str], Fabric]:
    """``roll("denim")`` is the first fabric of that material."""

    def find(material: str) -> Fabric:
        return next(cloth for cloth in map(fabric, range(NUM_FABRICS)) if cloth.material == material)

    return find
