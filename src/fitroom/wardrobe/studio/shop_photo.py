"""The shop's photo of a garment alone: laid flat, or hanging as if an invisible person wore it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from fitroom.errors import ConfigError
from fitroom.wardrobe.plan import PhotoStyle
from fitroom.wardrobe.studio.camera import project
from fitroom.wardrobe.studio.render import render
from fitroom.wardrobe.studio.scene import Camera, Frame, Light, SceneMesh
from fitroom.wardrobe.studio.stage import Backdrop, PlainBackdrop, ShadowPlane

_DISTANCE_M = 3.2
_GAPS_M = {"flat": 0.002, "ghost": 0.05}  # from the garment's back to what catches its shadow
_STRENGTHS = {"flat": 0.85, "ghost": 0.35}


def photograph(
    meshes: Sequence[SceneMesh],
    style: PhotoStyle,
    height_px: int,
    width_px: int,
    light: Light,
    rng: np.random.Generator,
    samples: int = 2,
    ground: Callable[[ShadowPlane], Backdrop] | None = None,
) -> Frame:
    """Takes the photo, on white unless told otherwise, from -y; the garment's longer way fills 80-88 % of the frame.

    Args:
        meshes: the garment's; at least one.
        style: "flat" lies on a white ground, "ghost" hangs before it with its inside visible.
        height_px, width_px: size of the picture.
        light: usually ``lights.photo_light()``.
        rng: varies size, place, whiteness and noise a little.
        samples: as in ``render.render``.
        ground: what lies or stands behind the garment, given the plane its shadow falls on; None = white.

    Raises:
        ConfigError: for no meshes or an unknown style.
    """
    if style not in _GAPS_M:
        raise ConfigError("unknown photo style", where="photograph", rule=" or ".join(_GAPS_M), got=style)
    if not meshes or not any(len(mesh.vertices_m) for mesh in meshes):
        raise ConfigError("nothing to photograph", where="photograph", rule="at least one mesh with vertices")
    points = np.concatenate([mesh.vertices_m for mesh in meshes])
    camera = _camera(points, height_px, width_px, rng)
    plane = ShadowPlane((0.0, float(points[:, 1].max()) + _GAPS_M[style], 0.0), (0.0, -1.0, 0.0), _STRENGTHS[style])
    white = float(rng.uniform(1.08, 1.30))
    tint = rng.uniform(-0.006, 0.006)
    behind = ground(plane) if ground else PlainBackdrop((white * (1 + tint), white, white * (1 - tint)), plane)
    return render(meshes, camera, light, behind, rng, samples, noise=0.002)


def _camera(points_m: np.ndarray, height_px: int, width_px: int, rng: np.random.Generator) -> Camera:
    low, high = points_m.min(0), points_m.max(0)
    middle = (low + high) / 2
    fill = rng.uniform(0.81, 0.87)
    jitter = rng.uniform(-0.012, 0.012, 2)
    size = max(high[2] - low[2], (high[0] - low[0]) * height_px / width_px, 0.05)
    camera = Camera(
        (float(middle[0]), float(middle[1] - _DISTANCE_M), float(middle[2])),
        (float(middle[0]), float(middle[1]), float(middle[2])),
        float(size / fill),
        height_px,
        width_px,
    )
    seen = project(camera, points_m)[:, :2]
    spans = (seen.max(0) - seen.min(0)) / (width_px, height_px)
    camera = replace(camera, height_m=float(camera.height_m * spans.max() / fill))  # nearer parts look larger
    seen = project(camera, points_m)[:, :2]
    off_px = (seen.max(0) + seen.min(0)) / 2 - np.array([width_px, height_px]) * (0.5 + jitter)
    dx, dz = off_px * (1, -1) / (100 * camera.px_per_cm)
    eye, target = camera.eye_m, camera.target_m
    return replace(
        camera, eye_m=(eye[0] + dx, eye[1], eye[2] + dz), target_m=(target[0] + dx, target[1], target[2] + dz)
    )
