"""The picture of the people room's page: 24 heads and shoulders, drawn with the project's own renderer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.bodies.model import BodyModel, body_model
from fitroom.wardrobe.bodies.population import body_shape
from fitroom.wardrobe.people.appearance import Appearance, appearance, with_face
from fitroom.wardrobe.people.figure import figure
from fitroom.wardrobe.studio.backdrops import backdrop
from fitroom.wardrobe.studio.lights import light
from fitroom.wardrobe.studio.render import render
from fitroom.wardrobe.studio.scene import Camera

COLUMNS, ROWS, TILE_PX = 8, 3, 168
_YAWS_DEG = (0.0, 25.0, -35.0)


def portrait(
    model: BodyModel, body: Body, look: Appearance, yaw_deg: float, size_px: int, height_m: float = 0.46
) -> np.ndarray:
    """(size_px, size_px, 3) uint8 picture of head and shoulders; 0.3 m of height shows little more than the face."""
    head = body.vertices_m[model.part_weights[:, BodyPart.HEAD] > 0.9].mean(0)
    target = head + np.array([0.0, 0.03, -0.10 * height_m])
    yaw = np.radians(yaw_deg)
    eye = target + 2.6 * np.array([np.sin(yaw), -np.cos(yaw), 0.02])
    camera = Camera(tuple(map(float, eye)), tuple(map(float, target)), height_m, size_px, size_px)  # type: ignore[arg-type]
    rng = np.random.default_rng(look.index)
    return render(figure(model, body, look), camera, light(look.index % 4), backdrop(look.index % 3), rng).image_u8


def people_sheet(first: int = 0) -> np.ndarray:
    """(ROWS * TILE_PX, COLUMNS * TILE_PX, 3) uint8: appearances from ``first`` on, on bodies of the catalogue."""
    model = body_model()
    tiles = []
    for index in range(first, first + ROWS * COLUMNS):
        look = appearance(index)
        body = model.body(with_face(body_shape(index), look))
        tiles.append(portrait(model, body, look, _YAWS_DEG[index % 3], TILE_PX))
    rows = [np.concatenate(tiles[r * COLUMNS : (r + 1) * COLUMNS], 1) for r in range(ROWS)]
    return np.concatenate(rows, 0)


def write_people_sheet(path: Path) -> None:
    """The sheet as a PNG of 256 colours."""
    Image.fromarray(people_sheet()).quantize(256).save(path, optimize=True)
