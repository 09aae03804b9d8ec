"""Dots and all-over motifs, and the choice of the drawing that a print names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from fitroom.wardrobe.fabrics.drawing import SUPER, TURN, Drawing, Ink, disc, leaf, placed, point, stroke
from fitroom.wardrobe.fabrics.florals import FLORALS
from fitroom.wardrobe.fabrics.prints import Print
from fitroom.wardrobe.fabrics.weaves import noise

_STREAM = 71_006


def motif_tile(decor: Print, px_per_cm: float) -> np.ndarray:
    """(n, n, 3) linear RGB over one repeat of a floral, dotted or all-over print."""
    rng = np.random.default_rng([decor.index, _STREAM])
    drawing = Drawing(decor, px_per_cm)
    MOTIFS[decor.kind](drawing, rng)
    return drawing.tile()


def _polka(drawing: Drawing, _rng: np.random.Generator) -> None:
    side = drawing.side_cm
    for x, y in ((0.25, 0.25), (0.75, 0.75)):
        drawing.polygon(disc(x * side, y * side, 0.17 * side), drawing.inks[1])


def _scattered(drawing: Drawing, rng: np.random.Generator) -> None:
    for x, y in drawing.scatter(rng, 1.5):
        drawing.polygon(disc(x, y, float(rng.uniform(0.25, 0.6)), wobble=0.04), drawing.inks[1])


def _brush(drawing: Drawing, rng: np.random.Generator) -> None:
    for x, y in drawing.scatter(rng, 2.4):
        line = np.stack([np.linspace(0, rng.uniform(1.5, 2.8), 8), 0.3 * np.sin(np.linspace(0, 2, 8))], 1)
        ink = drawing.inks[1] if rng.random() < 0.7 else drawing.inks[2]
        drawing.polygon(stroke(placed(line, x, y, float(rng.normal(0.8, 0.5))), float(rng.uniform(0.3, 0.65))), ink)


def _terrazzo(drawing: Drawing, rng: np.random.Generator) -> None:
    for k, (x, y) in enumerate(drawing.scatter(rng, 1.7)):
        corners = np.sort(rng.uniform(0.0, TURN, size=5))
        reach = rng.uniform(0.45, 1.0, size=(5, 1))
        chip = np.stack([np.cos(corners), np.sin(corners)], 1) * reach + (x, y)
        drawing.polygon(chip, (drawing.inks[1], drawing.inks[2], drawing.mix(1, 0, 0.55))[k % 3])


def _tiles(drawing: Drawing, rng: np.random.Generator) -> None:
    step = drawing.side_cm / 4
    quarter = np.linspace(0.0, np.pi / 2, 14)
    inks = (drawing.inks[1], drawing.inks[2], drawing.mix(1, 0, 0.5))
    for row in range(4):
        for column in range(4):
            arc = np.concatenate([[[0.0, 0.0]], np.stack([np.cos(quarter), np.sin(quarter)], 1)]) * 0.94 * step
            turned = placed(arc - step / 2, (column + 0.5) * step, (row + 0.5) * step, rng.integers(4) * np.pi / 2)
            drawing.polygon(turned, inks[int(rng.integers(3))])


def _leaves(drawing: Drawing, rng: np.random.Generator) -> None:
    for k, (x, y) in enumerate(drawing.scatter(rng, 4.6)):
        angle = float(rng.uniform(0.0, TURN))
        ink = (drawing.inks[1], drawing.mix(1, 0, 0.4), drawing.inks[2])[k % 3]
        spine = placed(np.stack([np.linspace(0, 5.0, 11), np.zeros(11)], 1), x, y, angle)
        drawing.polygon(stroke(spine, 0.13), ink)
        for j in range(1, 11):
            length = 1.9 * np.sin(np.pi * (j + 1.5) / 13)
            for side in (-1.0, 1.0):
                drawing.polygon(leaf(*point(spine[j]), angle + 0.75 * side, length, 0.36), ink)


def _blotches(
    drawing: Drawing, rng: np.random.Generator, coarse: float, levels: tuple[float, ...], inks: list[Ink]
) -> None:
    size = drawing.size * SUPER
    pixels = np.asarray(drawing.image).copy()
    for level, ink in zip(levels, inks, strict=True):
        blur = coarse * drawing.scale
        pixels[noise(rng, size, 1.3 * blur, blur) > level] = ink
    drawing.image = Image.fromarray(pixels)


def _camo(drawing: Drawing, rng: np.random.Generator) -> None:
    _blotches(
        drawing, rng, 1.1, (0.35, 0.8, 1.1), [drawing.mix(0, 1, 0.35), drawing.mix(0, 2, 0.55), drawing.mix(0, 1, 0.7)]
    )


def _animal(drawing: Drawing, rng: np.random.Generator) -> None:
    for x, y in drawing.scatter(rng, 1.35, 900):
        radius, angle = float(rng.uniform(0.4, 0.62)), float(rng.uniform(0.0, TURN))
        drawing.polygon(disc(x, y, radius, 0.75, angle, 0.12), drawing.inks[1])
        drawing.polygon(disc(x + 0.05, y, 0.62 * radius, 0.7, angle, 0.15), drawing.mix(0, 1, 0.35))
        drawing.polygon(leaf(x, y, angle + 0.6, 1.2 * radius, 0.6 * radius), drawing.mix(0, 1, 0.35))


def _chevron(drawing: Drawing, _rng: np.random.Generator) -> None:
    side = drawing.side_cm
    for k in range(4):
        x = np.array([0, 0.25, 0.5, 0.75, 1.0]) * side
        y = (np.array([0.0, 0.16, 0.0, 0.16, 0.0]) + k / 4) * side
        band = np.concatenate([np.stack([x, y], 1), np.stack([x, y + 0.11 * side], 1)[::-1]])
        drawing.polygon(band, drawing.inks[1] if k % 2 else drawing.inks[2])


def _waves(drawing: Drawing, rng: np.random.Generator) -> None:
    side, t = drawing.side_cm, np.linspace(0.0, 1.0, 60)
    phase = rng.uniform(0.0, TURN, size=3)
    for k in range(8):
        y = (k / 8 + 0.03 * np.sin(TURN * t + phase[0]) + 0.02 * np.sin(2 * TURN * t + phase[1] + k)) * side
        width = side * (0.045 + 0.02 * np.sin(TURN * t + phase[2] + k))
        band = np.concatenate([np.stack([t * side, y], 1), np.stack([t * side, y + width], 1)[::-1]])
        drawing.polygon(band, (drawing.inks[1], drawing.mix(1, 0, 0.5), drawing.inks[2])[k % 3 if k < 6 else k % 2])


MOTIFS: dict[str, Callable[[Drawing, np.random.Generator], None]] = {
    **FLORALS, "pin dots": _polka, "polka": _polka,
    "coin": _polka, "scattered": _scattered, "brush": _brush, "terrazzo": _terrazzo, "tiles": _tiles,
    "leaves": _leaves, "camo": _camo, "animal": _animal, "chevron": _chevron, "waves": _waves,
}  # fmt: skip
