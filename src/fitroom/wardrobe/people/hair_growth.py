"""Strands grown from the scalp: combed, pulled down, kept off the skin, waved and gathered into locks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.people.hair_styles import HairStyle
from fitroom.wardrobe.people.head_frame import HeadFrame
from fitroom.wardrobe.people.landmarks import HEAD_AXIS_Y_CM, Landmarks, above_hairline_cm, azimuth_deg
from fitroom.wardrobe.people.obstacle import Obstacle
from fitroom.wardrobe.people.ribbons import unit

TIE_CM = np.array([0.0, 5.2, 4.6])
_CLOTH_CM = 1.3


@dataclass(frozen=True)
class Roots:
    """Where S strands start.

    Attributes:
        corners: (S, 3) int32 vertices of the skin's triangle.
        bary: (S, 3) weights of its corners.
        face_cm: (S, 3) face coordinates.
        above_cm: (S,) height above the hairline.
    """

    corners: np.ndarray
    bary: np.ndarray
    face_cm: np.ndarray
    above_cm: np.ndarray


def sample_roots(
    model: BodyModel, marks: Landmarks, count: int, recession_cm: float, rng: np.random.Generator
) -> Roots:
    """``count`` roots spread evenly over the scalp; they thin out within a few mm of the hairline."""
    corners = model.faces
    middle = marks.face_cm[corners].mean(1)
    scalp = (
        (above_hairline_cm(middle, recession_cm) > -1.5) & model.main_component[corners[:, 0]] & (middle[:, 2] > -7.0)
    )
    scalp &= (np.abs(middle[:, 0]) > 4.5) | (middle[:, 1] > -2.0) | (middle[:, 2] > 3.0)
    corners = corners[scalp]
    a, b, c = (marks.face_cm[corners[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    pick = rng.choice(len(corners), size=3 * count, p=area / area.sum())
    u, v = rng.random((2, 3 * count))
    flip = u + v > 1.0
    u, v = np.where(flip, 1.0 - u, u), np.where(flip, 1.0 - v, v)
    bary = np.stack([1.0 - u - v, u, v], 1)
    face_cm = (marks.face_cm[corners[pick]] * bary[:, :, None]).sum(1)
    above = above_hairline_cm(face_cm, recession_cm)
    kept = np.flatnonzero(above > 0.8 * rng.random(3 * count) ** 1.5 - 0.15)[:count]
    return Roots(corners[pick[kept]], bary[kept], face_cm[kept], above[kept])


def strand_lengths_cm(style: HairStyle, roots: Roots, rng: np.random.Generator) -> np.ndarray:
    """(S,) lengths blended between crown, sides and nape, shorter at the hairline, with some disorder."""
    z, y = roots.face_cm[:, 2], roots.face_cm[:, 1]
    crown = np.clip((z - 1.5) / 5.0, 0.0, 1.0)
    rear = np.clip((y + 4.0) / 5.0, 0.0, 1.0)
    low = style.side_cm * (1.0 - rear) + style.back_cm * rear
    length = style.top_cm * crown + low * (1.0 - crown)
    fade = np.clip(0.35 + roots.above_cm / 2.5, 0.0, 1.0) if style.top_cm < 8.0 else 1.0
    return length * fade * rng.uniform(0.86, 1.06, len(z))


def _comb(style: HairStyle, face_cm: np.ndarray, root_cm: np.ndarray, parting: float, t: float) -> np.ndarray:
    """(S, 3) direction in face axes; zero where nothing combs."""
    out = np.zeros_like(face_cm)
    side = np.where(root_cm[:, 0] >= 2.6 * parting, 1.0, -1.0)
    if style.comb == "part":
        front = np.clip((-1.5 - root_cm[:, 1]) / 5.0, 0.0, 1.0)
        out[:, 0], out[:, 1], out[:, 2] = side * (0.15 + 0.85 * front), 0.9 - 0.3 * front, -0.5 + 0.2 * front
    elif style.comb == "side":
        sweep = -np.sign(parting) if parting else -1.0
        top = np.clip((root_cm[:, 2] - 4.0) / 3.0, 0.0, 1.0)
        out[:, 0], out[:, 1], out[:, 2] = sweep * top, -0.1 * top + 0.5 * (1.0 - top), -0.8 * (1.0 - top) + 0.1 * top
    elif style.comb == "forward":
        top = np.clip((root_cm[:, 2] - 4.0) / 3.0, 0.0, 1.0)
        out[:, 0], out[:, 1], out[:, 2] = 0.35 * parting * top, -0.8 * top, -0.75 * (1.0 - top)
    elif style.comb == "quiff":
        front = np.clip((-5.0 - root_cm[:, 1]) / 5.0, 0.0, 1.0) * np.clip((root_cm[:, 2] - 4.0) / 2.0, 0.0, 1.0)
        out[:, 0], out[:, 1] = 0.25 * parting * front, 1.0 - front * (1.1 - 1.3 * t)
        out[:, 2] = front * (1.3 - 1.2 * t) - 0.4 * (1.0 - np.clip((root_cm[:, 2] - 2.0) / 3.0, 0.0, 1.0))
    elif style.comb == "radial":
        out = face_cm - np.array([0.0, HEAD_AXIS_Y_CM, 1.0])
    return unit(out) if style.comb != "none" else out


def grow(
    style: HairStyle, roots: Roots, start_m: np.ndarray, normal: np.ndarray, length_cm: np.ndarray, volume: float,
    parting: float, frame: HeadFrame, obstacle: Obstacle, rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Strands (S, P, 3) in m and the outward direction (S, P, 3) at every point.

    Gravity pulls along the world's z, so long hair hangs however the head is held; everything else turns with the head.
    """
    count, cm = len(start_m), frame.scale
    points = np.empty((count, style.segments + 1, 3))
    outward = np.empty_like(points)
    points[:, 0], outward[:, 0] = start_m - 0.002 * normal, normal
    pieces = 0.35 + np.minimum(1.0, 1.6 * np.arange(style.segments) / style.segments)
    step = length_cm[:, None] * (pieces / pieces.sum())[None, :] * cm
    layer = rng.random(count) ** 0.7
    lift = (0.12 + layer * style.lift_cm * volume) * cm
    comb0 = frame.turn(_comb(style, roots.face_cm, roots.face_cm, parting, 0.0))
    jitter = unit(rng.normal(size=(count, 3)))
    direction = unit(style.stand * normal + (1.0 - style.stand) * comb0 + style.scatter * jitter + 0.15 * normal)
    slide = np.zeros((count, 3))  # hair on a shoulder falls to the front or the back, not along the arm
    for i in range(style.segments):
        t = (i + 1) / style.segments
        face = frame.to_face(points[:, i])
        pull = style.comb_pull * (max(0.0, 1.0 - t / style.comb_reach) if style.comb_reach < 1.0 else 1.0)
        comb = frame.turn(_comb(style, face, roots.face_cm, parting, t))
        kick = unit(rng.normal(size=(count, 3)))
        down = np.array([0.0, 0.0, -style.gravity * (0.35 + t if t < 0.65 else 1.0)])
        direction = unit(0.7 * direction + pull * comb + down + slide + 0.5 * style.scatter * kick)
        moved = points[:, i] + step[:, i : i + 1] * direction
        points[:, i + 1], outward[:, i + 1], clothed = _keep_off(
            moved, lift * min(1.0, 0.3 + 2.5 * t), style.cling, roots, frame, obstacle
        )
        direction = unit(points[:, i + 1] - points[:, i])
        slide[:, 1] = 1.1 * clothed * np.clip(outward[:, i + 1, 2], 0.0, 1.0) * np.sign(outward[:, i + 1, 1])
    return points, outward


def _keep_off(
    points: np.ndarray, lift_m: np.ndarray, cling: float, roots: Roots, frame: HeadFrame, obstacle: Obstacle
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = _keep_off_face(points, roots, frame)
    distance, normal, clothed = obstacle.nearest(points)
    up = normal @ frame.rotation[:, 2]
    on_head = np.clip((up + 0.45) / 0.3, 0.0, 1.0) * (frame.to_face(points)[:, 2] > -3.0)
    excess = lift_m + _CLOTH_CM * 0.01 * clothed - distance
    move = np.where(excess > 0.0, excess, cling * on_head * excess)
    touching = clothed * (distance < lift_m + 0.02)
    return points + move[:, None] * normal, normal, touching


def _keep_off_face(points: np.ndarray, roots: Roots, frame: HeadFrame) -> np.ndarray:
    face = frame.to_face(points)
    angle = azimuth_deg(face)
    least = np.interp(face[:, 2], (-16.0, -12.0, 2.5, 5.5, 7.0), (48.0, 62.0, 64.0, 30.0, 0.0))
    least = np.where(roots.face_cm[:, 2] > -1.0, least, 0.0)
    side = np.where(np.abs(angle) > 4.0, np.sign(angle), np.sign(roots.face_cm[:, 0] + 1e-6))
    turn = np.radians(side * np.clip(least - np.abs(angle), 0.0, 22.0))
    x, y = face[:, 0], face[:, 1] - HEAD_AXIS_Y_CM
    turned = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn) + HEAD_AXIS_Y_CM], 1)
    return frame.to_world(np.column_stack([turned, face[:, 2]]))


def wave(
    points: np.ndarray,
    style: HairStyle,
    length_cm: np.ndarray,
    locks: np.ndarray,
    scale: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """The strands wound into waves or curls; strands of one lock share a phase."""
    if style.wave_cm <= 0.0:
        return points
    tangent = unit(np.gradient(points, axis=1))
    across = unit(np.cross(tangent, np.array([0.13, 0.21, 0.97])))
    third = np.cross(tangent, across)
    t = np.linspace(0.0, 1.0, points.shape[1])
    phase = rng.uniform(0.0, 2.0 * np.pi, locks.max() + 1)[locks] + rng.normal(0.0, 0.35, len(locks))
    turns = 2.0 * np.pi * length_cm[:, None] * t[None, :] / style.wavelength_cm + phase[:, None]
    radius = style.wave_cm * scale * np.minimum(1.0, 2.2 * t)[None, :] * rng.uniform(0.7, 1.2, len(locks))[:, None]
    return points + (radius * np.cos(turns))[:, :, None] * across + (0.7 * radius * np.sin(turns))[:, :, None] * third


def gather(points: np.ndarray, locks: np.ndarray, guides: np.ndarray, amount: float) -> np.ndarray:
    """Tips drawn towards their lock's guide strand."""
    t = np.linspace(0.0, 1.0, points.shape[1])[None, :, None]
    guide = points[guides][locks]
    return points + amount * t**1.3 * (guide - points) * 0.75


def assign_locks(roots: Roots, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(S,) lock of every strand and (L,) the guide strand of every lock; about ``size`` strands a lock."""
    guides = rng.choice(len(roots.face_cm), max(1, len(roots.face_cm) // size), replace=False)
    _, locks = cKDTree(roots.face_cm[guides]).query(roots.face_cm)
    return locks, guides
