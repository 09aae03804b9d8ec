"""How far arms and hands stay from the trunk and the legs, and the thighs from each other."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.bodies.landmarks import CROTCH
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.normals import vertex_normals

_FOREARMS = (BodyPart.LEFT_FOREARM, BodyPart.LEFT_HAND), (BodyPart.RIGHT_FOREARM, BodyPart.RIGHT_HAND)
_TRUNK = (
    BodyPart.TORSO, BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH, BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN,
)  # fmt: skip


def signed_gap_m(points: np.ndarray, surface: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(N,) distance of ``points`` to the nearest of the ``surface`` points, negative where behind its normal."""
    distance, nearest = cKDTree(surface).query(points)
    behind = np.einsum("nk,nk->n", points - surface[nearest], normals[nearest]) < 0
    gaps: np.ndarray = np.where(behind, -distance, distance)
    return gaps


def arm_gap_m(model: BodyModel, body: Body) -> tuple[float, float]:
    """Smallest signed distance of the left and of the right forearm and hand from trunk, thighs and shins, metres.

    Measured from vertex to vertex, so accurate to about half an edge (5 mm); negative where something is inside.
    """
    part = model.part_of_vertex()
    trunk = np.isin(part, _TRUNK) & model.main_component
    surface = body.vertices_m[trunk]
    normals = vertex_normals(body.vertices_m, model.faces)[trunk]
    left, right = (
        float(signed_gap_m(body.vertices_m[np.isin(part, arm)], surface, normals).min()) for arm in _FOREARMS
    )
    return left, right


def thigh_gap_m(model: BodyModel, body: Body) -> float:
    """Width of the gap between the thighs from 6 cm below the crotch to the knees, metres; negative: they overlap."""
    part = model.part_of_vertex()
    top = body.vertices_m[CROTCH, 2] - 0.06
    bottom = body.bones_m[model.bone_labels.index("lowerleg01.L"), 2]
    left, right = (body.vertices_m[part == side] for side in (BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH))
    gaps = []
    for z in np.arange(bottom + 0.03, top, 0.02):
        near_left, near_right = (leg[np.abs(leg[:, 2] - z) < 0.02, 0] for leg in (left, right))
        if len(near_left) and len(near_right):
            gaps.append(near_left.min() - near_right.max())
    return float(min(gaps, default=0.0))
