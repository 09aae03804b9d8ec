"""The renderer: exact buffers on known geometry, honest colours, determinism, see-through, errors."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from fitroom.contracts import Part
from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.studio.backdrops import backdrop
from fitroom.wardrobe.studio.camera import project, rays
from fitroom.wardrobe.studio.lights import light, photo_light
from fitroom.wardrobe.studio.plain_look import PlainLook
from fitroom.wardrobe.studio.render import render
from fitroom.wardrobe.studio.scene import Camera, Frame, Lamp, Light, SceneMesh
from fitroom.wardrobe.studio.stage import PlainBackdrop, ShadowPlane

CAMERA = Camera((0.0, -4.0, 1.0), (0.0, 0.0, 1.0), 1.2, 96, 72)
FLAT_LIGHT = Light([Lamp((0.0, 0.0, 1.0), (0.5,) * 3, 0.1)], (0.5,) * 3, (0.5,) * 3)


def _quad(y: float, half: float, color: float | tuple[float, float, float], opacity: float = 1.0) -> SceneMesh:
    corners = np.array([[-half, y, 1 - half], [half, y, 1 - half], [half, y, 1 + half], [-half, y, 1 + half]])
    rgb = (color,) * 3 if isinstance(color, float) else color
    look = PlainLook(rgb, Part.TOP, opacity=opacity)
    return SceneMesh("quad", corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), look)


def _ball(radius: float = 0.4) -> SceneMesh:
    ball = trimesh.creation.icosphere(subdivisions=5, radius=radius)
    look = PlainLook((0.5, 0.1, 0.1), Part.DRESS, specular=0.4, sheen=0.3, translucency=0.2)
    return SceneMesh("ball", ball.vertices + np.array([0, 0, 1]), ball.faces.astype(np.int32), look)


def _shot(*meshes: SceneMesh, lamp: Light = FLAT_LIGHT, **options: float) -> Frame:
    return render(meshes, CAMERA, lamp, PlainBackdrop((0.2,) * 3), np.random.default_rng(0), **options)  # type: ignore[arg-type]


def test_buffers_of_a_quad() -> None:
    frame = _shot(_quad(0.0, 0.3, 0.5))
    inside = frame.mesh == 0
    assert inside.sum() == 48 * 48  # 0.6 m of 1.2 m over 96 px
    np.testing.assert_allclose(frame.depth_m[inside], 4.0, rtol=1e-5)
    np.testing.assert_allclose(frame.normal[inside], np.broadcast_to([0, -1, 0], (48 * 48, 3)), atol=1e-5)
    np.testing.assert_allclose(frame.bary[inside].sum(1), 1.0, atol=1e-5)
    assert set(np.unique(frame.face[inside])) == {0, 1}
    assert (frame.part[inside] == Part.TOP).all()
    outside = ~inside
    assert (frame.face[outside] == -1).all() and np.isinf(frame.depth_m[outside]).all()
    assert (frame.part[outside] == 0).all() and (frame.normal[outside] == 0).all()
    assert frame.coverage[inside].min() > 0.9 and frame.coverage[0, 0] == 0.0


def test_face_and_bary_lead_back_to_the_pixel() -> None:
    ball = _ball()
    frame = _shot(_quad(0.6, 0.5, 0.3), ball)
    seen = frame.mesh == 1
    corners = ball.vertices_m[ball.faces[frame.face[seen]]]
    points = np.einsum("nk,nkc->nc", frame.bary[seen], corners)
    row, col = np.nonzero(seen)
    np.testing.assert_allclose(
        project(CAMERA, points), np.stack([col + 0.5, row + 0.5, frame.depth_m[seen]], 1), atol=3e-3
    )


def test_depth_and_normal_of_a_ball() -> None:
    frame = _shot(_ball())
    seen = frame.mesh == 0
    points = np.array(CAMERA.eye_m) + frame.depth_m[seen][:, None] * rays(CAMERA)[seen]
    centred = points - [0, 0, 1]
    np.testing.assert_allclose(np.linalg.norm(centred, axis=1), 0.4, atol=1e-3)
    facing = -(frame.normal[seen] * centred).sum(1) / 0.4
    assert (np.abs(facing) > 0.995).all() and (facing < 0).all()
    assert (frame.part[seen] == Part.DRESS).all()


def test_partial_coverage_lies_on_the_outline_only() -> None:
    frame = _shot(_ball(), samples=2)
    partial = (frame.coverage > 0) & (frame.coverage < 1)
    radius = np.hypot(*(np.indices(partial.shape) + 0.5 - np.array([48, 36])[:, None, None]))
    assert partial.any()
    assert np.abs(radius[partial] - radius[frame.mesh == 0].max()).max() < 2.0
    area_m2 = frame.coverage.sum() * (1.2 / 96) ** 2
    assert area_m2 == pytest.approx(np.pi * 0.16 / (1 - 0.01), rel=0.01)  # a ball 4 m off shows a slightly larger disc


@pytest.mark.parametrize(("albedo", "low", "high"), [(0.9, 235, 253), (0.18, 112, 124), (0.03, 44, 54)])
def test_grey_cards_come_out_as_they_are(albedo: float, low: int, high: int) -> None:
    frame = _shot(_quad(0.0, 0.3, albedo), noise=0.0)
    assert low <= frame.image_u8[48, 36].min() and frame.image_u8[48, 36].max() <= high


def test_colours_keep_their_hue() -> None:
    frame = render(
        [_quad(0.0, 0.3, (0.45, 0.05, 0.10))],
        CAMERA,
        photo_light(),
        PlainBackdrop(),
        np.random.default_rng(0),
        noise=0.0,
    )
    linear = (frame.image_u8[48, 36] / 255.0) ** 2.2
    np.testing.assert_allclose(linear / linear[0], [1.0, 0.11, 0.22], atol=0.03)


def test_shadow_falls_away_from_the_lamp() -> None:
    side = Light([Lamp((1.0, 0.0, 0.6), (1.0,) * 3, 0.03)], (0.05,) * 3, (0.05,) * 3)
    blocker = _quad(-0.25, 0.08, 0.5)
    blocker.vertices_m[:, 0] += 0.35
    shaded, plain = (
        _shot(*m, lamp=side).image_u8.astype(int) for m in ([_quad(0.0, 0.3, 0.5), blocker], [_quad(0.0, 0.3, 0.5)])
    )
    assert shaded[48, 33, 0] < 0.6 * plain[48, 33, 0]
    assert shaded[48, 20, 0] > 0.95 * plain[48, 20, 0]


def test_contact_shadow_on_the_floor() -> None:
    camera = Camera((0.0, -4.0, 2.0), (0.0, 0.0, 0.4), 1.6, 96, 72)
    ball = _ball()
    ball.vertices_m = ball.vertices_m - [0, 0, 0.6]
    stage = PlainBackdrop((0.8,) * 3, ShadowPlane())
    frame = render([ball], camera, photo_light(), stage, np.random.default_rng(0))
    below = project(camera, np.array([[0.0, -0.3, 0.0]]))[0]
    assert frame.mesh[int(below[1]), int(below[0])] == -1
    assert frame.image_u8[int(below[1]), int(below[0])].mean() < 0.85 * frame.image_u8[2, 2].mean()


def test_opacity_lets_what_lies_behind_through() -> None:
    def red(opacity: float) -> int:
        veil = _quad(-0.2, 0.2, (0.0, 0.0, 0.0), opacity)
        return int(_shot(veil, _quad(0.0, 0.3, 0.8), noise=0.0).image_u8[48, 36, 0])

    assert red(1.0) < 5 < red(0.5) < red(0.1)
    through = _shot(_quad(-0.2, 0.2, 0.0, 0.0), noise=0.0)
    np.testing.assert_allclose(through.image_u8[48, 36], through.image_u8[0, 0], atol=1)
    assert through.mesh[48, 36] == 0


def test_equal_state_equal_bytes() -> None:
    first, second = (
        render([_ball()], CAMERA, light(3), backdrop(5), np.random.default_rng(9)).image_u8 for _ in range(2)
    )
    other = render([_ball()], CAMERA, light(3), backdrop(5), np.random.default_rng(10)).image_u8
    assert (first == second).all() and (first != other).any()


def test_an_empty_scene_is_the_backdrop() -> None:
    frame = _shot(noise=0.0)
    assert (frame.mesh == -1).all() and frame.coverage.max() == 0.0
    assert len(np.unique(frame.image_u8)) == 1
    assert frame.image_u8[0, 0, 0] == pytest.approx(124, abs=1)  # linear 0.2


def test_bad_input_is_named() -> None:
    quad = _quad(0.0, 0.3, 0.5)
    with pytest.raises(ConfigError, match="samples"):
        _shot(quad, samples=0)
    quad.faces = quad.faces + 3
    with pytest.raises(DataError, match=r"point past its vertices(.|\n)*quad"):
        _shot(quad)
    broken = _quad(0.0, 0.3, 0.5)
    broken.vertices_m[0, 0] = np.nan
    with pytest.raises(DataError, match="not numbers"):
        _shot(broken)
