"""Strands as flat tapering ribbons of triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ribbons:
    """S strands of P points each; vertices run strand by strand, point by point, left edge then right.

    Attributes:
        vertices_m: (S * P * 2, 3) float64.
        faces: (S * (P - 1) * 2, 3) int32.
        tangent: (S * P * 2, 3) float32 unit, root to tip.
        along: (S * P * 2,) float32, 0 at the root, 1 at the tip.
        across: (S * P * 2,) float32, 0 or 1: which edge.
        strand: (S * P * 2,) int32 whose vertex.
    """

    vertices_m: np.ndarray
    faces: np.ndarray
    tangent: np.ndarray
    along: np.ndarray
    across: np.ndarray
    strand: np.ndarray


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1 along the last axis."""
    scaled: np.ndarray = vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)
    return scaled


def ribbons(points_m: np.ndarray, outward: np.ndarray, width_m: np.ndarray, twist: np.ndarray) -> Ribbons:
    """Ribbons along strands.

    Args:
        points_m: (S, P, 3) the strands, root first.
        outward: (S, P, 3) the side a ribbon turns to.
        width_m: (S,) width at the root; tips end in a point.
        twist: (S,) radians each ribbon is turned about itself.
    """
    strands, count = points_m.shape[:2]
    tangent = unit(np.gradient(points_m, axis=1))
    side = unit(np.cross(tangent, outward))
    normal = np.cross(side, tangent)
    side = np.cos(twist)[:, None, None] * side + np.sin(twist)[:, None, None] * normal
    t = np.linspace(0.0, 1.0, count)
    taper = np.minimum(0.55 + 3.0 * t, np.minimum(1.0, 0.06 + 2.4 * (1.0 - t)))
    half = 0.5 * width_m[:, None, None] * taper[None, :, None] * side
    vertices = np.stack([points_m - half, points_m + half], axis=2).reshape(-1, 3)
    first = (np.arange(strands)[:, None] * count + np.arange(count - 1)[None, :]).reshape(-1) * 2
    faces = np.stack([first, first + 1, first + 3, first, first + 3, first + 2], 1).reshape(-1, 3).astype(np.int32)
    return Ribbons(
        vertices,
        faces,
        np.repeat(tangent.reshape(-1, 3), 2, 0).astype(np.float32),
        np.tile(np.repeat(t, 2), strands).astype(np.float32),
        np.tile(np.array([0.0, 1.0], np.float32), strands * count),
        np.repeat(np.arange(strands, dtype=np.int32), 2 * count),
    )
