"""Spectacles: two rims, a bridge and temples as thin tubes; the lenses are left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.wardrobe.bodies.body import Body
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.people.appearance import Appearance
from fitroom.wardrobe.people.head_frame import head_frame
from fitroom.wardrobe.people.landmarks import landmarks
from fitroom.wardrobe.people.ribbons import unit
from fitroom.wardrobe.studio.scene import Hits, SceneMesh, Shading

_SIDES = 8


@dataclass(frozen=True)
class FrameLook:
    """Plain glossy frame of one (3,) linear colour."""

    color: np.ndarray

    def shade(self, mesh: SceneMesh, hits: Hits) -> Shading:  # noqa: ARG002
        """Albedo and gloss at the hits."""
        count = len(hits.face)

        def flat(value: float) -> np.ndarray:
            return np.full(count, value, np.float32)

        albedo = np.repeat(self.color[None, :].astype(np.float32), count, 0)
        return Shading(albedo, hits.normal, flat(0.6), flat(0.25), flat(0.0), flat(0.0))

    def parts(self, mesh: SceneMesh, hits: Hits) -> np.ndarray:  # noqa: ARG002
        """Glasses everywhere."""
        return np.full(len(hits.face), Part.GLASSES, np.uint8)


def glasses(model: BodyModel, body: Body, appearance: Appearance) -> SceneMesh | None:
    """The spectacles on the posed head, or None."""
    if appearance.glasses == "none":
        return None
    marks = landmarks(model)
    frame = head_frame(model, body, marks)
    eyes = [frame.to_face(body.vertices_m[model.eye_component == code]).mean(0) for code in (1, 2)]
    nose = frame.to_face(body.vertices_m[model.main_component & (np.abs(marks.face_cm[:, 0]) < 0.4)
                                         & (np.abs(marks.face_cm[:, 2] + 0.6) < 0.5)])[:, 1].min()  # fmt: skip
    reach = max(abs(eye[0]) for eye in eyes)
    plane_y = nose - 0.35
    tubes = [
        _tube(_rim(sign * reach, eyes[0][2] - 0.35, plane_y, appearance.glasses), 0.11, closed=True) for sign in (1, -1)
    ]
    half = 0.62 * reach + 0.35
    bridge = np.array([[x, plane_y - 0.15 * (1 - (x / (reach - half + 0.6)) ** 2), eyes[0][2] + 0.1] for x in
                       np.linspace(-(reach - half), reach - half, 7)])  # fmt: skip
    tubes.append(_tube(bridge, 0.11, closed=False))
    for sign in (1.0, -1.0):
        hinge = np.array([sign * (reach + half + 0.05), plane_y + 0.2, eyes[0][2] + 0.25])
        ear = np.array([sign * 7.75, -4.4, 0.35])
        path = np.array(
            [
                hinge + (ear - hinge) * t + np.array([sign * 0.5 * np.sin(np.pi * t), 0.0, 0.0])
                for t in np.linspace(0, 1, 9)
            ]
        )
        tubes.append(_tube(np.concatenate([path, [ear + np.array([-sign * 0.2, 1.4, -1.2])]]), 0.10, closed=False))
    offsets = np.cumsum([0, *(len(points) for points, _ in tubes[:-1])])
    points = np.concatenate([points for points, _ in tubes])
    faces = np.concatenate([faces + offset for (_, faces), offset in zip(tubes, offsets, strict=True)])
    return SceneMesh("glasses", frame.to_world(points), faces.astype(np.int32), FrameLook(appearance.frame))


def _rim(x: float, z: float, plane_y: float, shape: str) -> np.ndarray:
    angle = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
    power = 1.0 if shape == "round" else 0.55
    cos, sin = np.cos(angle), np.sin(angle)
    width, height = (0.62 * abs(x) + 0.35), (0.62 * abs(x) + 0.2 if shape == "round" else 1.75)
    px = x + width * np.sign(cos) * np.abs(cos) ** power
    pz = z + height * np.sign(sin) * np.abs(sin) ** power
    return np.stack([px, plane_y + 0.045 * np.maximum(0.0, np.abs(px) - 2.0) ** 1.5, pz], 1)


def _tube(path: np.ndarray, radius: float, *, closed: bool) -> tuple[np.ndarray, np.ndarray]:
    tangent = unit(np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)) if closed else unit(np.gradient(path, axis=0))
    up = np.where(np.abs(tangent[:, 1:2]) > 0.8, np.array([[0.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 0.0]]))
    across = unit(np.cross(tangent, up))
    third = np.cross(tangent, across)
    angle = np.linspace(0.0, 2.0 * np.pi, _SIDES, endpoint=False)
    circle = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * third[:, None]
    points = (path[:, None] + radius * circle).reshape(-1, 3)
    count = len(path)
    i, j = np.meshgrid(np.arange(count if closed else count - 1), np.arange(_SIDES), indexing="ij")
    a, b = i * _SIDES + j, i * _SIDES + (j + 1) % _SIDES
    c, d = ((i + 1) % count) * _SIDES + (j + 1) % _SIDES, ((i + 1) % count) * _SIDES + j
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return points, faces
