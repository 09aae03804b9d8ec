"""Where the head is: the similarity that carries face coordinates (cm) to the posed head (m)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.people.landmarks import Landmarks


@dataclass(frozen=True)
class HeadFrame:
    """World = scale * rotation @ face + shift.

    Attributes:
        rotation: (3, 3) proper rotation.
        scale: metres per cm of face coordinates.
        shift_m: (3,).
    """

    rotation: np.ndarray
    scale: float
    shift_m: np.ndarray

    def to_world(self, face_cm: np.ndarray) -> np.ndarray:
        """(N, 3) points of the head in metres."""
        world: np.ndarray = self.scale * face_cm @ self.rotation.T + self.shift_m
        return world

    def to_face(self, world_m: np.ndarray) -> np.ndarray:
        """(N, 3) points in face coordinates, cm."""
        face: np.ndarray = (world_m - self.shift_m) @ self.rotation / self.scale
        return face

    def turn(self, directions: np.ndarray) -> np.ndarray:
        """(N, 3) directions from face axes to world axes."""
        turned: np.ndarray = directions @ self.rotation.T
        return turned


def head_frame(model: BodyModel, body: Body, marks: Landmarks) -> HeadFrame:
    """Least-squares similarity (Umeyama, 1991) from the neutral skull to the posed one."""
    skull = (model.part_weights[:, BodyPart.HEAD] > 0.95) & model.main_component
    source, target = marks.face_cm[skull].astype(np.float64), body.vertices_m[skull]
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    u, singular, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((singular * sign).sum() / (a**2).sum())
    return HeadFrame(rotation, scale, target_mean - scale * rotation @ source_mean)
