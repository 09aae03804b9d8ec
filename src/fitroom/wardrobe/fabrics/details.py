"""Which details a panel gets: by the style's ``details``, the panel's place and the cloth."""

from __future__ import annotations

from fitroom.wardrobe.fabrics.bottoms import draw_bottom, wear_out
from fitroom.wardrobe.fabrics.canvas import Canvas
from fitroom.wardrobe.fabrics.chest_art import print_art
from fitroom.wardrobe.fabrics.edging import KNITTED, draw_edging
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.fronts import draw_back, draw_front
from fitroom.wardrobe.fabrics.prints import Print
from fitroom.wardrobe.fabrics.stitching import rib_band
from fitroom.wardrobe.fabrics.trimmings import trimmings
from fitroom.wardrobe.patterns.pattern import Pattern


def draw_details(canvas: Canvas, pattern: Pattern, fabric: Fabric, worn: Print) -> None:
    """Draw onto a clothed canvas what is printed, pressed and sewn onto that panel."""
    design, panel = pattern.design, canvas.panel
    finish = trimmings(fabric, worn)
    if worn.on_chest and panel.side == -1:
        print_art(canvas, pattern, worn)
    if panel.name.endswith("band"):
        _neck_band(canvas, fabric, finish.rib)
        return
    if design.region == "bottom" and panel.side != 0:
        wear_out(canvas, design, fabric, worn)
    draw_edging(canvas, design, fabric, finish)
    if panel.side == 0:
        return
    if design.region == "bottom":
        draw_bottom(canvas, pattern, fabric, finish)
    elif panel.side == -1:
        draw_front(canvas, pattern, fabric.material, finish)
    else:
        draw_back(canvas, pattern, fabric.material, finish)


def _neck_band(canvas: Canvas, fabric: Fabric, rib: tuple[float, float, float]) -> None:
    """A band that stands up from the neckline: ribbed through and through where the cloth is knitted."""
    if fabric.weave not in KNITTED:
        return
    for edge in canvas.panel.edges:
        if edge.name == "neckline":
            rib_band(canvas, canvas.edge_line(edge), 30.0, rib)
