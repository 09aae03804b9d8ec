"""What a picture is made of: meshes with a look, a camera, light; and what comes out of the renderer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass
class Hits:
    """The points of one mesh that the camera sees: N of them.

    Attributes:
        face: (N,) int32 into the mesh's faces.
        bary: (N, 3) float32 barycentric weights of the face's corners.
        position_m: (N, 3) float32.
        normal: (N, 3) float32 smooth, unit, towards the camera.
        view: (N, 3) float32 unit, from the camera to the point.
        back: (N,) bool: the face is seen from behind.
        footprint_m: (N,) float32: width of a sample at that depth, for texture filtering.
    """

    face: np.ndarray
    bary: np.ndarray
    position_m: np.ndarray
    normal: np.ndarray
    view: np.ndarray
    back: np.ndarray
    footprint_m: np.ndarray


@dataclass
class Shading:
    """How those points take the light.

    Attributes:
        albedo: (N, 3) float32 linear reflectance.
        normal: (N, 3) float32 unit, with relief.
        specular, roughness, sheen, translucency: (N,) float32 in [0, 1], as in :class:`fabrics.fabric.Fabric`.
        opacity: (N,) float32 or None; below 1 what lies behind shows through (hair tips, chiffon).
    """

    albedo: np.ndarray
    normal: np.ndarray
    specular: np.ndarray
    roughness: np.ndarray
    sheen: np.ndarray
    translucency: np.ndarray
    opacity: np.ndarray | None = None


class Look(Protocol):
    """How one mesh looks."""

    def shade(self, mesh: SceneMesh, hits: Hits) -> Shading:
        """Albedo and gloss at the hits."""

    def parts(self, mesh: SceneMesh, hits: Hits) -> np.ndarray:
        """(N,) uint8 of :class:`fitroom.contracts.Part` at the hits."""


@dataclass
class SceneMesh:
    """One thing in the picture.

    Attributes:
        name: "body", "hair", "left_shoe", "top", "bottom", "dress", "outerwear", "collar" ...
        vertices_m: (V, 3) float64.
        faces: (F, 3) int32.
        look: how it looks.
        corner_uv: (F, 3, 2) float32 texture coordinates in the look's own unit (cm in the atlas for cloth), or None.
        blocker: (vertices (V, 3), faces (F, 3)) of a coarser mesh that casts this one's shadows, or None = itself.
    """

    name: str
    vertices_m: np.ndarray
    faces: np.ndarray
    look: Look
    corner_uv: np.ndarray | None = None
    blocker: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes:
        eye_m, target_m: where it stands and what it looks at.
        height_m: height of the picture in the plane through the target; the width follows from the pixels.
        height_px, width_px: size of the picture.
    """

    eye_m: tuple[float, float, float]
    target_m: tuple[float, float, float]
    height_m: float
    height_px: int
    width_px: int

    @property
    def px_per_cm(self) -> float:
        """Scale in the plane through the target."""
        return self.height_px / (100.0 * self.height_m)


@dataclass(frozen=True)
class Lamp:
    """A soft lamp: direction towards it in camera axes (right, up, towards the camera), colour, size (radians)."""

    direction: tuple[float, float, float]
    color: tuple[float, float, float]
    size: float


@dataclass(frozen=True)
class Light:
    """Lamps, sky and ground light (linear RGB), and the exposure."""

    lamps: Sequence[Lamp]
    sky: tuple[float, float, float]
    ground: tuple[float, float, float]
    exposure: float = 1.0


@dataclass
class Frame:
    """A rendered picture and the first hit of the ray through each pixel's centre.

    Attributes:
        image_u8: (H, W, 3) uint8 sRGB.
        mesh: (H, W) int16 index of the mesh seen, -1 = backdrop.
        face: (H, W) int32 its face, -1 = backdrop.
        bary: (H, W, 3) float32 barycentric weights.
        depth_m: (H, W) float32 distance along the camera's axis, inf = backdrop.
        normal: (H, W, 3) float32 unit, world axes, without relief; 0 = backdrop.
        part: (H, W) uint8 of :class:`fitroom.contracts.Part`.
        coverage: (H, W) float32 share of the pixel's samples that hit anything, in [0, 1].
        camera: what took it.
    """

    image_u8: np.ndarray
    mesh: np.ndarray
    face: np.ndarray
    bary: np.ndarray
    depth_m: np.ndarray
    normal: np.ndarray
    part: np.ndarray
    coverage: np.ndarray
    camera: Camera
