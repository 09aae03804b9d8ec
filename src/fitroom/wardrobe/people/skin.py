"""The look of the body: skin, face, eyes, scalp, and the painted underclothes nobody goes without."""

from __future__ import annotations

import numpy as np

from fitroom.contracts import Part
from fitroom.wardrobe.bodies.body import BodyPart, Sex
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.people.appearance import Appearance
from fitroom.wardrobe.people.eyes import paint_eyes
from fitroom.wardrobe.people.face_paint import paint_face
from fitroom.wardrobe.people.landmarks import Landmarks, above_hairline_cm, landmarks
from fitroom.wardrobe.people.noise import blend, noise, ramp
from fitroom.wardrobe.studio.scene import Hits, SceneMesh, Shading

_PART_OF_BODY = {
    BodyPart.NONE: Part.NECK_AND_TORSO_SKIN, BodyPart.TORSO: Part.NECK_AND_TORSO_SKIN,
    BodyPart.HEAD: Part.FACE, BodyPart.NECK: Part.NECK_AND_TORSO_SKIN,
    BodyPart.LEFT_UPPER_ARM: Part.LEFT_ARM, BodyPart.LEFT_FOREARM: Part.LEFT_ARM, BodyPart.LEFT_HAND: Part.LEFT_ARM,
    BodyPart.RIGHT_UPPER_ARM: Part.RIGHT_ARM, BodyPart.RIGHT_FOREARM: Part.RIGHT_ARM,
    BodyPart.RIGHT_HAND: Part.RIGHT_ARM,
    BodyPart.LEFT_THIGH: Part.LEFT_LEG, BodyPart.LEFT_SHIN: Part.LEFT_LEG, BodyPart.LEFT_FOOT: Part.LEFT_LEG,
    BodyPart.RIGHT_THIGH: Part.RIGHT_LEG, BodyPart.RIGHT_SHIN: Part.RIGHT_LEG, BodyPart.RIGHT_FOOT: Part.RIGHT_LEG,
}  # fmt: skip
_PART_TABLE = np.array([_PART_OF_BODY[part] for part in BodyPart], np.uint8)


class SkinLook:
    """Look of the body mesh of one person.

    Args:
        model: the body model whose topology the mesh has.
        appearance: how they look.
        sex: chooses beard or make-up, and hair style.
    """

    def __init__(self, model: BodyModel, appearance: Appearance, sex: Sex) -> None:
        self.appearance, self.sex = appearance, sex
        self._marks: Landmarks = landmarks(model)
        socks = appearance.socks and appearance.shoe_style[sex] in ("sneaker", "loafer", "boot")
        self._sock_cm = self._marks.sock_cm if socks else -np.inf
        self._weights = model.part_weights
        self._eyes = model.eye_component > 0
        self._bald = appearance.hair_style[sex] == "bald"
        self._recession_cm = appearance.recession_cm if sex == "male" else 0.0

    def shade(self, mesh: SceneMesh, hits: Hits) -> Shading:
        """Albedo and gloss at the hits."""
        corners = mesh.faces[hits.face]
        face_cm, weights = self._interpolate(corners, hits.bary)
        footprint_cm = 100.0 * hits.footprint_m
        albedo = self._skin(face_cm, weights)
        gloss = np.full(len(corners), 0.34)
        head = (weights[:, BodyPart.HEAD] + weights[:, BodyPart.NECK] > 0.3) & (face_cm[:, 2] > -15.0)
        albedo[head], gloss[head] = paint_face(
            albedo[head], gloss[head], face_cm[head], footprint_cm[head], self.appearance, self.sex
        )
        albedo[head] = self._scalp(albedo[head], face_cm[head])
        cloth = self._underclothes(face_cm, weights)
        albedo = blend(albedo, self._knit(face_cm), cloth)
        albedo = blend(albedo, self.appearance.sock, ramp(0.1, -0.1, face_cm[:, 2] - self._sock_cm))
        eyes = self._eyes[corners[:, 0]]
        albedo[eyes] = paint_eyes(
            face_cm[eyes],
            hits.normal[eyes],
            hits.view[eyes],
            self.appearance.iris,
            self.appearance.melanin,
            self.appearance.index,
        )
        oily = 0.12 * ramp(2.4, 0.8, np.abs(face_cm[:, 0])) * head
        return Shading(
            albedo=np.clip(albedo, 0.0, 1.0).astype(np.float32),
            normal=hits.normal,
            specular=np.where(eyes, 0.75, (gloss + oily) * (1.0 - 0.85 * cloth)).astype(np.float32),
            roughness=np.where(eyes, 0.12, 0.47 + 0.40 * cloth).astype(np.float32),
            sheen=(0.08 + 0.1 * cloth).astype(np.float32),
            translucency=np.where(eyes, 0.1, 0.34 - 0.2 * cloth).astype(np.float32),
        )

    def parts(self, mesh: SceneMesh, hits: Hits) -> np.ndarray:
        """Skin by region, hair on the covered scalp, top and trousers where underclothes are painted."""
        face_cm, weights = self._interpolate(mesh.faces[hits.face], hits.bary)
        part = _PART_TABLE[weights.argmax(1)]
        cloth = self._underclothes(face_cm, weights) > 0.5
        part[cloth] = np.where(face_cm[cloth, 2] > self._marks.waist_cm, Part.TOP, Part.TROUSERS)
        part[face_cm[:, 2] < self._sock_cm] = Part.SOCKS
        if not self._bald:
            scalp = (part == Part.FACE) & (above_hairline_cm(face_cm, self._recession_cm) > 0.2)
            part[scalp] = Part.HAIR
        return part

    def _interpolate(self, corners: np.ndarray, bary: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        face_cm = np.einsum("nkc,nk->nc", self._marks.face_cm[corners], bary)
        weights = np.einsum("nkc,nk->nc", self._weights[corners], bary)
        return face_cm, weights

    def _skin(self, face_cm: np.ndarray, weights: np.ndarray) -> np.ndarray:
        look = self.appearance
        broad = noise(face_cm, 4.5, 2, seed=look.index) - 0.5
        fine = noise(face_cm, 0.35, 2, seed=look.index + 1) - 0.5
        tone = 1.0 + 0.16 * broad + 0.09 * fine
        knee = 4.0 * (weights[:, 10] * weights[:, 11] + weights[:, 13] * weights[:, 14])
        elbow = 4.0 * (weights[:, 4] * weights[:, 5] + weights[:, 7] * weights[:, 8])
        hand = weights[:, BodyPart.LEFT_HAND] + weights[:, BodyPart.RIGHT_HAND]
        foot = weights[:, BodyPart.LEFT_FOOT] + weights[:, BodyPart.RIGHT_FOOT]
        red = np.clip(0.5 * knee + 0.5 * elbow + 0.55 * hand + 0.6 * foot + 1.2 * broad, 0.0, 1.2)
        albedo = look.skin[None, :] * tone[:, None]
        return albedo * (1.0 - (0.22 * look.redness * red)[:, None] * np.array([0.1, 0.6, 0.55]))

    def _scalp(self, albedo: np.ndarray, face_cm: np.ndarray) -> np.ndarray:
        height = above_hairline_cm(face_cm, self._recession_cm)
        grain = noise(face_cm, 0.3, 2, seed=3)
        covered = ramp(-0.25, 0.9, height + 0.8 * (grain - 0.5))
        hair = 0.6 * self.appearance.hair + 0.03 * self.appearance.skin
        return blend(albedo, hair, covered * (0.07 if self._bald else 0.85))

    def _underclothes(self, face_cm: np.ndarray, weights: np.ndarray) -> np.ndarray:
        marks = self._marks
        x, z = np.abs(face_cm[:, 0]), face_cm[:, 2]
        arm = weights[:, [4, 5, 6, 7, 8, 9]].sum(1)
        scoop = marks.neckline_cm + -4.6 + 0.075 * x**2 + 0.0009 * x**4
        strap = ramp(14.2, 13.6, x + 0.25 * np.maximum(0.0, z - marks.neckline_cm))
        chest = ramp(0.12, -0.12, z - scoop) * np.maximum(strap, ramp(0.3, -0.3, z - marks.neckline_cm + 9.0))
        top = chest * ramp(0.55, 0.45, arm)
        legs = ramp(-0.2, 0.2, z - marks.hem_cm)
        return top * legs * ramp(0.6, 0.4, weights[:, BodyPart.HEAD])

    def _knit(self, face_cm: np.ndarray) -> np.ndarray:
        marks, z = self._marks, face_cm[:, 2]
        band = np.exp(-(((z - marks.waist_cm) / 0.35) ** 2)) + np.exp(-(((z - marks.hem_cm - 0.8) / 0.15) ** 2))
        tone = 0.93 + 0.14 * noise(face_cm, 0.25, 2, seed=9) - 0.14 * np.clip(band, 0.0, 1.0)
        return self.appearance.underwear[None, :] * tone[:, None]
