"""The eyeballs: a shaded white, an iris with a ring and fibres, a pupil, and the window's reflection."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.people.landmarks import EYE_CENTER_CM, lower_lid_cm, upper_lid_cm
from fitroom.wardrobe.people.noise import blend, noise, ramp

_IRIS_CM = 0.56
_PUPIL_CM = 0.2
_WHITE = np.array([0.46, 0.425, 0.40])
_DARKER = 0.42  # how much darker the white is beside the darkest skin, so that eyes do not stare


def paint_eyes(
    face_cm: np.ndarray, normal: np.ndarray, view: np.ndarray, iris: np.ndarray, melanin: float, seed: int
) -> np.ndarray:
    """(N, 3) linear colour of points on the eyeballs.

    Args:
        face_cm: (N, 3) face coordinates.
        normal, view: (N, 3) unit: surface normal, and from the camera to the point.
        iris: (3,) colour.
        melanin: 0 palest, 1 darkest skin round them.
        seed: of the fibres.
    """
    x, z = np.abs(face_cm[:, 0]), face_cm[:, 2]
    dx, dz = x - EYE_CENTER_CM[0], z - EYE_CENTER_CM[2] + 0.06
    radius, angle = np.hypot(dx, dz), np.arctan2(dz, dx)
    corner = ramp(0.75, 1.35, np.abs(dx))
    white = _WHITE * (1.0 - _DARKER * melanin)
    albedo = white * (1.0 - corner[:, None] * np.array([0.12, 0.3, 0.3]))
    fibres = noise(np.stack([angle * 2.2, radius * 1.2, np.zeros_like(radius)], 1), 0.16, 2, seed=seed)
    shine = 0.5 + 0.55 * fibres + 0.4 * ramp(0.1, -0.45, dz) * ramp(_IRIS_CM, 0.25, radius)
    colored = iris[None, :] * shine[:, None]
    colored *= (1.0 - 0.75 * ramp(_IRIS_CM - 0.13, _IRIS_CM, radius))[:, None]
    albedo = blend(albedo, colored, ramp(_IRIS_CM + 0.035, _IRIS_CM - 0.03, radius))
    albedo = blend(albedo, np.array([0.006, 0.005, 0.005]), ramp(_PUPIL_CM + 0.03, _PUPIL_CM - 0.02, radius))
    lid = 1.0 - 0.75 * ramp(0.36, 0.02, upper_lid_cm(x) - z) - 0.2 * ramp(0.1, -0.02, z - lower_lid_cm(x))
    albedo = albedo * lid[:, None]
    return blend(albedo, np.array([1.0, 1.0, 1.0]), _window(normal, view) * ramp(0.75, 0.6, radius))


def _window(normal: np.ndarray, view: np.ndarray) -> np.ndarray:
    mirror = view - 2.0 * (view * normal).sum(1, keepdims=True) * normal
    right = np.cross(view, np.array([0.0, 0.0, 1.0]))
    right /= np.linalg.norm(right, axis=1, keepdims=True) + 1e-9
    lamp = -0.72 * view - 0.45 * right + np.array([0.0, 0.0, 0.53])
    lamp /= np.linalg.norm(lamp, axis=1, keepdims=True)
    return ramp(0.95, 0.98, (mirror * lamp).sum(1))
