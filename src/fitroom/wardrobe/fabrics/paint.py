"""Paint a sewing pattern: print and weave on every panel, then what is sewn, pressed and printed onto it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from fitroom.wardrobe.fabrics.canvas import Canvas, lay_cloth
from fitroom.wardrobe.fabrics.details import draw_details
from fitroom.wardrobe.fabrics.fabric import Fabric, Surface
from fitroom.wardrobe.fabrics.prints import Print, printed_on
from fitroom.wardrobe.fabrics.tiles import print_tile
from fitroom.wardrobe.fabrics.trimmings import trimmings
from fitroom.wardrobe.fabrics.weaves import TILE_CM, weave_tile
from fitroom.wardrobe.patterns.pattern import GarmentMesh, Panel

BLEED_CM = 0.8  # cloth is painted this far past the outlines, so that filtered look-ups find no gaps
MELANGE = {"grey melange", "charcoal"}


def paint(
    mesh: GarmentMesh, fabric: Fabric, decor: Print, px_per_cm: float = 8.0, photos: Path | None = None
) -> Surface:
    """The atlas of a garment, painted.

    Args:
        mesh: gives the panels, their places in the atlas, and the style's details.
        fabric: its weave, and which prints it can carry (see :func:`printed_on`).
        decor: the print as it stands in the book.
        px_per_cm: resolution.
        photos: folder for photo prints; without it they show their ground colour.

    Raises:
        DataError: a folder without pictures.
    """
    worn = printed_on(decor, fabric.material)
    width, height = (max(1, math.ceil(cm * px_per_cm)) for cm in mesh.atlas_size_cm)
    ground = np.array(worn.palette[0].rgb, np.float32)
    albedo = np.empty((height, width, 3), np.float32)
    albedo[:] = ground
    relief_mm = np.zeros((height, width), np.float32)
    owner = _owners(mesh, px_per_cm, (height, width))
    for number, panel in enumerate(mesh.pattern.panels):
        box, canvas = _canvas(panel, mesh.panel_offset_cm[number], px_per_cm, (height, width))
        clothe(canvas, fabric, worn, photos)
        draw_details(canvas, mesh.pattern, fabric, worn)
        mine = owner[box] == number + 1
        np.copyto(albedo[box], canvas.albedo, where=mine[..., None])
        np.copyto(relief_mm[box], canvas.height_mm, where=mine)
    np.clip(albedo, 0.0, 1.0, out=albedo)
    return Surface(albedo, relief_mm, px_per_cm, fabric, tuple(color.name for color in worn.palette), worn.pattern)


def clothe(canvas: Canvas, fabric: Fabric, worn: Print, photos: Path | None = None) -> None:
    """Fill a canvas with the printed and woven cloth, along the panel's grain."""
    weave = weave_tile(fabric, canvas.px_per_cm, worn.palette[0].name in MELANGE and not worn.rhythm)
    lean = math.radians(canvas.panel.grain_deg - 90.0) * canvas.turn
    plain = worn.on_chest or worn.pattern == "solid"
    lay_cloth(
        canvas.albedo,
        canvas.height_mm,
        canvas.columns(),
        canvas.rows(),
        (math.cos(lean), math.sin(lean)),
        print_tile(worn, canvas.px_per_cm, photos),
        (1.0, 1.0) if plain else worn.repeat_cm,
        weave.gain,
        weave.height_mm,
        TILE_CM,
    )


def _canvas(
    panel: Panel, offset_cm: np.ndarray, px_per_cm: float, shape: tuple[int, int]
) -> tuple[tuple[slice, slice], Canvas]:
    """The rectangle of the atlas round a panel, and an empty canvas of that size."""
    outline = np.concatenate([edge.points_cm for edge in panel.edges]) + offset_cm
    low = np.floor((outline.min(0) - BLEED_CM) * px_per_cm).astype(int)
    high = np.ceil((outline.max(0) + BLEED_CM) * px_per_cm).astype(int)
    left, right = max(0, low[0]), min(shape[1], high[0])
    top, bottom = max(0, shape[0] - high[1]), min(shape[0], shape[0] - low[1])
    origin_px = float(offset_cm[0] * px_per_cm - left), float(shape[0] - offset_cm[1] * px_per_cm - top)
    size = bottom - top, right - left
    canvas = Canvas(panel, px_per_cm, origin_px, np.empty((*size, 3), np.float32), np.empty(size, np.float32))
    return (slice(top, bottom), slice(left, right)), canvas


def _owners(mesh: GarmentMesh, px_per_cm: float, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) uint8: 1 + index of the panel a texel belongs to, widened by the bleed; 0 = none."""
    image = Image.new("L", shape[::-1])
    draw = ImageDraw.Draw(image)
    outlines = []
    for panel, offset_cm in zip(mesh.pattern.panels, mesh.panel_offset_cm, strict=True):
        points = np.concatenate([edge.points_cm for edge in panel.edges]) + offset_cm
        outlines.append([(float(x * px_per_cm), float(shape[0] - y * px_per_cm)) for x, y in points])
    for number, outline in enumerate(outlines, start=1):
        draw.line([*outline, outline[0]], fill=number, width=2 * math.ceil(BLEED_CM * px_per_cm), joint="curve")
    for number, outline in enumerate(outlines, start=1):
        draw.polygon(outline, fill=number, outline=number)
    return np.asarray(image)


def paint_trim(
    fabric: Fabric,
    decor: Print,
    extent_cm: tuple[float, float],
    px_per_cm: float = 8.0,
    photos: Path | None = None,
    rib: bool = False,
) -> Surface:
    """A rectangle of a garment's cloth for what is added to it, such as a collar or a hood; texture (0, 0) lower left.

    Args:
        fabric: of the garment.
        decor: of the garment, as it stands in the book; chest art stays off.
        extent_cm: width and height.
        px_per_cm: resolution.
        photos: folder for photo prints.
        rib: knit it as a rib in the colour of the neckband, as polo collars are.

    Raises:
        DataError: a folder without pictures.
    """
    worn = printed_on(decor, fabric.material)
    width, height = (max(1, math.ceil(cm * px_per_cm)) for cm in extent_cm)
    panel = Panel("trim", (), 0)
    size = height, width
    canvas = Canvas(panel, px_per_cm, (0.0, height), np.empty((*size, 3), np.float32), np.empty(size, np.float32))
    if rib:
        color = replace(worn.palette[0], rgb=trimmings(fabric, worn).rib)
        fabric = replace(fabric, weave="rib")
        worn = Print(worn.index, "solid", "plain", (color,))
    clothe(canvas, fabric, worn, photos)
    np.clip(canvas.albedo, 0.0, 1.0, out=canvas.albedo)
    names = tuple(color.name for color in worn.palette)
    return Surface(canvas.albedo, canvas.height_mm, px_per_cm, fabric, names, worn.pattern)
