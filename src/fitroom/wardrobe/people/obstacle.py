"""What hair must not enter: the nearest plane of the head, neck and shoulders."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.normals import vertex_normals
from fitroom.wardrobe.people.head_frame import HeadFrame
from fitroom.wardrobe.people.landmarks import Landmarks, is_ear


class Obstacle:
    """Signed distance to the upper body by the plane of its nearest vertex (metres, positive outside).

    Ears count as bulges that point sideways, so that hair runs over them, not through their folds.
    """

    def __init__(self, model: BodyModel, body: Body, marks: Landmarks, frame: HeadFrame) -> None:
        weights = model.part_weights
        upper = weights[:, [BodyPart.HEAD, BodyPart.NECK, BodyPart.TORSO, 4, 7]].sum(1) > 0.5
        face = marks.face_cm
        mouth = (face[:, 1] > -13.6) & (face[:, 1] < -4.3) & (np.abs(face[:, 0]) < 3.6) & (face[:, 2] < -2.2)
        inside = mouth & (face[:, 2] > -10.6)
        keep = upper & model.main_component & ~inside & (face[:, 2] > -60.0)
        normals = vertex_normals(body.vertices_m, model.faces)
        ears = is_ear(face)
        side = np.zeros((int(ears.sum()), 3))
        side[:, 0] = np.sign(face[ears, 0])
        normals[ears] = frame.turn(side)
        self.points_m, self.normals = body.vertices_m[keep], normals[keep]
        self.clothed = weights[keep][:, [BodyPart.TORSO, 4, 7]].sum(1)
        self._tree = cKDTree(self.points_m)

    def nearest(self, points_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For (N, 3) points: signed distance (m), (N, 3) outward normal, share of torso and arm in the skin there."""
        _, at = self._tree.query(points_m)
        normal = self.normals[at]
        distance = ((points_m - self.points_m[at]) * normal).sum(1)
        return distance, normal, self.clothed[at]
