"""Edges, hinges and the isometric bending stencil of a sewn mesh, all from the panels' flat coordinates.

The bending energy of cloth of flexural rigidity B is B / 2 * sum(|K x|^2 / area) over the hinges. Bergou et al. write
3 / area; but their hinges of a triangle lattice on a cylinder measure 2 cos(2 phi) - 1 times its curvature, phi the
angle between edge and curvature, whose square is 3 on average: with 3 / area a cylinder would be three times too stiff.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.errors import FitroomError


@dataclass(frozen=True)
class Stencil:
    """What the cloth remembers of being flat; see :class:`~fitroom.wardrobe.patterns.pattern.GarmentMesh`."""

    edges: np.ndarray
    rest_m: np.ndarray
    grain: np.ndarray
    hinges: np.ndarray
    hinge_weights: np.ndarray
    hinge_area_m2: np.ndarray
    area_m2: np.ndarray


def build_stencil(faces: np.ndarray, flat_cm: np.ndarray, grain_deg: np.ndarray, num_vertices: int) -> Stencil:
    """Edges and hinges of sewn triangles.

    Args:
        faces: (F, 3) sewn vertex ids, consistently oriented.
        flat_cm: (F, 3, 2) corners in the panels.
        grain_deg: (F,) direction of the warp per face.

    Raises:
        FitroomError: more than two faces meet at an edge, or two with opposite orientation.
    """
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    far = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    vector = np.concatenate(
        [flat_cm[:, 1] - flat_cm[:, 0], flat_cm[:, 2] - flat_cm[:, 1], flat_cm[:, 0] - flat_cm[:, 2]]
    )
    angle = np.arctan2(vector[:, 1], vector[:, 0]) - np.deg2rad(np.tile(grain_deg, 3))
    ordered = np.sort(ends, axis=1)
    key = ordered[:, 0].astype(np.int64) * num_vertices + ordered[:, 1]
    _, first, inverse, count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    _check_manifold(ends, inverse, count)
    rest = np.bincount(inverse, np.linalg.norm(vector, axis=1)) / count
    grain = np.bincount(inverse, np.abs(np.cos(2 * angle))) / count
    order = np.argsort(inverse, kind="stable")
    begins = np.cumsum(count) - count
    one, two = order[begins[count == 2]], order[begins[count == 2] + 1]
    cot_start, cot_stop = _cotangents(flat_cm)
    area = _face_area(flat_cm)
    area_half = np.tile(area, 3)
    return Stencil(
        edges=ordered[first].astype(np.int32),
        rest_m=(rest / 100).astype(np.float32),
        grain=grain.astype(np.float32),
        hinges=np.stack([ends[one, 0], ends[one, 1], far[one], far[two]], axis=1).astype(np.int32),
        hinge_weights=_weights(cot_start[one], cot_stop[one], cot_start[two], cot_stop[two]),
        hinge_area_m2=((area_half[one] + area_half[two]) / 1e4).astype(np.float32),
        area_m2=(np.bincount(faces.ravel(), np.repeat(area / 3, 3), num_vertices) / 1e4).astype(np.float32),
    )


def _weights(start_one: np.ndarray, stop_one: np.ndarray, start_two: np.ndarray, stop_two: np.ndarray) -> np.ndarray:
    """K of Bergou et al. 2006, eq. 6; the second triangle runs along the edge the other way."""
    at_a = (start_one, stop_two)
    at_b = (stop_one, start_two)
    weights = (sum(at_b), sum(at_a), -(at_a[0] + at_b[0]), -(at_a[1] + at_b[1]))
    return np.stack(weights, axis=1).astype(np.float32)


def _cotangents(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cotangent of the corner angle at the start and at the stop of every half-edge, in the order of the half-edges."""
    corner = []
    for here in range(3):
        u = flat[:, (here + 1) % 3] - flat[:, here]
        v = flat[:, (here + 2) % 3] - flat[:, here]
        corner.append(np.sum(u * v, axis=1) / (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]))
    return np.concatenate(corner), np.concatenate([corner[1], corner[2], corner[0]])


def _face_area(flat: np.ndarray) -> np.ndarray:
    u, v = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    return 0.5 * np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def _check_manifold(ends: np.ndarray, inverse: np.ndarray, count: np.ndarray) -> None:
    direction = np.bincount(inverse, np.where(ends[:, 0] < ends[:, 1], 1, -1))
    wrong = int(np.sum((count > 2) | ((count == 2) & (direction != 0)))) + int(np.sum(ends[:, 0] == ends[:, 1]))
    if wrong:
        raise FitroomError(
            "a sewn pattern is not a proper surface",
            where="mesh edges",
            rule="every edge borders one face, or two of equal orientation",
            got=f"{wrong} edges that do not",
            fix="check that seams join edges in opposite directions and no corner is sewn to itself",
        )
