"""Cloth: the texture lands where the atlas says, stripes do not alias, relief tilts the normal."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.contracts import Part
from fitroom.errors import DataError
from fitroom.wardrobe.fabrics.fabric import Fabric, Surface
from fitroom.wardrobe.studio.cloth_look import ClothLook
from fitroom.wardrobe.studio.scene import Hits, SceneMesh
from fitroom.wardrobe.studio.texture import add_sample, pyramid

FABRIC = Fabric(0, "jersey", 165, 0.6, 5e-6, 110, 0.6, 0.3, 0.3, 0.85, 0.06, 0.1, 0.05, "knit")


def _surface(albedo: np.ndarray, height_mm: np.ndarray | None = None, px_per_cm: float = 4.0) -> Surface:
    height = np.zeros(albedo.shape[:2], np.float32) if height_mm is None else height_mm
    return Surface(albedo.astype(np.float32), height.astype(np.float32), px_per_cm, FABRIC, ("white",), "check")


def _sheet(width_cm: float, height_cm: float) -> SceneMesh:
    """An upright sheet that faces -y; atlas (x, y) cm = world (x, z) cm."""
    uv = np.array([[0, 0], [width_cm, 0], [width_cm, height_cm], [0, height_cm]], np.float32)
    vertices = np.stack([uv[:, 0] / 100, np.zeros(4), uv[:, 1] / 100], 1).astype(np.float64)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return SceneMesh("top", vertices, faces, ClothLook(_surface(np.ones((4, 4, 3))), Part.TOP), uv[faces])


def _hits(uv_cm: np.ndarray, size_cm: tuple[float, float], footprint_m: float = 1e-5, back: bool = False) -> Hits:
    s, t = uv_cm[:, 0] / size_cm[0], uv_cm[:, 1] / size_cm[1]
    lower = s >= t
    bary = np.where(lower[:, None], np.stack([1 - s, s - t, t], 1), np.stack([1 - t, s, t - s], 1))
    count = len(uv_cm)
    down = np.tile(np.float32([0, -1, 0]), (count, 1))
    position = np.stack([uv_cm[:, 0] / 100, np.zeros(count), uv_cm[:, 1] / 100], 1).astype(np.float32)
    return Hits(
        np.where(lower, 0, 1).astype(np.int32), bary.astype(np.float32), position, down, -down,
        np.full(count, back), np.full(count, footprint_m, np.float32),
    )  # fmt: skip


def test_checker_is_exact_at_texel_centres() -> None:
    rng = np.random.default_rng(0)
    albedo = rng.choice([0.1, 0.9], (24, 40, 1)).repeat(3, 2).astype(np.float32)
    row, col = (a.ravel() for a in np.mgrid[0:24, 0:40])
    uv_cm = np.stack([(col + 0.5) / 4.0, (24 - row - 0.5) / 4.0], 1)
    look = ClothLook(_surface(albedo), Part.TOP)
    shading = look.shade(_sheet(10.0, 6.0), _hits(uv_cm, (10.0, 6.0)))
    np.testing.assert_allclose(shading.albedo, albedo[row, col], atol=2e-3)


def test_far_stripes_become_their_mean() -> None:
    albedo = np.zeros((64, 64, 3), np.float32)
    albedo[::2] = 0.8
    uv_cm = np.random.default_rng(0).uniform(4, 12, (200, 2))
    look = ClothLook(_surface(albedo), Part.TOP)
    shading = look.shade(_sheet(16.0, 16.0), _hits(uv_cm, (16.0, 16.0), footprint_m=0.01))
    np.testing.assert_allclose(shading.albedo, 0.4, atol=0.01)


def test_pyramid_keeps_the_mean_and_holds_the_border() -> None:
    image = np.random.default_rng(0).random((64, 32, 2)).astype(np.float32)
    texels, sizes = pyramid(image)
    np.testing.assert_allclose(texels[sizes[4, 0] : sizes[5, 0]].mean(0), image.mean((0, 1)), rtol=1e-5)
    out = np.zeros((1, 2), np.float32)
    add_sample(texels, sizes, -50.0, 1000.0, 0.5, 1.0, out, 0)
    np.testing.assert_allclose(out[0], image[-1, 0], rtol=1e-6)


def test_a_ramp_tilts_the_normal_by_its_slope() -> None:
    height = np.tile(np.arange(64, dtype=np.float32) * 0.25, (64, 1))  # 0.25 mm a texel of 2.5 mm: slope 0.1
    look = ClothLook(_surface(np.full((64, 64, 3), 0.5), height), Part.TOP, wrinkle_mm=0.0)
    shading = look.shade(_sheet(16.0, 16.0), _hits(np.array([[8.0, 7.0], [5.0, 9.0]]), (16.0, 16.0)))
    expected = np.array([-0.1, -1.0, 0.0]) / np.hypot(1, 0.1)
    np.testing.assert_allclose(shading.normal, np.tile(expected, (2, 1)), atol=2e-3)


def test_inside_is_darker_and_parts_are_constant() -> None:
    look = ClothLook(_surface(np.full((64, 64, 3), 0.5)), Part.SKIRT)
    sheet, at = _sheet(16.0, 16.0), np.array([[8.0, 7.0]])
    front = look.shade(sheet, _hits(at, (16.0, 16.0)))
    back = look.shade(sheet, _hits(at, (16.0, 16.0), back=True))
    assert (back.albedo < 0.9 * front.albedo).all()
    assert look.parts(sheet, _hits(at, (16.0, 16.0))).tolist() == [Part.SKIRT]


def test_cloth_without_coordinates_is_an_error() -> None:
    sheet = _sheet(16.0, 16.0)
    sheet.corner_uv = None
    with pytest.raises(DataError, match=r"no texture coordinates(.|\n)*top"):
        sheet.look.shade(sheet, _hits(np.array([[8.0, 7.0]]), (16.0, 16.0)))
