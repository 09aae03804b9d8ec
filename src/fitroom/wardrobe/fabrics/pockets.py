"""Pockets of tops, dresses and outerwear: chest, patch, flap, welt and kangaroo."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.fabrics.canvas import Canvas
from fitroom.wardrobe.fabrics.edging import number
from fitroom.wardrobe.fabrics.sheet import Sheet
from fitroom.wardrobe.fabrics.stitching import button, lip, piece, stitches
from fitroom.wardrobe.fabrics.trimmings import Trimmings
from fitroom.wardrobe.patterns.pattern import Design


def draw_pockets(canvas: Canvas, design: Design, sheet: Sheet, trimmings: Trimmings) -> None:
    """The pockets of a top, dress or outer garment, as its details ask for."""
    pockets, hem_cm = design.details.get("pockets"), sheet.hem_cm
    if not pockets:
        return
    kind = pockets if isinstance(pockets, str) else _usual_pockets(design)
    if kind == "kangaroo":
        bottom = hem_cm + number(design.details, "hem_rib_cm", 2.5) + 0.5
        _kangaroo(canvas, bottom, 0.66 * sheet.half_cm, trimmings)
    elif kind in {"chest", "breast"}:
        _patch_pocket(canvas, 0.42 * sheet.half_cm, sheet.neck_cm - 8.5, 10.5, 12.0, trimmings)
    elif kind == "two chest":
        for side in (-1.0, 1.0):
            _patch_pocket(canvas, side * 0.45 * sheet.half_cm, sheet.neck_cm - 8.5, 11.0, 12.5, trimmings, flap=True)
    elif kind in {"flap", "patch"}:
        for side in (-1.0, 1.0):
            top = max(hem_cm + 24.0, -52.0)
            _patch_pocket(canvas, side * 0.55 * sheet.half_cm, top, 15.5, 17.0, trimmings, flap=kind == "flap")
    else:
        for side in (-1.0, 1.0):
            _welt(canvas, side * 0.55 * sheet.half_cm, max(hem_cm + 18.0, -50.0), side, trimmings)


def _usual_pockets(design: Design) -> str:
    usual = {"hoodie": "kangaroo", "jacket": "welt", "coat": "flap", "dress": "welt"}
    return usual.get(design.category, "chest")


def _patch_pocket(
    canvas: Canvas,
    x_cm: float,
    top_cm: float,
    width_cm: float,
    depth_cm: float,
    trimmings: Trimmings,
    flap: bool = False,
) -> None:
    half, bottom = width_cm / 2, top_cm - depth_cm
    outline = np.array(
        [
            [x_cm - half, bottom + 1.6], [x_cm - half + 1.6, bottom], [x_cm + half - 1.6, bottom],
            [x_cm + half, bottom + 1.6], [x_cm + half, top_cm], [x_cm - half, top_cm],
        ]
    )  # fmt: skip
    piece(canvas, outline, trimmings.thread)
    stitches(canvas, outline[[4, 5]], trimmings.thread, 1.8)
    if flap:
        low = top_cm - 0.36 * depth_cm
        cover = np.array(
            [
                [x_cm - half - 0.3, low + 1.2], [x_cm, low - 0.6], [x_cm + half + 0.3, low + 1.2],
                [x_cm + half + 0.3, top_cm + 1.0], [x_cm - half - 0.3, top_cm + 1.0],
            ]
        )  # fmt: skip
        piece(canvas, cover, trimmings.thread, rise_mm=0.9)
        button(canvas, x_cm, low + 0.8, trimmings.button, 0.5)


def _welt(canvas: Canvas, x_cm: float, y_cm: float, side: float, trimmings: Trimmings) -> None:
    lean = np.array([[-0.9, -7.0], [0.9, -7.0], [0.9, 7.0], [-0.9, 7.0]])
    lean[:, 0] -= side * 0.25 * lean[:, 1]
    piece(canvas, lean + np.array([x_cm, y_cm]), trimmings.thread, rise_mm=0.5)


def _kangaroo(canvas: Canvas, bottom_cm: float, half_cm: float, trimmings: Trimmings) -> None:
    top = bottom_cm + 19.0
    outline = np.array(
        [
            [-half_cm, bottom_cm], [half_cm, bottom_cm], [half_cm, bottom_cm + 6.0], [0.62 * half_cm, top],
            [-0.62 * half_cm, top], [-half_cm, bottom_cm + 6.0],
        ]
    )  # fmt: skip
    piece(canvas, outline, trimmings.thread, rise_mm=0.8)
    for slope in (outline[[2, 3]], outline[[4, 5]]):
        lip(canvas, slope, 1.2, 1.5)
        stitches(canvas, slope, trimmings.thread, 1.4)
