"""Shop photos: white, centred, filled, with a shadow."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.contracts import Part
from fitroom.errors import ConfigError
from fitroom.wardrobe.studio.lights import photo_light
from fitroom.wardrobe.studio.plain_look import PlainLook
from fitroom.wardrobe.studio.scene import SceneMesh
from fitroom.wardrobe.studio.shop_photo import photograph


def _garment(width_m: float, height_m: float) -> SceneMesh:
    x, z = (a.ravel() for a in np.meshgrid(np.linspace(0, width_m, 20), np.linspace(0.7, 0.7 + height_m, 20)))
    corner = (np.arange(19)[:, None] * 20 + np.arange(19)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + 1, corner + 21], 1), np.stack([corner, corner + 21, corner + 20], 1)]
    )
    vertices = np.stack([x, 0.01 * np.sin(30 * x), z], 1)
    return SceneMesh("top", vertices, faces.astype(np.int32), PlainLook((0.05, 0.1, 0.4), Part.TOP))


@pytest.mark.parametrize("style", ["flat", "ghost"])
@pytest.mark.parametrize("size_m", [(0.5, 0.7), (1.5, 0.5)])
def test_fills_centres_and_stays_white(style: str, size_m: tuple[float, float]) -> None:
    for seed in range(3):
        frame = photograph([_garment(*size_m)], style, 128, 96, photo_light(), np.random.default_rng(seed))  # type: ignore[arg-type]
        rows, cols = np.nonzero(frame.mesh >= 0)
        spans = (np.ptp(rows) + 1) / 128, (np.ptp(cols) + 1) / 96
        assert 0.79 < max(spans) < 0.89
        assert abs((rows.min() + rows.max() + 1) / 2 / 128 - 0.5) < 0.03
        assert abs((cols.min() + cols.max() + 1) / 2 / 96 - 0.5) < 0.03
        assert np.median(frame.image_u8[[0, -1]]) >= 245
        assert (frame.part[frame.mesh >= 0] == Part.TOP).all()


def test_lying_cloth_throws_a_shadow() -> None:
    frame = photograph([_garment(0.5, 0.7)], "flat", 128, 96, photo_light(), np.random.default_rng(0))
    below = np.nonzero((frame.mesh >= 0)[:, 48])[0].max() + 2
    assert frame.image_u8[below, 48].mean() < frame.image_u8[2, 2].mean() - 3


def test_errors() -> None:
    with pytest.raises(ConfigError, match="unknown photo style"):
        photograph([_garment(1, 1)], "hanger", 64, 48, photo_light(), np.random.default_rng(0))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="nothing to photograph"):
        photograph([], "flat", 64, 48, photo_light(), np.random.default_rng(0))
