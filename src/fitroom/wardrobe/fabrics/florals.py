"""Flower prints: small ones strewn, large blooms, meadows and twigs in blossom."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.fabrics.drawing import TURN, Drawing, disc, leaf, placed, point, stroke


def _flower(
    drawing: Drawing, rng: np.random.Generator, x: float, y: float, radius: float, main: int, heart: int
) -> None:
    """Rounded petals in two rings, a darker middle to each, and a heart."""
    petals, start = int(rng.integers(5, 8)), float(rng.uniform(0.0, TURN))
    rings = ((1.0, 0.0), (0.62, 0.5)) if radius > 1.2 else ((1.0, 0.0),)
    for reach, offset in rings:
        for k in range(petals):
            angle = start + (k + offset) * TURN / petals + float(rng.normal(0.0, 0.06))
            tone = drawing.mix(main, 0, 0.12 + (0.22 if k % 2 else 0.0) if reach == 1.0 else 0.0)
            drawing.polygon(_petal(x, y, angle, reach * radius, 1.5 * reach * radius * np.pi / petals), tone)
            if radius > 1.2:
                drawing.polygon(leaf(x, y, angle, 0.7 * reach * radius, 0.16 * radius), drawing.mix(main, heart, 0.3))
    drawing.polygon(disc(x, y, 0.24 * radius), drawing.inks[heart])
    if radius > 1.2:
        for angle in np.arange(9) * TURN / 9 + start:
            dot = disc(x + 0.3 * radius * np.cos(angle), y + 0.3 * radius * np.sin(angle), 0.045 * radius)
            drawing.polygon(dot, drawing.mix(heart, 0, 0.25))


def _petal(x: float, y: float, angle: float, length: float, width: float) -> np.ndarray:
    """(24, 2) a petal with a broad, rounded tip."""
    t = np.linspace(0.0, 1.0, 12)
    half = 0.5 * width * np.sqrt(np.clip(t * (1.0 - t**6), 0.0, None)) * (0.35 + 0.75 * t)
    outline = np.concatenate([np.stack([length * t, half], 1), np.stack([length * t, -half], 1)[::-1]])
    return placed(outline, x, y, angle)


def _ditsy(drawing: Drawing, rng: np.random.Generator) -> None:
    for x, y in drawing.scatter(rng, 1.25):
        angle = float(rng.uniform(0.0, TURN))
        if rng.random() < 0.35:
            for side in (-0.5, 0.5):
                drawing.polygon(leaf(x, y, angle + side, 0.55, 0.24), drawing.mix(2, 0, 0.1))
            continue
        drawing.polygon(leaf(x, y, angle, 0.85, 0.26), drawing.mix(2, 0, 0.15))
        _flower(drawing, rng, x, y, float(rng.uniform(0.34, 0.5)), 1, 2)


def _blooms(drawing: Drawing, rng: np.random.Generator) -> None:
    places = drawing.scatter(rng, 6.6)
    for x, y in places:
        for angle in rng.uniform(0.0, TURN, size=5):
            length = float(rng.uniform(3.6, 5.4))
            drawing.polygon(leaf(x, y, angle, length, 1.5), drawing.mix(2, 0, float(rng.uniform(0.1, 0.45))))
            vein = np.array([[0.3, 0.0], [0.6, 0.0], [0.95, 0.0]]) * length
            drawing.polygon(stroke(placed(vein, x, y, angle), 0.1), drawing.mix(2, 0, 0.6))
    for k, (x, y) in enumerate(places):
        _flower(drawing, rng, x, y, float(rng.uniform(2.3, 3.4)), 1, 2 if k % 3 else 0)
    for x, y in drawing.scatter(rng, 3.2, 60):
        _flower(drawing, rng, x, y, 0.6, 1, 2)


def _meadow(drawing: Drawing, rng: np.random.Generator) -> None:
    for x, y in drawing.scatter(rng, 2.1):
        angle = -np.pi / 2 + float(rng.normal(0.0, 0.45))
        length = float(rng.uniform(1.6, 2.8))
        bend = np.stack([np.linspace(0, length, 6), 0.3 * np.sin(np.linspace(0, 2, 6))], 1)
        stem = placed(bend, x, y, angle)
        green = drawing.mix(2, 0, float(rng.uniform(0.0, 0.3)))
        drawing.polygon(stroke(stem, 0.12), green)
        for k in (1, 2, 3):
            drawing.polygon(leaf(*point(stem[k]), angle + (0.7 if k % 2 else -0.7), 0.7, 0.25), green)
        _flower(drawing, rng, *point(stem[-1]), float(rng.uniform(0.5, 0.95)), 1, 2)


def _branches(drawing: Drawing, rng: np.random.Generator) -> None:
    for x, y in drawing.scatter(rng, 4.6):
        angle = float(rng.uniform(0.0, TURN))
        bend = np.stack([np.linspace(0, 6.0, 12), 0.9 * np.sin(np.linspace(0, 2.4, 12))], 1)
        twig = placed(bend, x, y, angle)
        drawing.polygon(stroke(twig, 0.14), drawing.mix(2, 0, 0.2))
        for k in range(2, 12):
            side = 0.8 if k % 2 else -0.8
            drawing.polygon(leaf(*point(twig[k]), angle + side, 1.35, 0.52), drawing.mix(2, 0, 0.1 + 0.3 * (k % 3) / 2))
        _flower(drawing, rng, *point(twig[-1]), 1.15, 1, 2)


FLORALS = {"ditsy": _ditsy, "blooms": _blooms, "meadow": _meadow, "branches": _branches}
