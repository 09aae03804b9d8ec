"""A body as plain arrays: its shape parameters, its posed surface, the names of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

import numpy as np

Sex = Literal["female", "male"]


class BodyPart(IntEnum):
    """Parts of the undressed body (0 = none); left and right are the person's own."""

    NONE = 0
    TORSO = 1
    HEAD = 2
    NECK = 3
    LEFT_UPPER_ARM = 4
    LEFT_FOREARM = 5
    LEFT_HAND = 6
    RIGHT_UPPER_ARM = 7
    RIGHT_FOREARM = 8
    RIGHT_HAND = 9
    LEFT_THIGH = 10
    LEFT_SHIN = 11
    LEFT_FOOT = 12
    RIGHT_THIGH = 13
    RIGHT_SHIN = 14
    RIGHT_FOOT = 15


@dataclass(frozen=True)
class BodyShape:
    """Parameters of one person's body, in anny's terms.

    Attributes:
        sex: which population it was drawn from.
        phenotype: anny phenotype values in [0, 1] by name (gender, age, muscle, weight, height, proportions ...).
        local: anny local slider values in [-1, 1] by name.
    """

    sex: Sex
    phenotype: Mapping[str, float]
    local: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Body:
    """One body in one pose, the floor at z = 0.

    Attributes:
        vertices_m: (V, 3) float64 surface; faces are ``BodyModel.faces``.
        keypoints_m: (17, 3) float64 COCO joints.
        bones_m: (B, 3) float64 head of every bone, in the order of ``BodyModel.bone_labels``.
        shape: what it was made from.
        rotations: the pose: rotation vector per bone (radians).
    """

    vertices_m: np.ndarray
    keypoints_m: np.ndarray
    bones_m: np.ndarray
    shape: BodyShape
    rotations: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class BodyMeasures:
    """Tape measures of a standing body, arms down, in cm and along the surface; and the heights they are taken at.

    Attributes:
        cm: height, chest, waist, hip, thigh, neck, upper_arm, inseam, back_length, shoulder_width, sleeve.
        mass_kg: from the volume, at 1,000 kg/m3 or anny's own density.
        bmi: mass / height squared, kg/m2.
        height_cm: height above the floor of chest, waist, hip, crotch, neck_base and shoulder, by name.
    """

    cm: Mapping[str, float]
    mass_kg: float
    bmi: float
    height_cm: Mapping[str, float]
