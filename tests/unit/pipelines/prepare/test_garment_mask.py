"""A garment is told from what lies behind it by colour; its confidence falls where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from fitroom.pipelines.prepare.garment_mask import garment_mask


def shirt() -> np.ndarray:
    """(200, 150) bool: a body with two sleeves."""
    mask = np.zeros((200, 150), bool)
    mask[40:170, 45:105] = True
    mask[40:80, 20:130] = True
    return mask


def photo(mask: np.ndarray, color: tuple[int, int, int], behind: tuple[int, int, int], noise: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    folds = gaussian_filter(rng.normal(0, 60, mask.shape), 4)[..., None]
    picture = np.where(mask[..., None], np.array(color) + folds, np.array(behind)) + rng.normal(
        0, noise, (*mask.shape, 3)
    )
    return picture.clip(0, 255).astype(np.uint8)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize(
    ("color", "behind", "noise"),
    [((40, 60, 140), (245, 245, 245), 1), ((230, 230, 225), (60, 40, 30), 8), ((180, 60, 60), (150, 130, 100), 12)],
)
def test_a_shirt_is_cut_out(color: tuple[int, int, int], behind: tuple[int, int, int], noise: float) -> None:
    mask = shirt()
    found = garment_mask(photo(mask, color, behind, noise))
    assert found.mask.shape == mask.shape and iou(found.mask, mask) > 0.93
    assert found.confidence > 0.85 and found.at_border == 0


def test_no_garment_in_sight_has_no_confidence() -> None:
    rng = np.random.default_rng(0)
    found = garment_mask(rng.integers(100, 140, (200, 150, 3)).astype(np.uint8))
    assert found.confidence < 0.6


def test_a_garment_that_goes_on_beyond_the_photo_is_said() -> None:
    mask = shirt()
    mask[:, 45:105] = True
    found = garment_mask(photo(mask, (40, 60, 140), (245, 245, 245), 1))
    sides = photo(shirt(), (40, 60, 140), (245, 245, 245), 1)
    assert found.at_border > 0.05 and found.confidence < garment_mask(sides).confidence


def test_the_same_photo_has_the_same_mask() -> None:
    image_u8 = photo(shirt(), (180, 60, 60), (150, 130, 100), 12)
    assert np.array_equal(garment_mask(image_u8).mask, garment_mask(image_u8).mask)
