"""Hair drawn back to a tie, and what hangs from it: a ponytail or a bun."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.people.hair_growth import TIE_CM, Roots
from fitroom.wardrobe.people.hair_styles import HairStyle
from fitroom.wardrobe.people.head_frame import HeadFrame
from fitroom.wardrobe.people.landmarks import HEAD_AXIS_Y_CM
from fitroom.wardrobe.people.obstacle import Obstacle
from fitroom.wardrobe.people.ribbons import unit

_TAIL_STRANDS = 650
_BUN_STRANDS = 700
_BUN_CM = 3.1


def to_tie(
    style: HairStyle, roots: Roots, start_m: np.ndarray, normal: np.ndarray, frame: HeadFrame, obstacle: Obstacle,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Strands (S, P, 3) along the head to the tie, and the outward direction at every point."""
    center = np.array([0.0, HEAD_AXIS_Y_CM, 1.0])
    goal = TIE_CM + rng.normal(0.0, 0.35, (len(start_m), 3))
    a, b = unit(roots.face_cm - center), unit(goal - center)
    radius_a = np.linalg.norm(roots.face_cm - center, axis=1)
    radius_b = np.linalg.norm(goal - center, axis=1)
    angle = np.arccos(np.clip((a * b).sum(1), -0.999, 0.999))
    t = np.linspace(0.0, 1.0, style.segments + 1)
    wa = np.sin((1.0 - t)[None, :] * angle[:, None]) / np.sin(angle)[:, None]
    wb = np.sin(t[None, :] * angle[:, None]) / np.sin(angle)[:, None]
    rays = wa[:, :, None] * a[:, None] + wb[:, :, None] * b[:, None]
    radius = (1.0 - t)[None, :] * radius_a[:, None] + t[None, :] * radius_b[:, None]
    points = frame.to_world((center + rays * radius[:, :, None]).reshape(-1, 3))
    distance, outward, _ = obstacle.nearest(points)
    lift = rng.random(len(start_m)) ** 0.6 * style.lift_cm * frame.scale + 0.0012
    wanted = lift[:, None] * np.minimum(1.0, 0.2 + 3.0 * t)[None, :]
    points = points + (wanted.reshape(-1) - distance)[:, None] * outward
    points = points.reshape(len(start_m), -1, 3)
    points[:, 0] = start_m - 0.001 * normal
    return points, outward.reshape(points.shape)


def tail(
    style: HairStyle, length: float, frame: HeadFrame, obstacle: Obstacle, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Strands (S, P, 3) of the ponytail or bun, and the outward direction at every point."""
    if style.tail == "bun":
        return _bun(style, frame, rng)
    count, steps = _TAIL_STRANDS, style.segments
    around = unit(rng.normal(size=(count, 3)))
    spread = rng.random(count)[:, None] ** 0.5
    points = np.empty((count, steps + 1, 3))
    points[:, 0] = frame.to_world(TIE_CM + 0.7 * spread * around)
    direction = unit(frame.turn(np.array([[0.0, 1.0, 0.35]])) + 0.25 * spread * frame.turn(around))
    step = 30.0 * length * rng.uniform(0.75, 1.05, count)[:, None] / steps * frame.scale
    for i in range(steps):
        direction = unit(direction + np.array([0.0, 0.0, -0.5]))
        moved = points[:, i] + step * direction
        distance, normal, clothed = obstacle.nearest(moved)
        wanted = 0.004 + 0.02 * spread[:, 0] + 0.013 * clothed
        points[:, i + 1] = moved + np.maximum(0.0, wanted - distance)[:, None] * normal
    middle = points.mean(0, keepdims=True)
    squeeze = 1.0 - 0.35 * np.linspace(0.0, 1.0, steps + 1)[None, :, None] ** 2
    points = middle + (points - middle) * squeeze
    return points, unit(points - middle + 1e-5 * frame.turn(around)[:, None])


def _bun(style: HairStyle, frame: HeadFrame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    count = _BUN_STRANDS
    out = unit(TIE_CM - np.array([0.0, HEAD_AXIS_Y_CM, 1.0]))
    center = TIE_CM + 0.72 * _BUN_CM * out
    across = unit(np.cross(out, np.array([1.0, 0.0, 0.0])))
    third = np.cross(out, across)
    tilt, begin = rng.normal(0.0, 0.75, count), rng.uniform(0.0, 2.0 * np.pi, count)
    sweep = np.linspace(0.0, 2.2, style.segments + 1)[None, :] + begin[:, None]
    radius = _BUN_CM * (0.82 + 0.2 * rng.random(count) ** 0.5)[:, None]
    height = np.sin(np.clip(tilt, -1.35, 1.35))[:, None] + 0.10 * np.sin(sweep + tilt[:, None])
    ring = np.sqrt(np.clip(1.0 - height**2, 0.05, 1.0))
    cos, sin = (ring * np.cos(sweep))[:, :, None], (ring * np.sin(sweep))[:, :, None]
    local = radius[:, :, None] * (cos * across + sin * third + 0.78 * height[:, :, None] * out)
    points = frame.to_world((center + local).reshape(-1, 3)).reshape(count, -1, 3)
    return points, unit(frame.turn(local.reshape(-1, 3))).reshape(points.shape)
