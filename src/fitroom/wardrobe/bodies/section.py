"""Plane sections of a triangle mesh, and the length of a taut tape round them."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from fitroom.errors import DataError


def section(vertices: np.ndarray, faces: np.ndarray, point: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Points where a plane cuts the edges of a mesh.

    Args:
        vertices: (V, 3); faces: (F, 3) the part of the mesh to cut.
        point, normal: (3,) of the plane.

    Returns:
        (N, 2, 3) both ends of every cut triangle's piece of the section.
    """
    unit_normal = normal / np.linalg.norm(normal)
    height = (vertices - point) @ unit_normal
    height = np.where(height == 0.0, 1e-12, height)
    above = height[faces] > 0
    cut = np.where(above.any(1) & ~above.all(1))[0]
    triangles, above = faces[cut], above[cut]
    lone = np.where(above.sum(1) == 1, above.argmax(1), (~above).argmax(1))
    rows = np.arange(len(cut))
    apex = triangles[rows, lone]
    ends = []
    for step in (1, 2):
        other = triangles[rows, (lone + step) % 3]
        share = (height[apex] / (height[apex] - height[other]))[:, None]
        ends.append(vertices[apex] + share * (vertices[other] - vertices[apex]))
    return np.stack(ends, axis=1)


def in_plane(points: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(..., 2) coordinates of ``points`` (..., 3) along two right angles to ``normal``."""
    axes = np.linalg.svd(normal[None] / np.linalg.norm(normal))[2][1:]
    flat: np.ndarray = points @ axes.T
    return flat


def taut_tape(points: np.ndarray, normal: np.ndarray) -> tuple[float, np.ndarray]:
    """A tape pulled tight round coplanar ``points`` (..., 3): its length, and the (K, 3) points it bends at.

    Raises:
        DataError: fewer than three points, or all on a line.
    """
    cloud = points.reshape(-1, 3)
    try:
        hull = ConvexHull(in_plane(cloud, normal))
    except (QhullError, ValueError) as error:
        raise DataError(
            "A tape cannot be laid round this section",
            where="tape measure",
            rule="the plane cuts the body part in a closed curve",
            got=f"{len(cloud)} points",
            fix="check the body's shape parameters; they may be far outside their range",
        ) from error
    return float(hull.area), cloud[hull.vertices]


def girth_m(vertices: np.ndarray, faces: np.ndarray, point: np.ndarray, normal: np.ndarray) -> tuple[float, np.ndarray]:
    """Girth of a mesh where a plane cuts it: length of a taut tape (convex hull), metres, and where the tape bends."""
    return taut_tape(section(vertices, faces, point, normal), normal)


def taut_line(points: np.ndarray) -> tuple[float, np.ndarray]:
    """A tape pulled tight over a curve from its first to its last point, on the curve's outer side.

    Args:
        points: (N, 2), N >= 2: a profile (along, out) whose first coordinate grows; out is away from the body.

    Returns:
        Length, and the (K, 2) points the tape touches: the upper convex hull.
    """
    kept: list[np.ndarray] = []
    for point in points:
        while len(kept) > 1 and _turns_left(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    path = np.array(kept)
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()), path


def volume_m3(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Volume enclosed by a closed mesh of outward faces."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.einsum("fk,fk->", a, np.cross(b, c)) / 6)


def _turns_left(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> bool:
    return bool((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0)
