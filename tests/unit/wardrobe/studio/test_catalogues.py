"""Lights and backdrops: functions of their index alone, metered, inside their ranges, and errors outside."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.errors import ConfigError
from fitroom.wardrobe.studio.backdrops import NUM_BACKDROPS, StudioBackdrop, backdrop
from fitroom.wardrobe.studio.camera import project
from fitroom.wardrobe.studio.lights import NUM_LIGHTS, light
from fitroom.wardrobe.studio.room_view import room_view
from fitroom.wardrobe.studio.scene import Camera

CAMERA = Camera((0.0, -4.2, 1.2), (0.0, 0.0, 0.95), 2.0, 64, 48)


def test_lights_are_repeatable_and_metered_alike() -> None:
    for index in range(NUM_LIGHTS):
        made = light(index)
        assert made == light(index)
        facing = np.mean(made.sky) / 2 + np.mean(made.ground) / 2
        for lamp in made.lamps:
            direction = np.array(lamp.direction) / np.linalg.norm(lamp.direction)
            facing += max(direction[2], 0.0) * np.mean(lamp.color)
            assert lamp.size > 0
        assert 0.75 < facing < 1.25


def test_backdrops_are_repeatable_and_bright_enough() -> None:
    kinds = [backdrop(index).kind for index in range(NUM_BACKDROPS) if isinstance(backdrop(index), StudioBackdrop)]
    assert 0.35 < kinds.count("paper") / NUM_BACKDROPS < 0.55
    for kind in sorted(set(kinds)):
        made = backdrop(kinds.index(kind))
        image = made.image(CAMERA, 64, 48)
        assert image.shape == (64, 48, 3) and image.dtype == np.float32
        assert np.isfinite(image).all() and image.min() >= 0.0 and image.max() < 3.0
        assert (image == backdrop(kinds.index(kind)).image(CAMERA, 64, 48)).all()


def test_the_foot_of_the_wall_lies_where_geometry_says() -> None:
    view = room_view(CAMERA, 64, 48, wall_m=1.5)
    floor = view.floor() > 0.5
    y_px = project(CAMERA, np.array([[0.0, 1.5, 0.0]]))[0, 1]
    assert abs(np.argmax(floor[:, 24]) - y_px) <= 1.0
    assert view.floor_out[~floor].max() < 0.05 and view.floor_out[-1, 24] > 0.3


@pytest.mark.parametrize("make", [light, backdrop])
def test_outside_the_catalogue_is_an_error(make: object) -> None:
    for index in (-1, 256):
        with pytest.raises(ConfigError, match="no such"):
            make(index)  # type: ignore[operator]
