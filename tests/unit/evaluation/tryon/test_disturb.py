"""Disturbed truths: other pixels, the same geometry, the same again for the same case."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.unit.evaluation.tryon.small_row import small_row

from fitroom.evaluation.tryon.controls.disturb import autoencoded, blurred, displacement_px, warped
from fitroom.evaluation.tryon.controls.reshade import reshaded

Disturb = Callable[[dict[str, Any]], np.ndarray]


def picture(height: int, width: int) -> dict[str, Any]:
    ramp = np.linspace(4, 250, width)
    down = np.linspace(4, 250, height)
    planes = [np.broadcast_to(ramp, (height, width)), np.broadcast_to(down[:, None], (height, width))]
    worn = np.round(np.stack([*planes, planes[0]], axis=-1)).astype(np.uint8)
    return {"case_id": "a", "worn": worn}


@pytest.mark.parametrize("height", [128, 512, 1024, 2048])
def test_the_bending_is_at_most_one_pixel_rms(height: int) -> None:
    shift_px = displacement_px(picture(height, 96))
    rms = np.sqrt((shift_px**2).sum(axis=-1).mean())
    assert rms == pytest.approx(min(0.35 * height / 512, 1.0))


def test_the_picture_is_bent_by_what_is_said() -> None:
    """On a steep ramp the change of value tells the displacement."""
    row = picture(512, 48)
    inner = (slice(8, -8), slice(8, -8))
    said = displacement_px(row)[inner][..., 1]
    measured = ((warped(row)[..., 0].astype(float) - row["worn"][..., 0]) / (246 / 47))[inner]
    assert np.abs(measured - said).mean() < 0.1
    assert 0.1 < np.sqrt((measured**2).mean()) <= 1


def test_the_bending_belongs_to_the_case() -> None:
    row = picture(96, 80)
    assert np.array_equal(displacement_px(row), displacement_px(dict(row)))
    assert not np.allclose(displacement_px(row), displacement_px({**row, "case_id": "b"}))


@pytest.mark.parametrize("disturb", [blurred, warped, autoencoded])
@pytest.mark.parametrize("size", [(64, 48), (131, 77)])
def test_any_size_stays_and_a_plain_picture_stays_plain(disturb: Disturb, size: tuple[int, int]) -> None:
    plain = np.full((*size, 3), (10, 128, 201), np.uint8)
    assert np.array_equal(disturb({"case_id": "a", "worn": plain}), plain)


def test_the_blur_is_in_proportion_to_the_height() -> None:
    for height, sigma in ((512, 1.5), (256, 0.75)):
        worn = np.zeros((height, 65, 3), np.uint8)
        worn[:, 32:] = 255
        step = np.diff(blurred({"worn": worn})[height // 2, :, 0].astype(float)) / 255
        places = np.arange(len(step)) - 31
        assert (step * places).sum() == pytest.approx(0, abs=0.02)
        assert np.sqrt((step * places**2).sum()) == pytest.approx(sigma, abs=0.08)


def test_the_code_keeps_ramps_and_loses_fine_texture() -> None:
    row = picture(64, 64)
    assert np.abs(autoencoded(row).astype(int) - row["worn"]).mean() < 2
    checker = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, -1)
    assert autoencoded({"worn": checker}).std() < 0.3 * checker.std()


def test_the_code_is_linear_and_small() -> None:
    """A patch comes from 16 numbers: patches of noise, decoded, span 16 dimensions."""
    noise = np.random.default_rng(0).integers(96, 160, (320, 320, 3), dtype=np.uint8)
    decoded = autoencoded({"worn": noise}).astype(float)
    patches = decoded.reshape(40, 8, 40, 8, 3).transpose(0, 2, 1, 3, 4).reshape(1600, -1)
    spread = np.linalg.svd(patches - patches.mean(axis=0), compute_uv=False)
    assert spread[15] > 4 * spread[16]


def test_the_second_renderer_keeps_part_borders() -> None:
    row = small_row()
    drawn, parse = reshaded(row).astype(float), row["worn_parse"]
    for line in (60, 85, 120):
        steps = np.abs(np.diff(drawn[line], axis=0)).sum(axis=-1)
        borders = np.flatnonzero(np.diff(parse[line].astype(int)))
        outline = borders[(parse[line][borders] == 0) | (parse[line][borders + 1] == 0)]
        for border in outline:
            near = slice(border - 3, border + 4)  # the gap between the legs is 4 px
            assert np.argmax(steps[near]) + near.start == border
    edge = np.zeros(parse.shape, bool)
    edge[:, :-1] = parse[:, :-1] != parse[:, 1:]
    steps = np.abs(np.diff(drawn, axis=1)).sum(axis=-1)
    assert steps[edge[:, :-1]].mean() > 5 * steps[~edge[:, :-1]].mean()


def test_the_second_renderer_changes_the_pixels_and_follows_the_case() -> None:
    row = small_row()
    drawn = reshaded(row)
    assert np.abs(drawn.astype(int) - row["worn"]).mean() > 25
    assert np.array_equal(drawn, reshaded(small_row()))
    assert np.abs(drawn.astype(int) - reshaded(small_row(case_id="case-1"))).mean() > 10


def test_the_second_renderer_takes_the_garment_from_the_shop_photo() -> None:
    """Stripes where the flow shows the point, one colour where it does not."""
    row = small_row()
    drawn = reshaded(row).astype(float)
    ratio = drawn[54:66, :, 0] / np.maximum(drawn[54:66, :, 1], 1)
    assert ratio[:, 60].std() > 5 * ratio[:, 36].std()
