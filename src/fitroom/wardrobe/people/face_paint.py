"""The features of a face drawn on the skin: brows, lashes, lips, nostrils, blush, freckles, lines, beard shadow."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.bodies.body import Sex
from fitroom.wardrobe.people.appearance import Appearance
from fitroom.wardrobe.people.landmarks import lip_curves_cm, lower_lid_cm, upper_lid_cm
from fitroom.wardrobe.people.noise import blend, noise, ramp

_LASH = np.array([0.012, 0.009, 0.008])


def paint_face(
    albedo: np.ndarray, gloss: np.ndarray, face_cm: np.ndarray, footprint_cm: np.ndarray, look: Appearance, sex: Sex
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the features.

    Args:
        albedo: (N, 3) linear skin colour at points of the head.
        gloss: (N,) strength of the highlight there.
        face_cm: (N, 3) face coordinates.
        footprint_cm: (N,) width of a sample; finer strokes fade into their mean.
        look: whose face.
        sex: chooses make-up or stubble.

    Returns:
        New albedo and gloss.
    """
    x, y, z = np.abs(face_cm[:, 0]), face_cm[:, 1], face_cm[:, 2]
    front = ramp(-7.0, -10.0, y)
    albedo = _blood(albedo, x, y, z, look)
    albedo = _eye_sockets(albedo, x, z, front, look, sex)
    albedo = _age_lines(albedo, x, z, front, look)
    if look.freckles > 0.02:
        albedo = _freckles(albedo, face_cm, x, z, look)
    if sex == "male":
        albedo = _beard_shadow(albedo, face_cm, footprint_cm, look)
    albedo, gloss = _lips(albedo, gloss, face_cm, look, sex)
    albedo = _brows(albedo, face_cm, footprint_cm, look, sex)
    albedo = _lashes(albedo, x, y, z, look, sex)
    return _cavities(albedo, x, y, z), gloss


def _spot(x: np.ndarray, z: np.ndarray, at: tuple[float, float], size: tuple[float, float]) -> np.ndarray:
    return np.exp(-(((x - at[0]) / size[0]) ** 2) - ((z - at[1]) / size[1]) ** 2)


def _blood(albedo: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, look: Appearance) -> np.ndarray:
    front = ramp(-8.0, -11.0, y)
    flush = front * (0.8 * _spot(x, z, (4.2, -3.2), (1.9, 1.5)) + 0.65 * _spot(x, z, (0.0, -3.6), (1.3, 0.9)))
    flush += front * 0.3 * _spot(x, z, (0.0, -9.6), (1.6, 1.0)) + 0.7 * ramp(6.9, 7.8, x) * ramp(1.5, 0.0, z)
    amount = 0.34 * look.redness * flush
    return albedo * (1.0 - amount[:, None] * np.array([0.04, 0.42, 0.36]))


def _eye_sockets(
    albedo: np.ndarray, x: np.ndarray, z: np.ndarray, front: np.ndarray, look: Appearance, sex: Sex
) -> np.ndarray:
    above = z - upper_lid_cm(x)
    within = ramp(1.5, 2.2, x) * ramp(5.0, 4.3, x) * front
    hollow = 0.12 * _spot(x, z, (2.0, -0.9), (1.0, 0.55)) + 0.10 * within * ramp(0.0, 0.15, above) * ramp(
        0.9, 0.35, above
    )
    crease = 0.28 * within * np.exp(-(((above - 0.36) / 0.09) ** 2))
    shade = (hollow * (0.6 + 0.8 * look.age) + crease) * front
    albedo = albedo * (1.0 - shade[:, None] * np.array([0.75, 1.0, 0.95]))
    if sex == "female" and look.makeup > 0.25:
        shadow = within * ramp(-0.02, 0.06, above) * ramp(0.75, 0.2, above) * 0.45 * look.makeup
        albedo = blend(albedo, albedo * np.array([0.62, 0.48, 0.46]), shadow)
    return albedo


def _age_lines(albedo: np.ndarray, x: np.ndarray, z: np.ndarray, front: np.ndarray, look: Appearance) -> np.ndarray:
    fold_x = np.interp(z, (-7.2, -6.0, -4.2), (3.0, 2.65, 1.75))
    fold = np.exp(-(((x - fold_x) / 0.16) ** 2)) * ramp(-7.4, -6.6, z) * ramp(-3.9, -4.6, z)
    brow = sum(np.exp(-(((z - level - 0.03 * x * x) / 0.07) ** 2)) for level in (3.3, 4.2, 5.0)) * ramp(3.6, 2.2, x)
    feet = np.zeros_like(x)
    for slope in (-0.35, 0.05, 0.45):
        feet += np.exp(-(((z + 0.1 - slope * (x - 4.4)) / 0.06) ** 2)) * ramp(4.5, 4.8, x) * ramp(5.9, 5.3, x)
    lines = 0.10 * fold + (0.16 * brow + 0.16 * feet + 0.2 * fold) * max(0.0, look.age - 0.45)
    return albedo * (1.0 - (front * lines)[:, None] * np.array([0.7, 1.0, 1.0]))


def _freckles(albedo: np.ndarray, face_cm: np.ndarray, x: np.ndarray, z: np.ndarray, look: Appearance) -> np.ndarray:
    where = _spot(x, z, (2.4, -2.4), (3.0, 1.7)) + 0.25
    grain = noise(face_cm, 0.24, 2, seed=look.index)
    spots = ramp(0.64, 0.74, grain) * where * min(1.0, look.freckles)
    return blend(albedo, albedo * np.array([0.66, 0.5, 0.42]), 0.8 * np.clip(spots, 0.0, 1.0))


def beard_area(face_cm: np.ndarray) -> np.ndarray:
    """(N,) in [0, 1]: where a beard grows: upper lip, chin, jaw up to the sideburns, some of the throat."""
    x, y, z = np.abs(face_cm[:, 0]), face_cm[:, 1], face_cm[:, 2]
    top = np.interp(x, (0.0, 2.3, 2.9, 4.2, 5.6, 6.3, 7.0), (-4.7, -5.1, -6.0, -5.7, -4.3, -2.0, -0.2))
    cheek = ramp(0.25, -0.55, z - top)
    throat = ramp(-13.2, -11.4, z) * ramp(-4.6, -6.0, y)
    lip_top, _, lip_low = lip_curves_cm(x)
    lips = (z < lip_top) & (z > lip_low) & (x < 2.25) & (y < -10.0)
    bare = _spot(x, z, (1.1, -8.3), (0.75, 0.35)) * 0.7
    return np.where(lips, 0.0, cheek * throat) * (1.0 - bare)


def _beard_shadow(albedo: np.ndarray, face_cm: np.ndarray, footprint_cm: np.ndarray, look: Appearance) -> np.ndarray:
    area = beard_area(face_cm)
    if look.beard == "moustache":
        lip = np.abs(face_cm[:, 0]) < 2.7
        area = np.where(lip & (face_cm[:, 2] > -7.2), area, 0.25 * area)
    full = {"none": 0.16, "stubble": 0.42, "short beard": 0.72, "moustache": 0.6}[look.beard]
    detail = ramp(0.12, 0.04, footprint_cm)
    grain = ramp(0.35, 0.75, noise(face_cm * np.array([1.0, 1.0, 0.55]), 0.07, 2, seed=11 + look.index))
    amount = area * full * (0.55 + 0.45 * look.stubble) * (1.0 + detail * (1.3 * grain - 0.65))
    hair = look.brow * 0.8 + 0.15 * look.skin
    return blend(albedo, hair, np.clip(amount, 0.0, 0.92))


def _lips(
    albedo: np.ndarray, gloss: np.ndarray, face_cm: np.ndarray, look: Appearance, sex: Sex
) -> tuple[np.ndarray, np.ndarray]:
    x, y, z = np.abs(face_cm[:, 0]), face_cm[:, 1], face_cm[:, 2]
    top, line, low = lip_curves_cm(x)
    edge = 0.10
    mask = ramp(-edge, edge, top - z) * ramp(-edge, edge, z - low) * ramp(2.3, 2.05, x) * ramp(-11.5, -12.5, y)
    painted = sex == "female" and look.makeup > 0.35
    color = look.lips * (1.0 - 0.7 * painted) + look.lipstick * 0.7 * painted * (1.0 - 0.45 * look.melanin)
    upper = np.where(z > line, 0.86, 1.0)
    wrinkle = 0.94 + 0.12 * noise(face_cm * np.array([1.0, 0.2, 0.15]), 0.09, 2, seed=5)
    tint = color[None, :] * (upper * wrinkle)[:, None]
    strength = mask * ((0.9 if painted else 0.78) if sex == "female" else 0.58)
    albedo = blend(albedo, tint, strength)
    seam = mask * np.exp(-(((z - line) / 0.10) ** 2))
    albedo = albedo * (1.0 - 0.55 * seam[:, None] * np.array([0.85, 1.0, 1.0]))
    return albedo, gloss + mask * (0.22 if painted else 0.12)


def _brows(albedo: np.ndarray, face_cm: np.ndarray, footprint_cm: np.ndarray, look: Appearance, sex: Sex) -> np.ndarray:
    x, z = np.abs(face_cm[:, 0]), face_cm[:, 2]
    arch = 0.22 * look.brow_arch
    middle = np.interp(
        x, (0.9, 1.2, 2.2, 3.3, 4.1, 4.9), (1.3, 1.36, 1.62 + 0.4 * arch, 1.86 + arch, 1.8 + 0.6 * arch, 1.4)
    )
    full = (0.25 if sex == "female" else 0.36) + (0.13 if sex == "female" else 0.18) * look.brow_thickness
    half = full * np.interp(x, (0.9, 1.5, 2.6, 3.8, 4.9), (0.72, 1.0, 0.92, 0.6, 0.14))
    across = (z - middle) / half
    body = ramp(1.25, 0.45, np.abs(across)) * ramp(0.95, 1.5, x) * ramp(4.95, 4.3, x)
    lean = np.interp(x, (1.0, 2.0, 3.2, 4.6), (0.25, 0.9, 1.7, 2.4))
    along = np.stack([(x - lean * (z - middle)) * 1.0, np.zeros_like(x), 0.22 * (z - middle)], 1)
    hairs = ramp(0.28, 0.62, noise(along, 0.055, 2, seed=21 + look.index))
    detail = ramp(0.10, 0.035, footprint_cm)
    amount = body * (detail * (0.25 + 0.8 * hairs) + (1.0 - detail) * 0.68) * (0.85 if sex == "female" else 0.9)
    return blend(albedo, look.brow, np.where(face_cm[:, 1] < -9.5, np.clip(amount, 0.0, 1.0), 0.0))


def _lashes(albedo: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, look: Appearance, sex: Sex) -> np.ndarray:
    above, below = z - upper_lid_cm(x), lower_lid_cm(x) - z
    near = np.where(y < -10.5, 1.0, 0.0)
    thick = 0.075 + (0.06 * look.makeup + 0.03 if sex == "female" else 0.0)
    outer = np.interp(x, (1.9, 2.6, 4.3), (0.4, 0.8, 1.15))
    upper = (
        ramp(1.9, 2.3, x)
        * ramp(4.62, 4.35, x)
        * ramp(-0.12, -0.02, above)
        * ramp(thick * outer + 0.07, thick * outer, above)
    )
    lower = ramp(2.1, 2.8, x) * ramp(4.45, 4.2, x) * ramp(-0.08, 0.0, below) * ramp(0.10, 0.03, below)
    rim = ramp(1.85, 2.0, x) * ramp(4.5, 4.3, x) * ramp(0.02, -0.03, below) * ramp(0.0, -0.05, above)
    albedo = blend(albedo, albedo * np.array([0.95, 0.66, 0.62]), 0.8 * rim * near)
    albedo = blend(albedo, _LASH, (0.95 if sex == "female" else 0.8) * upper * near)
    return blend(albedo, _LASH, (0.34 if sex == "female" else 0.18) * lower * near)


def _cavities(albedo: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    nostril = np.clip(1.5 * _spot(x, z, (0.9, -4.1), (0.42, 0.2)), 0.0, 1.0) * ramp(-12.6, -13.2, y) * 0.85
    mouth = ((y > -13.7) & (y < -8.0) & (x < 2.1) & (z > -7.6) & (z < -6.2)).astype(np.float64)
    dark = np.array([0.10, 0.022, 0.02])
    return blend(blend(albedo, albedo * 0.16, nostril), dark, mouth * 0.9)
