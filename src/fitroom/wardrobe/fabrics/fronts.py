"""What sits on the front and back of tops, dresses and outerwear: plackets, buttons, zips, yokes, belts, lapels."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.fabrics.canvas import Canvas
from fitroom.wardrobe.fabrics.edging import number
from fitroom.wardrobe.fabrics.pockets import draw_pockets
from fitroom.wardrobe.fabrics.sheet import Sheet, measure_sheet
from fitroom.wardrobe.fabrics.stitching import (
    band,
    button,
    cord,
    lip,
    piece,
    ridge,
    seam,
    shade,
    stitches,
    stroke,
    within,
)
from fitroom.wardrobe.fabrics.trimmings import Trimmings
from fitroom.wardrobe.patterns.pattern import Pattern

_SHORT_CM = 15.0  # a polo's placket
_WAIST_CM = -42.0  # garment y of the waist on a middling back


def draw_front(canvas: Canvas, pattern: Pattern, material: str, trimmings: Trimmings) -> None:
    """The front's details, in the order in which they are sewn on."""
    design, details, sheet = pattern.design, pattern.design.details, measure_sheet(pattern, -1)
    if details.get("yoke"):
        _shoulder_yoke(canvas, trimmings)
    if details.get("darts"):
        _darts(canvas, sheet)
    draw_pockets(canvas, design, sheet, trimmings)
    if details.get("zip"):
        bottom = sheet.neck_cm - _SHORT_CM if details["zip"] in {"half", "short", "quarter"} else sheet.hem_cm
        _zip(canvas, sheet.neck_cm, bottom, trimmings)
    elif details.get("placket") or details.get("buttons"):
        draw_placket(canvas, pattern, material, trimmings)
    if design.details.get("hood") and details.get("drawstring"):
        _hood_cords(canvas, sheet, trimmings)
    if details.get("belt_cm"):
        _belt(canvas, number(details, "belt_cm", 3.0), trimmings)
    if details.get("lapel") or design.neckline == "lapel":
        _lapels(canvas, sheet)


def draw_back(canvas: Canvas, pattern: Pattern, material: str, trimmings: Trimmings) -> None:
    """The back's details."""
    sheet, details = measure_sheet(pattern, 1), pattern.design.details
    if details.get("belt_cm"):
        _belt(canvas, number(details, "belt_cm", 3.0), trimmings)
    if details.get("yoke"):
        y_cm = sheet.neck_cm - number(details, "yoke", 8.0)
        line = np.array([[-sheet.half_cm - 3, y_cm], [sheet.half_cm + 3, y_cm]])
        seam(canvas, line)
        stitches(canvas, line, trimmings.thread, 0.25)
    if pattern.design.region == "outerwear" and material != "fleece":
        seam(canvas, np.array([[0.0, sheet.neck_cm], [0.0, sheet.hem_cm]]), 0.05)


def _shoulder_yoke(canvas: Canvas, trimmings: Trimmings) -> None:
    for edge in canvas.panel.edges:
        if edge.border == "shoulder":
            line = canvas.edge_line(edge) - (0.0, 3.5)
            seam(canvas, line)
            stitches(canvas, line, trimmings.thread, 0.25)


def _darts(canvas: Canvas, sheet: Sheet) -> None:
    waist_cm = max(-42.0, 0.62 * sheet.hem_cm)
    for side in (-1.0, 1.0):
        x_cm = side * 0.42 * sheet.half_cm
        seam(canvas, np.array([[x_cm, waist_cm + 11], [x_cm, waist_cm - 11]]), 0.05)


def draw_placket(canvas: Canvas, pattern: Pattern, material: str, trimmings: Trimmings) -> None:
    """A strip down the middle with buttons; on parted fronts the wearer's left half carries it and laps over."""
    design, sheet = pattern.design, measure_sheet(pattern, -1)
    details, outer = design.details, design.region == "outerwear"
    short = details.get("placket") in {"short", "half"}
    width_cm = number(details, "placket_cm", 4.8 if outer else 3.2)
    if short:
        length_cm, width_cm = (width_cm if width_cm > 8.0 else _SHORT_CM), 3.0
    top, bottom = sheet.neck_cm + 0.8, sheet.neck_cm - length_cm if short else sheet.hem_cm
    parted = any(edge.border == "opening" for panel in pattern.panels for edge in panel.edges)
    left, right = (0.0, width_cm) if parted else (-width_cm / 2, width_cm / 2)
    strip = np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
    piece(canvas, strip, trimmings.thread, rise_mm=0.5)
    if short:
        stitches(canvas, np.array([[left, bottom + 1.5], [right, bottom + 1.5]]), trimmings.thread)
    radius = (0.8 if material == "denim" else 1.05) if outer else 0.55
    wanted = details.get("buttons", True)
    usual = max(2, round((top - bottom) / (11.0 if outer else 9.0)))
    count = usual if isinstance(wanted, bool | str) else int(wanted)
    # Buttons stay behind on the right half of an open front.
    x_cm = -width_cm / 2 if parted and details.get("open") else 0.5 * (left + right)
    low = bottom + (3.0 if short else 0.18 * (top - bottom) if outer else 7.0)
    for y_cm in np.linspace(top - (6.0 if outer else 2.6), low, count):
        _button_and_hole(canvas, x_cm, float(y_cm), radius, trimmings)


def _button_and_hole(canvas: Canvas, x_cm: float, y_cm: float, radius_cm: float, trimmings: Trimmings) -> None:
    hole = np.array([[x_cm, y_cm - 1.25 * radius_cm], [x_cm, y_cm + 1.25 * radius_cm]])
    stroke(canvas, hole, 0.12, trimmings.thread, 0.1)
    button(canvas, x_cm, y_cm, trimmings.button, radius_cm)


def _zip(canvas: Canvas, top_cm: float, bottom_cm: float, trimmings: Trimmings) -> None:
    patch = canvas.patch(-1.2, 1.2, bottom_cm, top_cm)
    if patch is None:
        return
    x = np.broadcast_to(patch.x_cm, (patch.y_cm.shape[0], patch.x_cm.shape[1]))
    shade(canvas, patch.at, 1.0 - 0.4 * within(canvas, 0.75 - np.abs(x)))
    canvas.height_mm[patch.at] -= (0.5 * within(canvas, 0.75 - np.abs(x))).astype(np.float32)
    pitch = max(0.36, 3.0 / canvas.px_per_cm)
    teeth = 0.5 + 0.5 * np.clip(3 * np.cos(2 * np.pi * (patch.y_cm / pitch + 0.5 * (x > 0))), -1, 1)
    share = within(canvas, 0.28 - np.abs(x)) * (0.35 + 0.65 * teeth)
    below = canvas.albedo[patch.at]
    below += (share[..., None] * (np.array(trimmings.metal) - below)).astype(np.float32)
    canvas.height_mm[patch.at] += (1.2 * share).astype(np.float32)
    for side in (-0.95, 0.95):
        stitches(canvas, np.array([[side, bottom_cm], [side, top_cm]]), trimmings.thread)
    stroke(canvas, np.array([[0.0, top_cm - 2.0], [0.0, top_cm - 5.0]]), 0.5, trimmings.metal, 2.0)


def _hood_cords(canvas: Canvas, sheet: Sheet, trimmings: Trimmings) -> None:
    for side in (-1.0, 1.0):
        swing = np.array([[2.6, 0.6], [3.2, -6.0], [3.9, -12.0], [3.6, -17.0]]) * (side, 1.0)
        cord(canvas, swing + np.array([0.0, sheet.neck_cm]), 0.5, trimmings.cord)
        tip = swing[-1] + np.array([[0.0, 1.6], [0.0, 0.0]])
        stroke(canvas, tip + np.array([0.0, sheet.neck_cm]), 0.5, trimmings.metal, 0.4)


def _belt(canvas: Canvas, width_cm: float, trimmings: Trimmings) -> None:
    """A belt of the same cloth along the waist seam, or where the waist is on a dress without one."""
    waists = [edge for edge in canvas.panel.edges if edge.border == "waist"]
    if waists:
        band(canvas, canvas.edge_line(waists[0]), width_cm / 2, trimmings.thread)
        return
    across, middle = 60.0, _WAIST_CM
    strip = np.array([[-across, -1.0], [across, -1.0], [across, 1.0], [-across, 1.0]]) * (1.0, width_cm / 2)
    for row in (0, 2):
        line = strip[row : row + 2] + np.array([0.0, middle])
        lip(canvas, line, 0.8, width_cm / 2)
        stitches(canvas, line, trimmings.thread, 0.3)


def _lapels(canvas: Canvas, sheet: Sheet) -> None:
    low = max(sheet.neck_cm - 26.0, 0.55 * sheet.hem_cm)
    for side in (-1.0, 1.0):
        line = np.array(
            [
                [0.6, low],
                [7.5, low + 15.0],
                [9.6, sheet.neck_cm + 1.5],
                [7.0, sheet.neck_cm + 1.0],
                [8.3, sheet.neck_cm + 6.5],
            ]
        )
        line[:, 0] *= side
        lip(canvas, line if side > 0 else line[::-1], 0.9, 2.0)
        patch = canvas.patch(-12.0, 12.0, low, 0.0)
        if patch is not None and side > 0:
            shade(canvas, patch.at, 1.0 - 0.05 * ridge(patch.y_cm - low, 3.0) * np.ones_like(patch.x_cm))
