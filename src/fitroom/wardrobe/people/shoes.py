"""The pair of shoes a person stands in, and how they look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.people.appearance import Appearance
from fitroom.wardrobe.people.landmarks import landmarks
from fitroom.wardrobe.people.noise import blend, noise, ramp
from fitroom.wardrobe.people.shoe_shape import shoe_shell
from fitroom.wardrobe.studio.scene import Hits, SceneMesh, Shading

_ROUGHNESS = {"sneaker": 0.7, "loafer": 0.35, "boot": 0.45, "flat": 0.4, "sandal": 0.5}
_SIDES = (
    ("left_shoe", Part.LEFT_SHOE, BodyPart.LEFT_FOOT, BodyPart.LEFT_SHIN),
    ("right_shoe", Part.RIGHT_SHOE, BodyPart.RIGHT_FOOT, BodyPart.RIGHT_SHIN),
)


@dataclass(frozen=True)
class ShoeLook:
    """Look of one shoe.

    Attributes:
        part: LEFT_SHOE or RIGHT_SHOE.
        style: key of ``shoe_shape.SHOES``.
        upper, sole: (3,) linear colours.
        level, around: (V,) as in ``shoe_shape.ShoeShell``.
        local_cm: (V, 3) points in the foot's frame.
        seed: of the grain.
    """

    part: Part
    style: str
    upper: np.ndarray
    sole: np.ndarray
    level: np.ndarray
    around: np.ndarray
    local_cm: np.ndarray
    seed: int

    def shade(self, mesh: SceneMesh, hits: Hits) -> Shading:
        """Albedo and gloss at the hits."""
        corners = mesh.faces[hits.face]
        level = (self.level[corners] * hits.bary).sum(1)
        around = (self.around[corners] * hits.bary).sum(1)
        local = np.einsum("nkc,nk->nc", self.local_cm[corners], hits.bary)
        grain = 0.92 + 0.16 * noise(local, 0.18, 2, seed=self.seed)
        albedo = self.upper[None, :] * grain[:, None]
        albedo = self._details(albedo, level, around, local)
        in_sole = ramp(-0.05, -0.12, level)
        tread = 1.0 - 0.25 * ramp(0.55, 0.75, np.abs(level + 0.5)) * (np.sin(local[:, 1] * 9.0) > 0.2)
        albedo = blend(albedo, self.sole[None, :] * tread[:, None], in_sole)
        inside = hits.back | (level > 1.5) & hits.back
        albedo = np.where(inside[:, None], albedo * 0.3, albedo)
        count = len(level)
        return Shading(
            albedo=np.clip(albedo, 0.0, 1.0).astype(np.float32),
            normal=hits.normal,
            specular=np.where(in_sole > 0.5, 0.15, 0.5 - 0.4 * (self.style == "sneaker")).astype(np.float32),
            roughness=np.full(count, _ROUGHNESS[self.style], np.float32),
            sheen=np.full(count, 0.05, np.float32),
            translucency=np.zeros(count, np.float32),
        )

    def parts(self, mesh: SceneMesh, hits: Hits) -> np.ndarray:  # noqa: ARG002
        """One shoe everywhere."""
        return np.full(len(hits.face), self.part, np.uint8)

    def _details(self, albedo: np.ndarray, level: np.ndarray, around: np.ndarray, local: np.ndarray) -> np.ndarray:
        front = np.abs(around - 0.5)
        y = local[:, 1] - self.local_cm[:, 1].min()
        collar = ramp(0.94, 0.97, level) * (level < 1.5)
        albedo = albedo * (1.0 - 0.35 * collar)[:, None]
        if self.style == "sneaker":
            cap = ramp(5.2, 4.8, y)
            seam = np.exp(-(((y - 5.2) / 0.12) ** 2))
            albedo = blend(albedo, 0.75 * self.sole + 0.25 * self.upper, 0.6 * cap)
            tongue = ramp(0.11, 0.09, front) * ramp(5.6, 6.0, y)
            lace = tongue * (np.sin(y * 4.6) > -0.1) * ramp(0.95, 0.9, level)
            albedo = blend(blend(albedo, 0.75 * self.upper, tongue), np.array([0.78, 0.77, 0.74]), lace * 0.9)
            stripe = (
                ramp(0.4, 0.2, np.abs(local[:, 2] - 3.0 - 0.32 * (y - 9.0))) * ramp(8.0, 9.0, y) * ramp(17.0, 15.0, y)
            )
            albedo = blend(albedo, self.sole, 0.8 * stripe * (front > 0.12))
            return albedo * (1.0 - 0.4 * seam)[:, None]
        if self.style == "loafer":
            strap = ramp(0.9, 0.7, np.abs(y - 9.5)) * ramp(0.35, 0.6, level)
            apron = np.exp(-(((front - 0.12) / 0.008) ** 2)) * ramp(9.0, 8.4, y)
            return albedo * (1.0 - 0.25 * strap - 0.4 * apron)[:, None]
        if self.style == "boot":
            gore = ramp(0.05, 0.04, np.minimum(np.abs(around - 0.25), np.abs(around - 0.75))) * ramp(0.45, 0.5, level)
            return albedo * (1.0 - 0.5 * gore)[:, None]
        return albedo


def shoes(model: BodyModel, body: Body, appearance: Appearance) -> list[SceneMesh]:
    """Left and right shoe, named "left_shoe" and "right_shoe", fitted to the posed feet."""
    marks = landmarks(model)
    style = appearance.shoe_style[body.shape.sex]
    return [_shoe(model, body, appearance, marks.face_cm, style, *side) for side in _SIDES]


def _shoe(
    model: BodyModel, body: Body, appearance: Appearance, rest_cm: np.ndarray, style: str,
    name: str, part: Part, foot: BodyPart, shin: BodyPart,
) -> SceneMesh:  # fmt: skip
    weights = model.part_weights
    rigid = weights[:, foot] > 0.9
    source = rest_cm[rigid].astype(np.float64)
    origin = np.array([source[:, 0].mean(), 0.0, source[:, 2].min()])
    rotation, shift = _rigid(source - origin, body.vertices_m[rigid] * 100.0)
    near = weights[:, foot] + weights[:, shin] > 0.6
    local = (body.vertices_m * 100.0 - shift) @ rotation
    near &= local[:, 2] < 24.0
    faces = model.faces[near[model.faces].all(1)]
    used, compact = np.unique(faces, return_inverse=True)
    points = local[used]
    points[:, 2] -= points[:, 2].min()
    turned, twist = _straighten(points)
    shoe = shoe_shell(turned, compact.reshape(-1, 3).astype(np.int32), style)
    lowest = local[used][:, 2].min()
    back = shoe.points @ twist.T + np.array([0.0, 0.0, lowest])
    world = (back @ rotation.T + shift) / 100.0
    look = ShoeLook(
        part, style, appearance.shoe, appearance.sole, shoe.level, shoe.around, shoe.points, appearance.index
    )
    return SceneMesh(name, world, shoe.faces, look)


def _rigid(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = source - source.mean(0), target - target.mean(0)
    u, _, vt = np.linalg.svd(b.T @ a)
    rotation = (u * np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])) @ vt
    return rotation, target.mean(0) - rotation @ source.mean(0)


def _straighten(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low = points[points[:, 2] < 5.0]
    toe, heel = low[low[:, 1] < low[:, 1].min() + 4.0].mean(0), low[low[:, 1] > low[:, 1].max() - 3.0].mean(0)
    angle = np.arctan2(heel[0] - toe[0], heel[1] - toe[1])
    cos, sin = np.cos(angle), np.sin(angle)
    twist = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return points @ twist, twist
