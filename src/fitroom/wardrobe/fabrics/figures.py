"""The page of the fabrics room: a table of the materials and a picture of swatches lit from the side."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from fitroom.wardrobe.fabrics.fabric import MATERIALS, Fabric, Material, Surface
from fitroom.wardrobe.fabrics.materials import NUM_FABRICS, STOCK, bending_length_cm, drape_coefficient, fabric
from fitroom.wardrobe.fabrics.paint import paint_trim
from fitroom.wardrobe.fabrics.palettes import display
from fitroom.wardrobe.fabrics.prints import NUM_PRINTS, Print, print_, printed_on

_CLOTHS_OF: dict[str, tuple[Material, ...]] = {
    "solid": MATERIALS,
    "stripe": ("jersey", "poplin", "linen", "wool knit"),
    "check": ("poplin", "twill", "wool knit"),
    "floral": ("chiffon", "satin", "poplin"),
    "dots": ("satin", "poplin"),
    "print": ("poplin", "jersey", "satin"),
}


def swatch_sheet(path: Path, columns: int = 8, rows: int = 5, side_cm: float = 14.0, px_per_cm: float = 10.0) -> None:
    """Write a picture of ``columns * rows`` swatches: every material plain, then stripes, checks and prints."""
    pairs = list(_choose(columns * rows))
    side_px = round(side_cm * px_per_cm)
    sheet = np.full((rows * (side_px + 6) + 6, columns * (side_px + 6) + 6, 3), 255, np.uint8)
    for number, (cloth, decor) in enumerate(pairs):
        top, left = (6 + (side_px + 6) * place for place in divmod(number, columns))
        surface = paint_trim(cloth, decor, (side_cm, side_cm), px_per_cm)
        sheet[top : top + side_px, left : left + side_px] = side_lit(surface)
    Image.fromarray(sheet).quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def side_lit(surface: Surface) -> np.ndarray:
    """(H, W, 3) uint8 sRGB of a surface under a low lamp from the upper left."""
    slope_y, slope_x = np.gradient(surface.height_mm * surface.px_per_cm / 10.0)
    lamp = np.array([-0.55, -0.45, 0.7])
    facing = (lamp[2] - slope_x * lamp[0] - slope_y * lamp[1]) / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    light = 0.25 + 0.75 * np.clip(facing, 0.0, None) / lamp[2]
    return np.asarray(np.round(display(surface.albedo * light[..., None]) * 255.0), np.uint8)


def material_table() -> str:
    """Markdown: the typical numbers of every material."""
    lines = [
        "| material | g/m2 | mm | B (N m) | stiffness (N/m) | friction | bending length (cm) | drape coefficient |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for material in MATERIALS:
        stock = STOCK[material]
        length = bending_length_cm(stock.bend_n_m, stock.density_g_m2)
        drape = drape_coefficient(stock.bend_n_m, stock.density_g_m2)
        lines.append(
            f"| {material} | {stock.density_g_m2:g} | {stock.thickness_mm:g} | {stock.bend_n_m:.1e} "
            f"| {stock.stretch_n_m:g} | {stock.friction:g} | {length:.1f} | {drape:.2f} |"
        )
    return "\n".join(lines)


def _choose(count: int) -> Iterable[tuple[Fabric, Print]]:
    cloths = {cloth.material: cloth for cloth in map(fabric, reversed(range(NUM_FABRICS)))}
    prints = [print_(index) for index in range(NUM_PRINTS)]
    for number, material in enumerate(MATERIALS):
        plain = [entry for entry in prints if entry.pattern == "solid"]
        yield cloths[material], plain[3 * number]
    kinds = dict.fromkeys((entry.pattern, entry.kind) for entry in prints if entry.pattern in _CLOTHS_OF)
    ordered = sorted(kind for kind in kinds if kind[0] != "solid")
    picked = ordered[:: max(1, len(ordered) // (count - len(MATERIALS)))][: count - len(MATERIALS)]
    for number, (pattern, kind) in enumerate(picked):
        usual = _CLOTHS_OF[pattern]
        material = usual[number % len(usual)]
        cloth = cloths[material]
        fitting = [
            entry
            for entry in prints
            if (entry.pattern, entry.kind) == (pattern, kind) and printed_on(entry, cloth.material) == entry
        ]
        if fitting:
            yield cloth, fitting[number % len(fitting)]
