"""Photographs one garment alone: on the studio's white, or askew on coloured card or cloth in another light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from PIL import Image

from fitroom.wardrobe.atelier import Atelier
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.fabrics.materials import fabric
from fitroom.wardrobe.fabrics.paint import paint_trim
from fitroom.wardrobe.fabrics.palettes import dye
from fitroom.wardrobe.fabrics.prints import print_
from fitroom.wardrobe.garment_plan import GarmentItem, GarmentsConfig, Look
from fitroom.wardrobe.studio.lights import light
from fitroom.wardrobe.studio.scene import Camera, SceneMesh
from fitroom.wardrobe.studio.shop_photo import photograph
from fitroom.wardrobe.studio.stage import Backdrop, PlainBackdrop, ShadowPlane

_GROUND_CM = (150.0, 200.0)  # of cloth spread under the garment; mirrored beyond
_GROUND_PX_PER_CM = 3.0
_STREAM = 82_004


def take(item: GarmentItem, config: GarmentsConfig) -> np.ndarray:
    """The photo, (height_px, width_px, 3) uint8; it depends on its arguments alone."""
    shot = _atelier(config.height_px, config.width_px).photo(item.garment)
    if item.look is None:
        return shot.frame.image_u8
    return _varied(shot.meshes, item, item.look, config)


@dataclass(frozen=True)
class ClothGround:
    """Cloth spread out behind the subject.

    Attributes:
        cloth: (H, W, 3) float32 linear reflectance.
        px_per_cm: of ``cloth``.
        plane: where the shadow falls.
    """

    cloth: np.ndarray
    px_per_cm: float
    plane: ShadowPlane

    def image(self, camera: Camera, height_px: int, width_px: int) -> np.ndarray:
        """(height_px, width_px, 3) float32, in the scale of the subject, which lies close to it."""
        height, width = self.cloth.shape[:2]
        step = self.px_per_cm / camera.px_per_cm
        rows, columns = (np.arange(n) * step for n in (height_px, width_px))
        picture: np.ndarray = self.cloth[np.ix_(_mirrored(rows, height), _mirrored(columns, width))]
        return picture


def _mirrored(places: np.ndarray, size: int) -> np.ndarray:
    """Indices in [0, size), running back and forth."""
    inside = places.astype(int) % (2 * size)
    return np.minimum(inside, 2 * size - 1 - inside)


def _varied(meshes: Sequence[SceneMesh], item: GarmentItem, look: Look, config: GarmentsConfig) -> np.ndarray:
    plan = item.garment
    rng = np.random.default_rng([plan.design, plan.fabric, plan.print, look.light, _STREAM])
    turned = [replace(mesh, vertices_m=_turned(mesh.vertices_m, look.turn_deg)) for mesh in meshes]
    size = config.height_px, config.width_px
    frame = photograph(
        turned, plan.photo, *size, light(look.light), rng, ground=lambda plane: _ground(look, plane, rng)
    )
    left, top, side = look.window
    box = (left * size[1], top * size[0], (left + side) * size[1], (top + side) * size[0])
    picture = Image.fromarray(frame.image_u8)
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.LANCZOS, box=box))


def _turned(vertices_m: np.ndarray, turn_deg: float) -> np.ndarray:
    """In the plane of the picture."""
    c, s = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    return vertices_m @ np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _ground(look: Look, plane: ShadowPlane, rng: np.random.Generator) -> Backdrop:
    if look.cloth is None:
        red, green, blue = dye(look.color or "white", rng).rgb
        return PlainBackdrop((red, green, blue), plane)
    roll, decor = look.cloth
    surface = paint_trim(fabric(roll), print_(decor), _GROUND_CM, _GROUND_PX_PER_CM)
    return ClothGround(surface.albedo, surface.px_per_cm, plane)


@cache
def _atelier(height_px: int, width_px: int) -> Atelier:
    return Atelier(body_model(), SimulationSettings(height_px, width_px, height_px, width_px))
