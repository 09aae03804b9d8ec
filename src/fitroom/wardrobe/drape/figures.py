"""The picture of the documentation: discs of several fabrics side by side in the Cusick test."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fitroom.wardrobe.drape.cusick import SUPPORT_CM, drape_test
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.materials import bending_length_cm
from fitroom.wardrobe.patterns.pattern import GarmentMesh
from fitroom.wardrobe.studio.lights import photo_light
from fitroom.wardrobe.studio.plain_look import PlainLook
from fitroom.wardrobe.studio.render import render
from fitroom.wardrobe.studio.scene import Camera, SceneMesh
from fitroom.wardrobe.studio.stage import PlainBackdrop, ShadowPlane

_PITCH_M = 0.34
_HEIGHT_PX, _PX_PER_DISC = 220, 250
_CAPTION_PX = 52
_WOOD = PlainLook((0.52, 0.40, 0.28), roughness=0.7, specular=0.1)

Color = tuple[float, float, float]


def cusick_sheet(cloths: Mapping[Fabric, Color], mesh: GarmentMesh, spacing_cm: float = 0.7) -> Image.Image:
    """Draped discs from the front and a little above, with their bending lengths and drape coefficients.

    Args:
        cloths: fabrics from left to right, and the linear colour of each.
        mesh: ``cusick.disc(spacing_cm)``.
        spacing_cm: of the discs.
    """
    meshes: list[SceneMesh] = []
    captions: list[tuple[str, str]] = []
    first = -0.5 * (len(cloths) - 1) * _PITCH_M
    for n, (cloth, color) in enumerate(cloths.items()):
        coefficient, places = drape_test(cloth, spacing_cm)
        look = PlainLook(color, specular=cloth.specular, roughness=cloth.roughness, sheen=cloth.sheen)
        shift = np.array([first + n * _PITCH_M, 0.0, 0.0])
        top_m = float(places[:, 2].max())
        meshes += [SceneMesh("disc", places + shift, mesh.faces, look), _pillar(shift, top_m - 0.008)]
        length_cm = bending_length_cm(cloth.bend_n_m, cloth.density_g_m2)
        captions.append((cloth.material, f"c = {length_cm:.1f} cm   drape {coefficient:.2f}"))
    width_px = _PX_PER_DISC * len(cloths)
    camera = Camera(
        (0.0, -4.0, 1.2), (0.0, 0.0, 0.195), _PITCH_M * _HEIGHT_PX / _PX_PER_DISC * 0.99, _HEIGHT_PX, width_px
    )
    floor = ShadowPlane((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.7)
    frame = render(
        meshes, camera, photo_light(), PlainBackdrop((0.9, 0.9, 0.88), floor), np.random.default_rng(0), 3, noise=0.0
    )
    return _captioned(frame.image_u8, captions)


def _pillar(at_m: np.ndarray, height_m: float, sides: int = 96) -> SceneMesh:
    """The support, from the floor up to just below the cloth."""
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = (SUPPORT_CM / 100 - 0.004) * np.stack([np.cos(angle), np.sin(angle)], 1)
    points = np.concatenate([np.column_stack([ring, np.full(sides, z)]) for z in (0.0, height_m)]) + at_m
    here = np.arange(sides)
    after = np.roll(here, -1)
    side = np.concatenate([np.stack([here, after, after + sides], 1), np.stack([here, after + sides, here + sides], 1)])
    return SceneMesh("support", points, side.astype(np.int32), _WOOD)


def _captioned(image_u8: np.ndarray, captions: list[tuple[str, str]]) -> Image.Image:
    height, width = image_u8.shape[:2]
    page = Image.new("RGB", (width, height + _CAPTION_PX), "white")
    page.paste(Image.fromarray(image_u8))
    draw = ImageDraw.Draw(page)
    for n, (name, numbers) in enumerate(captions):
        x = (n + 0.5) * width / len(captions)
        draw.text((x, height + 15), name, "black", ImageFont.load_default(17), anchor="mm")
        draw.text((x, height + 37), numbers, (90, 90, 90), ImageFont.load_default(13), anchor="mm")
    return page
