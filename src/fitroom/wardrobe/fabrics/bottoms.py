"""What sits on trousers, shorts and skirts: flies, five pockets, welts, creases, pleats, and how denim fades."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.fabrics.canvas import Canvas
from fitroom.wardrobe.fabrics.edging import number
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.fronts import draw_placket
from fitroom.wardrobe.fabrics.palettes import dye
from fitroom.wardrobe.fabrics.prints import Print
from fitroom.wardrobe.fabrics.stitching import button, lift, lip, piece, ridge, seam, shade, stitches
from fitroom.wardrobe.fabrics.trimmings import Trimmings
from fitroom.wardrobe.patterns.pattern import Design, Pattern


def draw_bottom(canvas: Canvas, pattern: Pattern, fabric: Fabric, trimmings: Trimmings) -> None:
    """Details of one panel of a bottom garment.

    Args:
        canvas: the panel, its waist in the middle at (0, 0).
        pattern: whose panel it is.
        fabric: denim gets five pockets, a yoke and rivets.
        trimmings: thread, buttons and metal.
    """
    design, details = pattern.design, pattern.design.details
    band_cm = number(details, "waistband_cm", 3.5)
    legs = design.category in {"trousers", "shorts"}
    jeans = legs and (fabric.material == "denim" or details.get("pockets") in {"jeans", "five"})
    if details.get("pleats"):
        _pleats(canvas, band_cm, short=legs)
    if details.get("creases") or (legs and design.style == "business" and not jeans):
        _crease(canvas)
    if canvas.panel.side == -1:
        if details.get("pockets"):
            _front_pockets(canvas, band_cm, jeans, trimmings)
        if details.get("fly"):
            _fly(canvas, band_cm, trimmings, stitched=jeans or fabric.material in {"twill", "linen"})
    elif details.get("pockets") and legs:
        _back_pockets(canvas, band_cm, jeans, trimmings)
    if canvas.panel.side == -1 and not legs and details.get("placket"):
        draw_placket(canvas, pattern, fabric.material, trimmings)
    if jeans and canvas.panel.side == 1:
        _yoke(canvas, band_cm, trimmings)


def _edge_points(canvas: Canvas, border: str) -> np.ndarray:
    """(N, 2) all edges of that border in garment coordinates."""
    lines = [canvas.edge_line(edge) for edge in canvas.panel.edges if edge.border == border]
    return np.concatenate([np.zeros((0, 2)), *lines])


def _sides(canvas: Canvas) -> tuple[float, ...]:
    """Which sides (+1 the wearer's left) of the body the panel covers."""
    waist = _edge_points(canvas, "waist")
    if not len(waist):
        return ()
    return tuple(side for side in (-1.0, 1.0) if (side * waist[:, 0]).max() > 5.0)


def _half_waist_cm(canvas: Canvas) -> float:
    waist = _edge_points(canvas, "waist")
    return float(np.abs(waist[:, 0]).max())


def _side_at(canvas: Canvas, side: float, y_cm: float) -> float:
    """Distance from the middle to the side seam at a height."""
    points = _edge_points(canvas, "side")
    points = points[side * points[:, 0] > 0]
    if not len(points):
        return _half_waist_cm(canvas)
    return float(abs(points[np.argmin(np.abs(points[:, 1] - y_cm)), 0]))


def _front_pockets(canvas: Canvas, band_cm: float, jeans: bool, trimmings: Trimmings) -> None:
    for side in _sides(canvas):
        half = _half_waist_cm(canvas)
        low = -band_cm - (7.0 if jeans else 15.0)
        start = np.array([0.58 * half if jeans else 0.74 * half, -band_cm])
        stop = np.array([_side_at(canvas, side, low), low])
        bend = np.array([start[0] + 0.5, low + 0.4]) if jeans else 0.5 * (start + stop)
        t = np.linspace(0.0, 1.0, 16)[:, None]
        mouth = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * stop
        mouth[:, 0] *= side
        # The cloth towards the middle lies on top of the pocket bag.
        lip(canvas, mouth[::-1] if side > 0 else mouth, 0.8, 1.8)
        for offset in (0.25, 0.8) if jeans else (0.5,):
            stitches(canvas, mouth[::-1] if side > 0 else mouth, trimmings.thread, offset)
        if jeans:
            for place in (mouth[1], mouth[-2]):
                button(canvas, float(place[0]), float(place[1]), trimmings.metal, 0.32, holes=0)
            if side < 0:
                _coin_pocket(canvas, -0.86 * half, -band_cm - 2.4, trimmings)


def _coin_pocket(canvas: Canvas, x_cm: float, top_cm: float, trimmings: Trimmings) -> None:
    line = np.array([[x_cm - 3.0, top_cm], [x_cm + 2.6, top_cm]])
    lip(canvas, line[::-1], 0.5, 1.0)
    stitches(canvas, line[::-1], trimmings.thread, 0.3)


def _back_pockets(canvas: Canvas, band_cm: float, jeans: bool, trimmings: Trimmings) -> None:
    for side in _sides(canvas):
        x_cm = side * 0.53 * _half_waist_cm(canvas)
        if not jeans:
            slot = np.array([[-6.5, -0.6], [6.5, -0.6], [6.5, 0.6], [-6.5, 0.6]]) + np.array([x_cm, -band_cm - 5.5])
            piece(canvas, slot, trimmings.thread, rise_mm=0.4)
            button(canvas, x_cm, -band_cm - 7.4, trimmings.button, 0.5)
            continue
        top = -band_cm - 7.2
        outline = np.array([[-7.2, 0.0], [-6.6, -12.5], [0.0, -15.5], [6.6, -12.5], [7.2, 0.0]]) + np.array([x_cm, top])
        piece(canvas, outline, trimmings.thread, rows=2, rise_mm=0.8)
        t = np.linspace(-1.0, 1.0, 21)
        for drop in (0.0, 0.6):
            arc = np.stack([6.4 * t + x_cm, top - 6.0 - drop + 1.4 * np.cos(2 * np.pi * t)], axis=1)
            stitches(canvas, arc, trimmings.thread)


def _yoke(canvas: Canvas, band_cm: float, trimmings: Trimmings) -> None:
    for side in _sides(canvas):
        line = np.array([[-1.5 * side, -band_cm - 6.6], [side * (_half_waist_cm(canvas) + 2.5), -band_cm - 3.2]])
        seam(canvas, line)
        for offset in (0.25, 0.8):
            stitches(canvas, line if side > 0 else line[::-1], trimmings.thread, offset)


def _fly(canvas: Canvas, band_cm: float, trimmings: Trimmings, stitched: bool) -> None:
    crotch = _edge_points(canvas, "crotch")
    if not len(crotch) or 1.0 not in _sides(canvas):
        return
    low = max(float(crotch[:, 1].min()) + 5.0, -20.0)
    turn = np.linspace(0.0, np.pi / 2, 8)
    corner = np.stack([3.4 * np.cos(turn), low + 2.0 - 3.6 * np.sin(turn)], axis=1)
    line = np.concatenate([[[3.4, -band_cm]], corner])
    if stitched:
        for offset in (0.0, -0.55):
            stitches(canvas, line, trimmings.thread, offset)
    lip(canvas, np.array([[0.0, low], [0.0, -band_cm]])[::-1], 0.7, 1.5)
    metal = trimmings.metal if stitched else trimmings.button
    button(canvas, 1.3, -0.5 * band_cm, metal, 0.8, holes=0 if stitched else 4)


def _crease(canvas: Canvas) -> None:
    hem = _edge_points(canvas, "hem")
    middle = float(hem[:, 0].mean())
    ribbon = canvas.ribbon(np.array([[middle, float(hem[:, 1].min())], [middle, -12.0]]), 2.0)
    if ribbon is not None:
        distance = np.abs(ribbon.across_cm)
        lift(canvas, ribbon.at, 1.1 * np.exp(-np.clip(distance, 0, 9) / 0.5) * np.isfinite(distance))
        shade(canvas, ribbon.at, 1.0 + 0.06 * ridge(distance, 0.2))


def _pleats(canvas: Canvas, band_cm: float, short: bool) -> None:
    waist, hem = _edge_points(canvas, "waist"), _edge_points(canvas, "hem")
    if not len(waist) or not len(hem):
        return
    top, bottom = waist[:, 1].min() - band_cm, hem[:, 1].min()
    if short:
        half = _half_waist_cm(canvas)
        for side in _sides(canvas) if canvas.panel.side == -1 else ():
            for share in (0.36, 0.52):
                lip(
                    canvas,
                    np.array([[side * share * half, top], [side * share * half, top - 9.0]])[:: int(side)],
                    0.8,
                    1.5,
                )
        return
    count = 9
    for k in range(count):
        share = (k + 0.5) / count
        start = np.array([waist[:, 0].min() + share * np.ptp(waist[:, 0]), top])
        stop = np.array([hem[:, 0].min() + share * np.ptp(hem[:, 0]), bottom])
        lip(canvas, np.stack([start, stop]), 1.6, 3.0)


def wear_out(canvas: Canvas, design: Design, fabric: Fabric, worn: Print) -> None:
    """Wash out two pairs of blue jeans in three.

    Thighs and knees (the seat behind) get pale, and so do creases that fan out from the crotch.
    """
    washed = fabric.material == "denim" and worn.palette[0].basic == "blue" and worn.index % 3 != 0
    if not washed or design.category not in {"trousers", "shorts"}:
        return
    crotch, side = _edge_points(canvas, "crotch"), _edge_points(canvas, "side")
    if not len(crotch) or not len(side):
        return
    fork_cm, turn = float(crotch[:, 1].min()), float(np.sign(side[:, 0].mean()))
    x, y = turn * canvas.columns()[None, :], canvas.rows()[:, None]
    middle = 0.5 * _side_at(canvas, turn, fork_cm) - 1.0
    if canvas.panel.side == 1:
        wear = 0.6 * ridge(x - middle - 1.0, 7.0) * ridge(y - 0.68 * fork_cm, 7.5)
        wear = wear + 0.35 * ridge(x - middle, 5.0) * ridge(y - fork_cm + 30.0, 26.0)
    else:
        wear = 0.6 * ridge(x - middle, 5.2) * ridge(y - fork_cm + 16.0, 19.0)
        wear = wear + 0.3 * ridge(x - middle, 5.0) * ridge(y - fork_cm + 42.0, 9.0)
        for drop, slope in ((1.0, 0.28), (4.0, 0.12), (-2.0, 0.45)):
            wear = wear + 0.22 * ridge(x - 6.5, 5.0) * ridge(y - fork_cm - 1.0 + drop - slope * x, 0.8)
    # A factor, not a mix, keeps the yarns; dark denim fades less than all the way.
    lighter = np.clip(np.array(dye("light denim").rgb) / np.array(worn.palette[0].rgb) - 1.0, 0.0, 2.2)
    canvas.albedo *= (1.0 + wear[..., None] * lighter).astype(np.float32)
