"""Where eyes, lips, brows, ears, hairline and joints lie on anny's neutral rest body.

Face coordinates: cm; x to the person's left, y backwards, z up; the origin lies on the body's
midline (y as in the model) at the height of the eyes. They are carried by the topology, so one drawing fits every face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.bodies.body import BodyPart
from fitroom.wardrobe.bodies.model import BodyModel

EYE_CENTER_CM = (2.95, -11.93, 0.0)
HEAD_AXIS_Y_CM = -5.0
EAR_Y_CM = (-5.8, -2.4)
EAR_Z_CM = (-4.9, 0.45)

# Curves over |x| in cm: the border of the eye opening, of the lips, and the line between them.
_EYE_X = (1.92, 2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.32)
_EYE_UPPER = (-0.25, -0.18, 0.06, 0.18, 0.26, 0.29, 0.32, 0.325, 0.32, 0.27, 0.2, 0.11, -0.02, -0.13)
_EYE_LOWER = (-0.28, -0.33, -0.42, -0.48, -0.51, -0.54, -0.545, -0.545, -0.54, -0.52, -0.46, -0.38, -0.23, -0.14)
_LIP_X = (0.0, 0.25, 0.5, 0.8, 1.2, 1.6, 1.95, 2.2)
_LIP_TOP = (-5.9, -5.8, -5.74, -5.83, -6.08, -6.4, -6.68, -6.9)
_LIP_LINE = (-6.78, -6.76, -6.74, -6.75, -6.77, -6.8, -6.84, -6.9)
_LIP_LOW = (-7.72, -7.71, -7.68, -7.6, -7.43, -7.22, -7.03, -6.9)

# Azimuth round the head's axis (degrees from the front) to the height of the hairline.
_HAIRLINE_DEG = (0.0, 20.0, 38.0, 50.0, 60.0, 68.0, 74.0, 80.0, 86.0, 92.0, 108.0, 118.0, 130.0, 150.0, 180.0)
_HAIRLINE_CM = (6.2, 6.1, 5.6, 4.6, 3.2, 1.9, 0.2, -1.0, -0.8, 0.9, 0.9, -1.6, -3.6, -5.2, -5.7)


def upper_lid_cm(x_cm: np.ndarray) -> np.ndarray:
    """Height of the upper lid's edge over |x|."""
    return np.interp(x_cm, _EYE_X, _EYE_UPPER)


def lower_lid_cm(x_cm: np.ndarray) -> np.ndarray:
    """Height of the lower lid's edge over |x|."""
    return np.interp(x_cm, _EYE_X, _EYE_LOWER)


def lip_curves_cm(x_cm: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Heights of the upper lip's top, the line between the lips and the lower lip's bottom over |x|."""
    return np.interp(x_cm, _LIP_X, _LIP_TOP), np.interp(x_cm, _LIP_X, _LIP_LINE), np.interp(x_cm, _LIP_X, _LIP_LOW)


def azimuth_deg(face_cm: np.ndarray) -> np.ndarray:
    """(N,) angle round the head's axis, 0 = front, 180 = back, positive to the person's left."""
    return np.degrees(np.arctan2(face_cm[:, 0], HEAD_AXIS_Y_CM - face_cm[:, 1]))


def above_hairline_cm(face_cm: np.ndarray, recession_cm: float = 0.0) -> np.ndarray:
    """(N,) height above the hairline in cm, negative on bare skin; ``recession_cm`` lifts the temples."""
    angle = np.abs(azimuth_deg(face_cm))
    line = np.interp(angle, _HAIRLINE_DEG, _HAIRLINE_CM)
    temple = np.exp(-(((angle - 33.0) / 14.0) ** 2)) + 0.35 * np.exp(-((angle / 15.0) ** 2))
    height: np.ndarray = face_cm[:, 2] - line - recession_cm * temple
    return np.where(is_ear(face_cm), -1.0, height)


def is_ear(face_cm: np.ndarray) -> np.ndarray:
    """(N,) bool: the flap of an ear."""
    y, z = face_cm[:, 1], face_cm[:, 2]
    inside = (y > EAR_Y_CM[0]) & (y < EAR_Y_CM[1]) & (z > EAR_Z_CM[0]) & (z < EAR_Z_CM[1])
    return inside & (np.abs(face_cm[:, 0]) > 6.75)


@dataclass(frozen=True)
class Landmarks:
    """The neutral rest body in face coordinates, and the heights at which underclothes begin and end (cm).

    Attributes:
        face_cm: (V, 3) float32 every vertex in face coordinates.
        neckline_cm, waist_cm, hem_cm, sock_cm: heights of the vest's neckline, waist, the shorts' hem, a sock's top.
    """

    face_cm: np.ndarray
    neckline_cm: float
    waist_cm: float
    hem_cm: float
    sock_cm: float


def landmarks(model: BodyModel) -> Landmarks:
    """The landmarks of ``model``."""
    eyes = model.eye_component > 0
    origin = np.array([0.0, 0.0, model.canonical_m[eyes, 2].mean()])
    face_cm = ((model.canonical_m - origin) * 100.0).astype(np.float32)
    z, weights = face_cm[:, 2], model.part_weights
    shoulder = z[(weights[:, BodyPart.TORSO] > 0.4) & (weights[:, BodyPart.LEFT_UPPER_ARM] > 0.4)].max()
    hip = z[(weights[:, BodyPart.TORSO] > 0.4) & (weights[:, BodyPart.LEFT_THIGH] > 0.4)].mean()
    knee = z[(weights[:, BodyPart.LEFT_THIGH] > 0.3) & (weights[:, BodyPart.LEFT_SHIN] > 0.3)].mean()
    ankle = z[(weights[:, BodyPart.LEFT_SHIN] > 0.3) & (weights[:, BodyPart.LEFT_FOOT] > 0.3)].mean()
    return Landmarks(
        face_cm, float(shoulder - 6.0), float(hip + 13.0), float(hip - 4.0 + 0.22 * (knee - hip)), float(ankle + 8.0)
    )
