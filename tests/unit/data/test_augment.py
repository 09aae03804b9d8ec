from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from fitroom.contracts import Preprocessing
from fitroom.data.recognition.augment import Augment, AugmentConfig
from fitroom.errors import ConfigError
from fitroom.images import resize_u8

SPEC = Preprocessing(height_px=48, width_px=40, mean=[0.2, 0.4, 0.6])
NOTHING = {"min_area": 1.0, "aspect_jitter": 0.0, "flip": 0.0, "randaugment_ops": 0, "erase": 0.0}
ALL = AugmentConfig(scale=0.75, turn=0.3, color_jitter=0.2, erase=0.5)


def photo(height_px: int = 60, width_px: int = 50, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height_px, width_px, 3)).astype(np.uint8)


def test_it_is_a_pure_function_of_photo_and_seed():
    augment, image_u8 = Augment(ALL, SPEC), photo()
    before = image_u8.copy()
    first = [augment(image_u8, seed) for seed in range(12)]
    torch.manual_seed(99)
    again = [Augment(ALL, SPEC)(image_u8, seed) for seed in reversed(range(12))]
    assert all(torch.equal(a, b) for a, b in zip(first, reversed(again), strict=True))
    assert len({a.numpy().tobytes() for a in first}) == 12
    assert np.array_equal(image_u8, before)


def test_the_global_generators_are_left_alone():
    def states() -> tuple[object, ...]:
        return random.getstate(), np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes()

    before = states()
    for seed in range(5):
        Augment(ALL, SPEC)(photo(), seed)
    assert states() == before


@pytest.mark.parametrize(("scale", "shape"), [(1.0, (48, 40, 3)), (0.75, (36, 30, 3)), (1.5, (72, 60, 3))])
def test_scale_sets_the_training_size(scale, shape):
    pixels = Augment(AugmentConfig(scale=scale), SPEC)(photo(), 0)
    assert tuple(pixels.shape) == shape
    assert pixels.dtype == torch.uint8


@pytest.mark.parametrize("size", [(60, 50), (48, 40), (33, 97)])
def test_with_everything_off_it_is_the_plain_resize(size):
    image_u8 = photo(*size)
    pixels = Augment(AugmentConfig(**NOTHING), SPEC)(image_u8, 5)
    assert np.array_equal(pixels.numpy(), resize_u8(image_u8, SPEC))


def test_a_mirror_is_the_mirrored_photo():
    image_u8 = photo(48, 40)
    pixels = Augment(AugmentConfig(**NOTHING | {"flip": 1.0}), SPEC)(image_u8, 0)
    assert np.array_equal(pixels.numpy(), image_u8[:, ::-1])


def test_quarter_turns_go_both_ways():
    square = Preprocessing(height_px=48, width_px=48)
    image_u8 = photo(48, 48)
    augment = Augment(AugmentConfig(**NOTHING | {"turn": 1.0}), square)
    turned = {augment(image_u8, seed).numpy().tobytes() for seed in range(20)}
    assert turned == {np.rot90(image_u8, turns).tobytes() for turns in (1, 3)}


def ramps(height_px: int, width_px: int) -> np.ndarray:
    """Red tells the column, green the row: a crop's borders can be read from its pixels."""
    image_u8 = np.zeros((height_px, width_px, 3), np.uint8)
    image_u8[..., 0] = np.linspace(0, 255, width_px).round()
    image_u8[..., 1] = np.linspace(0, 255, height_px).round()[:, None]
    return image_u8


@pytest.mark.parametrize(("min_area", "jitter"), [(0.3, 0.0), (0.3, 0.5), (0.9, 0.5), (1.0, 0.5)])
def test_a_crop_keeps_at_least_the_least_area(min_area, jitter):
    augment = Augment(AugmentConfig(**NOTHING | {"min_area": min_area, "aspect_jitter": jitter}), SPEC)
    areas, aspects = [], []
    for seed in range(200):
        pixels = augment(ramps(256, 256), seed).float().numpy()
        wide, tall = (np.ptp(pixels[..., channel].mean(axis)) / 255 for channel, axis in ((0, 0), (1, 1)))
        areas.append(wide * tall)
        aspects.append(wide / tall)
    assert min(areas) >= min_area - 0.06, "a pixel at each border reads as its middle"
    assert max(areas) <= 1
    if min_area < 1:
        assert min(areas) < min_area + 0.1 and max(areas) > 0.85
    assert max(aspects) <= (1 + jitter) * 1.03 and min(aspects) >= 0.97 / (1 + jitter)
    if jitter and min_area < 0.5:
        assert max(aspects) > 1.3 and min(aspects) < 0.77


def test_an_erased_rectangle_has_the_mean_color():
    image_u8 = np.full((48, 40, 3), 255, np.uint8)
    augment = Augment(AugmentConfig(**NOTHING | {"erase": 1.0}), SPEC)
    color = [round(255 * mean) for mean in SPEC.mean]
    for seed in range(30):
        erased = (augment(image_u8, seed).numpy() == color).all(-1)
        rows, columns = np.flatnonzero(erased.any(1)), np.flatnonzero(erased.any(0))
        assert erased.sum() == len(rows) * len(columns), "one full rectangle"
        assert np.all(np.diff(rows) == 1) and np.all(np.diff(columns) == 1)
        assert 0.01 < erased.mean() < 0.3
    half = Augment(AugmentConfig(**NOTHING | {"erase": 0.5}), SPEC)
    changed = [not torch.equal(half(image_u8, seed), torch.from_numpy(image_u8)) for seed in range(100)]
    assert 30 < sum(changed) < 70


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scale", 0.0),
        ("min_area", 0.0),
        ("min_area", 1.5),
        ("aspect_jitter", -0.1),
        ("flip", 1.1),
        ("turn", -0.5),
        ("randaugment_ops", -1),
        ("randaugment_magnitude", 31),
        ("color_jitter", 2.0),
        ("erase", 7.0),
    ],
)
def test_values_out_of_range_are_refused(field, value):
    with pytest.raises(ConfigError, match=f"augment.{field} is out of range"):
        AugmentConfig(**{field: value})
