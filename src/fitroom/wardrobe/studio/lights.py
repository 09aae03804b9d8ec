"""Catalogue of lights, as in fashion photography, all metered alike."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.plan import check_index
from fitroom.wardrobe.studio.scene import Lamp, Light

NUM_LIGHTS = 64
_CONSTANT = 0x11647
_FRONTS = np.array([[0.0, 0.0, 1.0], [-0.5, 0.1, 0.86], [0.5, 0.1, 0.86], [0.0, 0.45, 0.89], [0.0, -0.3, 0.95]])
_KINDS = ("softbox", "softbox", "window", "high key", "high key", "rim", "overcast", "evening")


def light(index: int) -> Light:
    """One of :data:`NUM_LIGHTS` lights: softbox, window side, high key, rim, overcast, warm evening.

    Raises:
        ConfigError: for an index outside [0, NUM_LIGHTS).
    """
    check_index("light", index, NUM_LIGHTS)
    rng = np.random.default_rng([index, _CONSTANT])
    kind = _KINDS[index % len(_KINDS)]
    side = rng.choice([-1.0, 1.0])
    lamps, sky, ground, warmth = _rig(kind, side, rng)
    warmth += rng.normal(0.0, 0.02)
    return metered([_cast(lamp, warmth) for lamp in lamps], _tint(sky, warmth / 2), _tint(ground, warmth))


def photo_light() -> Light:
    """Even light of a shop photo: two large softboxes and a bright tent; neutral."""
    lamps = [_lamp((-0.6, 0.75, 0.75), 0.52, 0.4), _lamp((0.75, 0.35, 0.85), 0.18, 0.5)]
    return metered(lamps, (0.56,) * 3, (0.36,) * 3, level=1.0)


def metered(
    lamps: list[Lamp], sky: tuple[float, float, float], ground: tuple[float, float, float], level: float = 0.92
) -> Light:
    """Scales the light so that a white card turned roughly to the camera receives ``level`` on average."""
    total = 0.0
    for normal in _FRONTS:
        up = normal[1] / 3.0
        total += float(np.mean(sky)) * (0.5 + up) + float(np.mean(ground)) * (0.5 - up)
        for lamp in lamps:
            direction = np.array(lamp.direction) / np.linalg.norm(lamp.direction)
            total += max(float(direction @ normal), 0.0) * float(np.mean(lamp.color))
    scale = level * len(_FRONTS) / total
    scaled = [Lamp(lamp.direction, _times(lamp.color, scale), lamp.size) for lamp in lamps]
    return Light(scaled, _times(sky, scale), _times(ground, scale))


def _rig(
    kind: str, side: float, rng: np.random.Generator
) -> tuple[list[Lamp], tuple[float, ...], tuple[float, ...], float]:
    """Lamps, sky, ground and warmth of one kind; ``side`` = where the key stands."""
    turn, lift = rng.uniform(0.8, 1.2), rng.uniform(0.8, 1.2)
    if kind == "softbox":
        key = _lamp((0.6 * side * turn, 0.6 * lift, 0.8), 0.74, 0.26)
        return [key, _lamp((-0.8 * side, 0.15, 0.7), 0.12, 0.4)], (0.36,) * 3, (0.22,) * 3, 0.0
    if kind == "window":
        key = _lamp((1.0 * side * turn, 0.35 * lift, 0.55), 0.85, 0.38)
        return [key], (0.42, 0.44, 0.47), (0.27, 0.26, 0.245), -0.01
    if kind == "high key":
        lamps = [_lamp((0.5 * side * turn, 0.5, 0.85), 0.46, 0.4), _lamp((-0.6 * side, 0.4 * lift, 0.8), 0.24, 0.45)]
        return lamps, (0.52,) * 3, (0.38,) * 3, 0.0
    if kind == "rim":
        key = _lamp((0.45 * side * turn, 0.6 * lift, 0.8), 0.55, 0.3)
        rims = [_lamp((-0.95 * side, 0.4, -0.5), 0.55, 0.2), _lamp((0.95 * side, 0.3, -0.6), 0.25, 0.2)]
        return [key, *rims], (0.36,) * 3, (0.22,) * 3, 0.0
    if kind == "overcast":
        key = _lamp((0.2 * side, 1.0, 0.5 * lift), 0.30, 0.6)
        return [key], (0.80, 0.83, 0.87), (0.38, 0.37, 0.35), -0.01
    key = _lamp((0.8 * side * turn, 0.32 * lift, 0.6), 0.75, 0.18)
    return [key, _lamp((-0.5 * side, 0.5, 0.8), 0.10, 0.5)], (0.40, 0.42, 0.47), (0.33, 0.31, 0.29), 0.07


def _lamp(direction: tuple[float, float, float], strength: float, size: float) -> Lamp:
    return Lamp(direction, (strength,) * 3, size)


def _cast(lamp: Lamp, warmth: float) -> Lamp:
    return Lamp(lamp.direction, _tint(lamp.color, warmth), lamp.size)


def _tint(color: tuple[float, ...], warmth: float) -> tuple[float, float, float]:
    """Warmer (positive) or cooler by that share of red and blue."""
    return color[0] * (1 + warmth), color[1], color[2] * (1 - 1.3 * warmth)


def _times(color: tuple[float, ...], factor: float) -> tuple[float, float, float]:
    return color[0] * factor, color[1] * factor, color[2] * factor
