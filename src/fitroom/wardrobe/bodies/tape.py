"""Tape measures of a standing body, as surveys take them: arms hanging clear, tape along the surface.

Definitions (surveys: ANSUR II "AM", US Army 2012; NHANES "N", US CDC):

- height: crown to floor (AM stature, N standing height).
- chest: horizontal at the nipples, trunk only, tape taut (AM chest circumference).
- waist: horizontal at the navel (AM waist circumference at the omphalion; N measures just above the iliac crest). It
  is not the narrowest girth of the trunk.
- hip: horizontal at the rearmost point of the buttocks (AM buttock circumference, N hip circumference).
- thigh: one thigh, horizontal 3 cm below the crotch (AM thigh circumference, at the gluteal furrow).
- neck: square to the neck, below the chin (AM neck circumference, below the Adam's apple).
- upper_arm: square to the relaxed arm, midway from shoulder to elbow (N arm circumference; AM's is flexed).
- inseam: crotch to floor (AM crotch height).
- back_length: C7 down the middle of the back to the waist, tape taut (AM waist back length).
- shoulder_width: straight from acromion to acromion (AM biacromial breadth); a garment's shoulder is wider.
- sleeve: acromion to elbow to wrist, straight between them (AM sleeve outseam).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fitroom.wardrobe.bodies.body import Body, BodyMeasures, BodyPart, BodyShape
from fitroom.wardrobe.bodies.landmarks import ACROMIA, CERVICALE, CROTCH, NAVEL, NIPPLES
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.posing import Hang, Pose, assemble
from fitroom.wardrobe.bodies.section import girth_m, section, taut_line, taut_tape, volume_m3

DENSITY_KG_M3 = 1000.0  # of a living body, air in the lungs included
MEASURES = (
    "height", "chest", "waist", "hip", "thigh", "neck", "upper_arm", "inseam", "back_length", "shoulder_width",
    "sleeve",
)  # fmt: skip

_UP = np.array([0.0, 0.0, 1.0])
_STANDING = Pose(left=Hang(14.0, 0.0, 8.0), right=Hang(14.0, 0.0, 8.0), stance_m=0.2)
_TRUNK = (BodyPart.TORSO, BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH)
_BELOW_CROTCH_M = 0.03
_NECK_REACH_M = 0.13  # the same plane may cut a chin

Tape = tuple[float, np.ndarray]
"""Length in metres, and the (K, 3) points a tape bends at."""


def measure(model: BodyModel, shape: BodyShape) -> BodyMeasures:
    """Measure a body with the tape; about 30 ms."""
    body = standing(model, shape)
    cm = {name: 100 * length for name, (length, _) in tapes(model, body).items()}
    vertices = body.vertices_m
    mass = DENSITY_KG_M3 * volume_m3(vertices, model.faces)
    heights = {
        "chest": float(vertices[list(NIPPLES), 2].mean()),
        "waist": float(vertices[NAVEL, 2]),
        "hip": seat_height_m(model, body),
        "crotch": float(vertices[CROTCH, 2]),
        "neck_base": float(vertices[CERVICALE, 2]),
        "shoulder": float(vertices[list(ACROMIA), 2].mean()),
    }
    height_cm = {name: 100 * height for name, height in heights.items()}
    return BodyMeasures(cm, mass, mass / (cm["height"] / 100) ** 2, height_cm)


def standing(model: BodyModel, shape: BodyShape) -> Body:
    """The body as it is measured: upright, arms a little away from it, ankles 20 cm apart."""
    return model.body(shape, assemble(model, shape, _STANDING, _STANDING.stance_m))


def tapes(model: BodyModel, body: Body) -> dict[str, Tape]:
    """Every measure of :data:`MEASURES` on a standing body: its length in metres and where the tape lies."""
    vertices = body.vertices_m
    trunk = part_faces(model, _TRUNK)
    levels = {
        "chest": vertices[list(NIPPLES), 2].mean(),
        "waist": vertices[NAVEL, 2],
        "hip": seat_height_m(model, body),
    }
    found = {"height": _straight(vertices[vertices[:, 2].argmax()] * [1, 1, 0], vertices[vertices[:, 2].argmax()])}
    for name, level in levels.items():
        found[name] = girth_m(vertices, trunk, level * _UP, _UP)
    found["thigh"] = thigh_tape(model, body)
    found["neck"] = neck_tape(model, body)
    found["upper_arm"] = upper_arm_tape(model, body)
    found["inseam"] = _straight(vertices[CROTCH] * [1, 1, 0], vertices[CROTCH])
    found["back_length"] = back_tape(model, body)
    found["shoulder_width"] = _straight(*vertices[list(ACROMIA)])
    found["sleeve"] = _straight(vertices[ACROMIA[0]], model.joint(body, "lowerarm01.L"), model.joint(body, "wrist.L"))
    return found


def seat_height_m(model: BodyModel, body: Body) -> float:
    """Height of the rearmost point of the buttocks: trunk and thighs from the crotch up to the navel."""
    z = body.vertices_m[:, 2]
    part = model.part_of_vertex()
    seat = np.isin(part, _TRUNK) & (z > z[CROTCH] - 0.02) & (z < z[NAVEL] - 0.05)
    return float(z[seat][body.vertices_m[seat, 1].argmax()])


def thigh_tape(model: BodyModel, body: Body) -> Tape:
    """Round the left thigh."""
    level = body.vertices_m[CROTCH, 2] - _BELOW_CROTCH_M
    faces = part_faces(model, (BodyPart.TORSO, BodyPart.LEFT_THIGH))
    return girth_m(body.vertices_m, faces, level * _UP, _UP)


def neck_tape(model: BodyModel, body: Body) -> Tape:
    """Round the neck, square to it."""
    low, high = model.joint(body, "neck01"), model.joint(body, "neck03")
    faces = part_faces(model, (BodyPart.NECK, BodyPart.HEAD, BodyPart.TORSO))
    middle, along = low + 0.4 * (high - low), high - low
    cut = section(body.vertices_m, faces, middle, along)
    near = np.linalg.norm(cut - middle, axis=2).max(1) < _NECK_REACH_M
    return taut_tape(cut[near], along)


def upper_arm_tape(model: BodyModel, body: Body) -> Tape:
    """Round the left upper arm, midway from acromion to elbow."""
    shoulder, elbow = model.joint(body, "upperarm01.L"), model.joint(body, "lowerarm01.L")
    along = elbow - shoulder
    faces = part_faces(model, (BodyPart.LEFT_UPPER_ARM,))
    return girth_m(body.vertices_m, faces, shoulder + 0.5 * along, along)


def back_tape(model: BodyModel, body: Body) -> Tape:
    """Down the middle of the back, from C7 to the waist."""
    nape, waist = body.vertices_m[CERVICALE], body.vertices_m[NAVEL, 2]
    across = np.array([1.0, 0.0, 0.0])
    cut = section(body.vertices_m, part_faces(model, (BodyPart.TORSO, BodyPart.NECK)), nape, across).reshape(-1, 3)
    behind = cut[cut[:, 1] > body.bones_m[0, 1]]
    behind = behind[np.argsort(behind[:, 2], kind="stable")]
    ends = np.array([waist, nape[2]])
    inner = behind[(behind[:, 2] > ends[0]) & (behind[:, 2] < ends[1])]
    low = np.array([waist, np.interp(waist, behind[:, 2], behind[:, 1])])
    length, path = taut_line(np.vstack([low, inner[:, [2, 1]], nape[[2, 1]]]))
    return length, np.column_stack([np.full(len(path), nape[0]), path[:, 1], path[:, 0]])


def part_faces(model: BodyModel, parts: tuple[BodyPart, ...]) -> np.ndarray:
    """(N, 3) faces of the skin whose three corners all belong to ``parts``."""
    return _part_faces(model, parts)


@lru_cache(maxsize=16)
def _part_faces(model: BodyModel, parts: tuple[BodyPart, ...]) -> np.ndarray:
    inside = np.isin(model.part_of_vertex(), parts) & model.main_component
    faces: np.ndarray = model.faces[inside[model.faces].all(1)]
    return faces


def _straight(*points: np.ndarray) -> Tape:
    path = np.array(points)
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()), path
