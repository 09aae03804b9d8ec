"""Collars and hoods: built after draping on the garment's neckline, with the same topology however it is draped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.patterns.neck_ring import NUM_STATIONS, NeckRing, neck_ring
from fitroom.wardrobe.patterns.pattern import GarmentMesh

STAND_ROWS, LEAF_ROWS = 6, 16
HOOD_ROWS = 30
_CLEAR_M = 0.006  # a trim rests this far off the cloth


@dataclass(frozen=True)
class Trim:
    """A piece added to a draped garment, cut from the garment's fabric.

    Attributes:
        name: "collar" or "hood".
        vertices_m: (V, 3) float64.
        faces: (F, 3) int32.
        uv_cm: (V, 2) float32 its own texture plane, cm, everything >= 0; the same for every drape of the garment.
    """

    name: str
    vertices_m: np.ndarray
    faces: np.ndarray
    uv_cm: np.ndarray


@dataclass(frozen=True)
class Collar:
    """A collar's cut, cm.

    Attributes:
        stand_cm: height of the standing part, at the back; it is lower towards the front ends.
        fall_cm: how far the leaf reaches below the seam at the back.
        point_cm: how far it reaches below the seam at the front ends.
        spread_cm: how far the points are drawn aside.
        roll_cm: thickness of the fold.
    """

    stand_cm: float
    fall_cm: float
    point_cm: float
    spread_cm: float
    roll_cm: float


COLLARS: Mapping[str, Collar] = {
    "shirt": Collar(3.4, 1.4, 4.6, 1.8, 0.45),
    "polo": Collar(2.6, 1.4, 4.0, 1.2, 0.5),
    "coat": Collar(3.8, 3.2, 6.5, 2.6, 0.9),
}


def trim_meshes(mesh: GarmentMesh, vertices_m: np.ndarray) -> list[Trim]:
    """The collar or hood of a design, where its details name one; else nothing.

    Args:
        mesh: the garment.
        vertices_m: (V, 3) where it lies: draped on a body, or laid flat with its front towards -y.
    """
    details = mesh.pattern.design.details
    if details.get("hood"):
        return [_trim("hood", *hood_surface(neck_ring(mesh, vertices_m)))]
    if details.get("collar"):
        return [_trim("collar", *collar_surface(neck_ring(mesh, vertices_m), COLLARS[str(details["collar"])]))]
    return []


def collar_surface(ring: NeckRing, cut: Collar) -> tuple[np.ndarray, np.ndarray]:
    """(S, R, 3) points in metres and (S, R, 2) texture in cm of a stand and the leaf folded over it."""
    to_end = ring.ends_cm
    near_end = np.exp(-((to_end / 5.0) ** 2))
    stand = cut.stand_cm * (1 - 0.45 * near_end)
    fall = cut.fall_cm + (cut.point_cm - cut.fall_cm) * near_end
    top = _step(ring, stand, 0.15)
    risen = np.linspace(0.0, 1.0, STAND_ROWS)[None, :, None]
    base = ring.at_m + 0.002 * ring.outward
    stand_rows = base[:, None] + risen * (top - base)[:, None]
    aside = np.sign(ring.arc_cm[-1] / 2 - ring.arc_cm) * cut.spread_cm * np.exp(-((to_end / 2.5) ** 2))
    edge = ring.at_m + 0.01 * (fall[:, None] * ring.inward + aside[:, None] * ring.along) + 0.01 * ring.outward
    over = top + 0.01 * (cut.roll_cm * 2 * _away(ring) + 0.5 * cut.roll_cm * ring.rising)
    t = np.linspace(0.0, 1.0, LEAF_ROWS + 1)[None, 1:, None]
    leaf = (1 - t) ** 2 * top[:, None] + 2 * t * (1 - t) * over[:, None] + t**2 * edge[:, None]
    leaf = ring.rest_on(leaf, _CLEAR_M, np.broadcast_to(t[..., 0] ** 4, leaf.shape[:2]))
    length = np.concatenate(
        [risen[..., 0] * stand[:, None], stand[:, None] + t[..., 0] * (stand + fall + 0.5)[:, None]], axis=1
    )
    return np.concatenate([stand_rows, leaf], axis=1), _texture(ring, length)


def hood_surface(ring: NeckRing) -> tuple[np.ndarray, np.ndarray]:
    """(S, R, 3) points in metres and (S, R, 2) texture in cm of a hood that lies on the back."""
    back = np.sin(0.5 * np.pi * ring.from_front) ** 2
    stand, fall = 1.6 + 3.4 * back, 0.8 + 17.0 * back**2
    bulge = 0.9 + 3.2 * back
    side = np.linspace(1.0, -1.0, NUM_STATIONS)
    drift = 5.0 * side * np.sin(np.pi * ring.from_front) ** 2 * back
    t = np.linspace(0.0, 1.0, HOOD_ROWS)[None, :, None]
    base = ring.at_m + 0.003 * ring.outward
    top = _step(ring, stand, 0.5)
    over = top + 0.01 * (2.0 * bulge[:, None] * _away(ring) + (0.8 * stand)[:, None] * ring.rising)
    end = ring.at_m + 0.01 * (fall[:, None] * ring.inward - drift[:, None] * ring.along) + 0.012 * ring.outward
    out = end + 0.01 * 1.6 * bulge[:, None] * ring.outward
    weights = [(1 - t) ** 4, 4 * t * (1 - t) ** 3, 6 * t**2 * (1 - t) ** 2, 4 * t**3 * (1 - t), t**4]
    points = sum(weight * point[:, None] for weight, point in zip(weights, (base, top, over, out, end), strict=True))
    points = ring.rest_on(np.asarray(points), _CLEAR_M, np.broadcast_to(t[..., 0] ** 6, points.shape[:2]))
    return points, _texture(ring, t[..., 0] * (stand + fall + bulge)[:, None])


def _step(ring: NeckRing, height_cm: np.ndarray, lean_cm: float) -> np.ndarray:
    return ring.at_m + 0.01 * (height_cm[:, None] * ring.rising + lean_cm * _away(ring))


def _away(ring: NeckRing) -> np.ndarray:
    """Unit, away from the neck, square to the stand."""
    level = ring.outward - np.sum(ring.outward * ring.rising, axis=1, keepdims=True) * ring.rising
    return level / np.linalg.norm(level, axis=1, keepdims=True).clip(1e-6)


def _texture(ring: NeckRing, length_cm: np.ndarray) -> np.ndarray:
    arc = np.broadcast_to(ring.arc_cm[:, None], length_cm.shape)
    return np.stack([arc, length_cm], axis=-1)


def _trim(name: str, points_m: np.ndarray, uv_cm: np.ndarray) -> Trim:
    stations, rows = points_m.shape[:2]
    first = (np.arange(stations - 1)[:, None] * rows + np.arange(rows - 1)).ravel()
    quads = np.stack([first, first + rows, first + rows + 1, first + 1], axis=1)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    return Trim(name, points_m.reshape(-1, 3), faces, uv_cm.reshape(-1, 2).astype(np.float32))
