"""A whole person for the camera: body, hair, shoes and glasses; and the body tucked in under cloth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.normals import vertex_normals
from fitroom.wardrobe.people.appearance import Appearance
from fitroom.wardrobe.people.glasses import glasses
from fitroom.wardrobe.people.hair import hair
from fitroom.wardrobe.people.noise import ramp
from fitroom.wardrobe.people.shoes import shoes
from fitroom.wardrobe.people.skin import SkinLook
from fitroom.wardrobe.studio.scene import SceneMesh

_REACH_M = 0.03


def figure(model: BodyModel, body: Body, appearance: Appearance) -> list[SceneMesh]:
    """The meshes of a person: "body", "left_shoe", "right_shoe", and where there are any "hair" and "glasses".

    The feet are drawn in under closed shoes. ``body.shape.sex`` chooses hair style, shoes, make-up or beard.
    """
    sex = body.shape.sex
    pair = shoes(model, body, appearance)
    skin = shrink_feet(model, body) if appearance.shoe_style[sex] != "sandal" else body.vertices_m
    meshes = [SceneMesh("body", skin, model.faces, SkinLook(model, appearance, sex)), *pair]
    return meshes + [
        mesh for mesh in (hair(model, body, appearance), glasses(model, body, appearance)) if mesh is not None
    ]


def shrink_feet(model: BodyModel, body: Body) -> np.ndarray:
    """(V, 3) the body's surface with toes and soles 4 mm slimmer, so that no toe pokes through a shoe."""
    vertices = body.vertices_m.copy()
    normals = vertex_normals(body.vertices_m, model.faces)
    for part in (BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT):
        weight = model.part_weights[:, part]
        foot = body.vertices_m[weight > 0.9]
        low = vertices[:, 2] < foot[:, 2].min() + 0.05
        vertices -= (0.004 * ramp(0.6, 0.95, weight) * low)[:, None] * normals
        vertices[:, 2] += 0.12 * ramp(0.8, 1.0, weight) * low * (foot[:, 2].min() + 0.02 - vertices[:, 2])
    return vertices


def tuck(
    model: BodyModel, vertices_m: np.ndarray, cloth_vertices_m: Sequence[np.ndarray], depth_m: float = 0.006
) -> np.ndarray:
    """The body's surface drawn in by up to ``depth_m`` wherever cloth lies within 3 cm of it.

    Args:
        model: whose topology ``vertices_m`` has.
        vertices_m: (V, 3) posed body.
        cloth_vertices_m: (N, 3) vertices of every garment.
        depth_m: how far.

    Returns:
        (V, 3) float64; head and hands are left as they are.
    """
    cloth = [points for points in cloth_vertices_m if len(points)]
    if not cloth:
        return vertices_m.astype(np.float64, copy=True)
    distance, _ = cKDTree(np.concatenate(cloth)).query(vertices_m, distance_upper_bound=_REACH_M)
    near = ramp(_REACH_M, 0.4 * _REACH_M, np.minimum(distance, _REACH_M))
    weights = model.part_weights
    bare = weights[:, [BodyPart.HEAD, BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND]].sum(1)
    free = ramp(0.5, 0.1, bare) * model.main_component
    normals = vertex_normals(vertices_m, model.faces)
    tucked: np.ndarray = vertices_m - (depth_m * near * free)[:, None] * normals
    return tucked
