"""Hair on a head: ribbons from the scalp in the person's cut, standing where the posed head is."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from fitroom.wardrobe.bodies.body import Body
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.normals import vertex_normals
from fitroom.wardrobe.people.appearance import Appearance
from fitroom.wardrobe.people.hair_growth import assign_locks, gather, grow, sample_roots, strand_lengths_cm, wave
from fitroom.wardrobe.people.hair_look import HairLook
from fitroom.wardrobe.people.hair_styles import STYLES, HairStyle
from fitroom.wardrobe.people.hair_ties import tail, to_tie
from fitroom.wardrobe.people.head_frame import HeadFrame, head_frame
from fitroom.wardrobe.people.landmarks import HEAD_AXIS_Y_CM, landmarks
from fitroom.wardrobe.people.obstacle import Obstacle
from fitroom.wardrobe.people.ribbons import ribbons, unit
from fitroom.wardrobe.studio.scene import SceneMesh

_STREAM = 9109
_LOCK_STRANDS = 14
_BLOCKER_WIDTH = 1.8  # every other ribbon, so much wider, casts the shadows of two
_THROAT_X_CM, _THROAT_Y_CM, _THROAT_Z_CM = 5.2, 0.0, -9.0  # the throat is nearer to the middle, ahead of, below these


def hair(model: BodyModel, body: Body, appearance: Appearance) -> SceneMesh | None:
    """The hair of ``appearance`` on ``body`` as one mesh named "hair"; None for the bald.

    At most 60,000 triangles. The same arguments give the same strands.
    """
    sex = body.shape.sex
    name = appearance.hair_style[sex]
    if name == "bald":
        return None
    style = STYLES[name]
    rng = np.random.default_rng([appearance.index, _STREAM])
    marks = landmarks(model)
    frame = head_frame(model, body, marks)
    obstacle = Obstacle(model, body, marks, frame)
    points, outward, width_cm = _strands(model, body, appearance, style, frame, obstacle, rng)
    twist = rng.normal(0.0, 0.35, len(points))
    width_m = width_cm * frame.scale * rng.uniform(0.75, 1.2, len(points))
    mesh = ribbons(points, outward, width_m, twist)
    coarse = ribbons(points[::2, ::2], outward[::2, ::2], _BLOCKER_WIDTH * width_m[::2], twist[::2])
    flat = mesh.vertices_m
    center = frame.to_world(np.array([[0.0, HEAD_AXIS_Y_CM, 1.0]]))[0]
    near = np.repeat(outward.reshape(-1, 3), 2, 0)
    volume = unit(0.65 * unit((flat - center) * np.array([1.0, 1.0, 0.6])) + 0.5 * near)
    look = HairLook(
        color=appearance.hair,
        gray=appearance.hair_gray,
        tangent=mesh.tangent,
        volume=volume.astype(np.float32),
        along=mesh.along,
        across=mesh.across,
        depth=_depth(flat, obstacle, style, frame).astype(np.float32),
        strand=mesh.strand,
        seed=appearance.index,
    )
    return SceneMesh("hair", flat, mesh.faces, look, blocker=(coarse.vertices_m, coarse.faces))


def _strands(
    model: BodyModel, body: Body, appearance: Appearance, style: HairStyle, frame: HeadFrame, obstacle: Obstacle,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    marks = landmarks(model)
    recession = appearance.recession_cm if body.shape.sex == "male" else 0.0
    roots = sample_roots(model, marks, style.strands, recession, rng)
    start = (body.vertices_m[roots.corners] * roots.bary[:, :, None]).sum(1)
    normals = vertex_normals(body.vertices_m, model.faces)
    normal = unit((normals[roots.corners] * roots.bary[:, :, None]).sum(1))
    thin = np.clip(0.45 + roots.above_cm / 2.0, 0.45, 1.0)
    if style.comb == "tie":
        points, outward = to_tie(style, roots, start, normal, frame, obstacle, rng)
        extra, extra_out = tail(style, appearance.hair_length, frame, obstacle, rng)
        width = np.concatenate([style.width_cm * thin, np.full(len(extra), 0.34)])
        return np.concatenate([points, extra]), np.concatenate([outward, extra_out]), width
    long = appearance.hair_length if style.top_cm > 3.0 else 1.0
    length = strand_lengths_cm(style, roots, rng) * long
    points, outward = grow(
        style, roots, start, normal, length, appearance.hair_volume, appearance.parting, frame, obstacle, rng
    )
    locks, guides = assign_locks(roots, _LOCK_STRANDS, rng)
    points = gather(points, locks, guides, style.clump)
    points = _outside(wave(points, style, length, locks, frame.scale, rng), obstacle)
    return _led_back(points, _on_throat(points, frame)), outward, style.width_cm * thin


def _led_back(points: np.ndarray, astray: np.ndarray) -> np.ndarray:
    """Strands (S, P, 3), those ``astray`` laid alongside the nearest that are not."""
    if not astray.any() or astray.all():
        return points
    roots, others = points[astray, 0], points[~astray]
    nearest = others[cKDTree(others[:, 0]).query(roots)[1]]
    fading = 1.0 - np.linspace(0.0, 1.0, points.shape[1])[None, :, None]
    out = points.copy()
    out[astray] = nearest + fading * (roots[:, None] - nearest[:, :1])
    return out


def _on_throat(points: np.ndarray, frame: HeadFrame) -> np.ndarray:
    """(S,) bool: strands that went astray across the front of the neck, where single ones look like scratches."""
    face = frame.to_face(points.reshape(-1, 3))
    astray = (np.abs(face[:, 0]) < _THROAT_X_CM) & (face[:, 1] < _THROAT_Y_CM) & (face[:, 2] < _THROAT_Z_CM)
    astray &= face[:, 2] > -24.0
    return astray.reshape(points.shape[:2]).any(1)


def _outside(points: np.ndarray, obstacle: Obstacle) -> np.ndarray:
    flat = points[:, 1:].reshape(-1, 3)
    distance, normal, _ = obstacle.nearest(flat)
    out = points.copy()
    out[:, 1:] = (flat + np.maximum(0.0, 0.0012 - distance)[:, None] * normal).reshape(points[:, 1:].shape)
    return out


def _depth(vertices: np.ndarray, obstacle: Obstacle, style: HairStyle, frame: HeadFrame) -> np.ndarray:
    distance, _, _ = obstacle.nearest(vertices)
    depth: np.ndarray = np.clip(distance / ((0.35 + style.lift_cm) * frame.scale), 0.0, 1.0)
    return depth
