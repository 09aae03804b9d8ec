"""One panel's outline to triangles: a hexagonal lattice inside, Delaunay, every outline edge kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.path import Path
from scipy.spatial import Delaunay, cKDTree

from fitroom.errors import FitroomError

MARGIN = 0.6  # of the spacing: lattice points nearer to the outline are left out
SMOOTHING_ROUNDS = 3
SLIVER_CM2 = 1e-6
_ON_A_LINE_CM2 = 1e-9


@dataclass(frozen=True)
class FlatMesh:
    """Triangles of one panel. The first ``num_outline`` points are the outline, counter-clockwise.

    Attributes:
        points_cm: (N, 2) panel coordinates.
        faces: (F, 3) counter-clockwise.
    """

    points_cm: np.ndarray
    faces: np.ndarray
    num_outline: int


def crosses_itself(outline: np.ndarray) -> bool:
    """Whether any two edges of a closed polygon (first point not repeated) that are not neighbours meet."""
    start, stop = outline, np.roll(outline, -1, axis=0)

    def turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        area = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
        return np.where(np.abs(area) < _ON_A_LINE_CM2, 0.0, area)  # rounding must not part points of one straight edge

    first, last = start[:, None], stop[:, None]
    apart = turn(first, last, start[None]) * turn(first, last, stop[None]) < 0
    return bool(np.any(apart & apart.T))


def triangulate(outline_cm: np.ndarray, spacing_cm: float, where: str) -> FlatMesh:
    """Fill a simple counter-clockwise outline with near-equilateral triangles.

    Args:
        outline_cm: (N, 2) points about ``spacing_cm`` apart, the first not repeated.
        where: named in errors.

    Raises:
        FitroomError: the outline crosses itself, or an outline edge is missing from the triangulation.
    """
    if crosses_itself(outline_cm):
        raise FitroomError(
            "a panel's outline crosses itself",
            where=where,
            rule="outlines are simple polygons",
            fix="draw the panel with patterns.figures and correct its draft",
        )
    inside = _lattice(outline_cm, spacing_cm)
    points = np.concatenate([outline_cm, inside])
    first = _delaunay(points, outline_cm)
    for _ in range(SMOOTHING_ROUNDS):
        points = _smooth(points, first, len(outline_cm))
    faces = _delaunay(points, outline_cm)
    mesh = FlatMesh(points, faces, len(outline_cm))
    _check_outline(mesh, where)
    return mesh


def _lattice(outline: np.ndarray, spacing: float) -> np.ndarray:
    # Columns are centred on u = 0, so that symmetric panels get symmetric meshes and sleeves a fold line.
    low, high = outline.min(axis=0), outline.max(axis=0)
    row_height = spacing * np.sqrt(3) / 2
    rows = np.arange(low[1] + row_height / 2, high[1], row_height)
    reach = int(np.ceil(max(abs(low[0]), abs(high[0])) / spacing)) + 1
    columns = np.arange(-reach, reach + 1) * spacing
    points = [np.stack([columns + (row % 2) * spacing / 2, np.full(len(columns), y)], 1) for row, y in enumerate(rows)]
    lattice = np.concatenate(points) if points else np.zeros((0, 2))
    lattice = lattice[Path(outline).contains_points(lattice)]
    dense = np.concatenate([outline, (outline + np.roll(outline, -1, axis=0)) / 2])
    return lattice[cKDTree(dense).query(lattice)[0] > MARGIN * spacing] if len(lattice) else lattice


def _delaunay(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    faces = Delaunay(points).simplices
    corner = points[faces]
    first, second = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = 0.5 * (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    faces = np.where((area < 0)[:, None], faces[:, ::-1], faces)
    keep = (np.abs(area) > SLIVER_CM2) & Path(outline).contains_points(corner.mean(axis=1))
    return faces[keep]


def _smooth(points: np.ndarray, faces: np.ndarray, num_outline: int) -> np.ndarray:
    here, there = faces[:, [0, 1, 2, 1, 2, 0]].ravel(), faces[:, [1, 2, 0, 0, 1, 2]].ravel()
    count = np.bincount(here, minlength=len(points))
    total = np.stack([np.bincount(here, points[there, axis], len(points)) for axis in (0, 1)], 1)
    moved = points.copy()
    inner = np.flatnonzero(count > 0)
    inner = inner[inner >= num_outline]
    moved[inner] = total[inner] / count[inner, None]
    return moved


def _check_outline(mesh: FlatMesh, where: str) -> None:
    total = len(mesh.points_cm)
    ring = np.arange(mesh.num_outline)
    wanted = ring * total + np.roll(ring, -1)
    present = mesh.faces * total + np.roll(mesh.faces, -1, axis=1)
    missing = int(np.sum(~np.isin(wanted, present)))
    used = np.unique(mesh.faces)
    if missing or len(used) != total:
        raise FitroomError(
            "a panel could not be triangulated along its outline",
            where=where,
            rule="every outline edge borders a triangle and every point is used",
            got=f"{missing} edges missing, {total - len(used)} points unused",
            fix="use a smaller spacing_cm, or corners less sharp",
        )
