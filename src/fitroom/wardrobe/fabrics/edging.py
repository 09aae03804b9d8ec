"""What lies along the outlines: neckbands, hems, cuffs, waistbands and the seams between panels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fitroom.wardrobe.fabrics.canvas import Canvas
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.stitching import Rgb, band, button, cord, gathers, hem, rib_band, seam, stitches
from fitroom.wardrobe.fabrics.trimmings import Trimmings
from fitroom.wardrobe.patterns.pattern import Design, Edge

Details = Mapping[str, float | str | bool]
SEAMS = {"side", "armhole", "shoulder", "inseam", "crotch"}
EYELET = (0.45, 0.44, 0.42)
KNITTED = {"knit", "rib", "fleece"}
TOP_STITCHED = {"poplin", "denim", "linen", "twill", "leather"}


def draw_edging(canvas: Canvas, design: Design, fabric: Fabric, trimmings: Trimmings) -> None:
    """Finish every edge of a panel by its kind."""
    bare_arms = design.sleeve == "none" and design.region != "bottom"
    for edge in canvas.panel.edges:
        if edge.border in SEAMS:
            line = canvas.edge_line(edge)
            seam(canvas, line)
            if fabric.material in TOP_STITCHED and edge.border in {"armhole", "shoulder", "inseam"}:
                stitches(canvas, line, trimmings.thread, 0.5)
    # Bands lie over the ends of the seams that run into them.
    for edge in canvas.panel.edges:
        if edge.border == "neck":
            _neck(canvas, edge, design, fabric, trimmings)
        elif edge.border == "armhole" and bare_arms:
            _bound(canvas, edge, number(design.details, "armhole_band_cm", 0.0), fabric, trimmings)
        elif edge.border in {"hem", "cuff"}:
            _open_end(canvas, edge, design, trimmings)
        elif edge.border == "waist" and design.region == "bottom":
            _waist(canvas, edge, design, trimmings)
        elif edge.border == "waist":
            seam(canvas, canvas.edge_line(edge), 0.25)
        elif edge.border == "opening":
            stitches(canvas, canvas.edge_line(edge), trimmings.thread, 0.6)


def number(details: Details, name: str, usual: float) -> float:
    """A detail's size; ``usual`` where it is missing or merely present, 0 where it is switched off."""
    value = details.get(name, usual)
    if isinstance(value, bool):
        return usual if value else 0.0
    return float(value) if isinstance(value, int | float) else usual


def _neck(canvas: Canvas, edge: Edge, design: Design, fabric: Fabric, trimmings: Trimmings) -> None:
    details = design.details
    if design.neckline == "turtle" or (
        not details.get("neckband_cm") and (details.get("collar") or details.get("hood"))
    ):
        seam(canvas, canvas.edge_line(edge))
    else:
        _bound(canvas, edge, number(details, "neckband_cm", 0.0), fabric, trimmings)


def _bound(canvas: Canvas, edge: Edge, width_cm: float, fabric: Fabric, trimmings: Trimmings) -> None:
    """An opening finished with a rib (knits), a narrow binding (wovens), or a plain hem where no width is given."""
    line = canvas.edge_line(edge)
    if width_cm <= 0.3:
        hem(canvas, line, 0.9, trimmings.thread, rows=1)
    elif fabric.weave in KNITTED or width_cm > 2.5:
        rib_band(canvas, line, width_cm, trimmings.rib)
        stitches(canvas, line, trimmings.thread, width_cm + 0.35)
    else:
        hem(canvas, line, width_cm, trimmings.thread, rows=1)
        seam(canvas, line)


def _open_end(canvas: Canvas, edge: Edge, design: Design, trimmings: Trimmings) -> None:
    line, details = canvas.edge_line(edge), design.details
    legs = design.category in {"trousers", "shorts"}
    rib_cm = number(details, "cuff_rib_cm" if edge.border == "cuff" or legs else "hem_rib_cm", 0.0)
    band_cm = number(details, "cuff_band_cm", 0.0) if edge.border == "cuff" else 0.0
    if rib_cm > 0.3:
        rib_band(canvas, line, rib_cm, trimmings.rib)
    elif band_cm > 0.3:
        band(canvas, line, band_cm, trimmings.thread)
        end = line[0] + np.clip(2.0 / max(np.hypot(*(line[-1] - line[0])), 2.0), 0, 1) * (line[-1] - line[0])
        button(canvas, float(end[0]), float(end[1]) + band_cm / 2, trimmings.button, 0.45)
    else:
        usual = 4.0 if design.category in {"trousers", "coat", "jacket"} else 2.2
        rows = 2 if design.category in {"t-shirt", "longsleeve", "tank", "hoodie", "sweater"} else 1
        hem(canvas, line, number(details, "hem_stitch_cm", usual), trimmings.thread, rows)


def _waist(canvas: Canvas, edge: Edge, design: Design, trimmings: Trimmings) -> None:
    line, details = canvas.edge_line(edge), design.details
    width_cm = number(details, "waistband_cm", 3.5)
    elastic = bool(details.get("drawstring")) or details.get("waistband") == "elastic" or bool(details.get("elastic"))
    if width_cm <= 0.3:
        return
    if elastic:
        gathers(canvas, line, width_cm)
        stitches(canvas, line, trimmings.thread, width_cm)
    else:
        band(canvas, line, width_cm, trimmings.thread)
    if details.get("belt_loops"):
        _belt_loops(canvas, line, width_cm, trimmings.thread)
    if details.get("drawstring") and canvas.panel.side == -1:
        _drawstring(canvas, line, width_cm, trimmings.cord)


def _belt_loops(canvas: Canvas, line: np.ndarray, width_cm: float, thread: Rgb) -> None:
    inner_first = abs(line[0, 0]) < abs(line[-1, 0])
    for share in (0.32, 0.92):
        step = share if inner_first else 1.0 - share
        place = line[0] + step * (line[-1] - line[0])
        loop = np.array([[place[0], place[1] + 0.4], [place[0], place[1] - width_cm - 0.8]])
        ribbon = canvas.ribbon(loop, 1.2)
        if ribbon is None:
            continue
        inside = np.clip((0.55 - np.abs(ribbon.across_cm)) * canvas.px_per_cm + 0.5, 0.0, 1.0).astype(np.float32)
        canvas.height_mm[ribbon.at] += np.float32(1.1) * inside
        canvas.albedo[ribbon.at] *= (1.0 - 0.3 * np.exp(-(((np.abs(ribbon.across_cm) - 0.62) / 0.12) ** 2)))[..., None]
        for offset in (-0.33, 0.33):
            stitches(canvas, loop, thread, offset)


def _drawstring(canvas: Canvas, line: np.ndarray, width_cm: float, rgb: Rgb) -> None:
    top = line[np.argmin(np.abs(line[:, 0])), 1] - 0.5 * width_cm
    for side in (-1.0, 1.0):
        swing = np.array([[1.3, 0.0], [1.5, -4.0], [1.9, -8.0], [1.7, -12.5]]) * (side, 1.0)
        cord(canvas, swing + np.array([0.0, top]), 0.5, rgb)
        button(canvas, 1.3 * side, float(top), EYELET, 0.4, holes=1)
        button(canvas, 1.7 * side, float(top) - 12.5, rgb, 0.42, holes=0)
