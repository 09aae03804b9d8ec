"""Garments cut out of pictures, and seeded views of them."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.contracts import Part, Preprocessing
from fitroom.data.search.cutouts import GREY, cut_out, product_mask, worn_mask
from fitroom.data.search.views import ViewConfig, view
from fitroom.errors import ConfigError, ImageError

SPEC = Preprocessing(40, 32, "pad")


def shop_photo(color: tuple[int, int, int] = (200, 30, 40)) -> np.ndarray:
    photo_u8 = np.full((90, 80, 3), 250, np.uint8)
    photo_u8[20:70, 30:50] = color
    return photo_u8


def test_a_product_is_what_differs_from_the_border() -> None:
    mask = product_mask(shop_photo())
    assert mask.sum() == 50 * 20 and mask[20:70, 30:50].all()


def test_a_white_garment_is_found_by_its_outline() -> None:
    photo_u8 = shop_photo()
    photo_u8[22:68, 32:48] = 250
    assert product_mask(photo_u8)[20:70, 30:50].all()


def test_specks_are_no_garment_and_nothing_is_everything() -> None:
    photo_u8 = shop_photo()
    photo_u8[80:83, 10:13] = 0
    assert not product_mask(photo_u8)[80:83, 10:13].any()
    assert product_mask(np.full((20, 20, 3), 250, np.uint8)).all()


def test_a_cut_out_fills_the_frame_on_grey() -> None:
    photo_u8 = shop_photo()
    cut = cut_out(photo_u8, product_mask(photo_u8), SPEC)
    assert cut.image_u8.shape == (40, 32, 3) and cut.mask.sum() == 40 * 16
    assert (cut.image_u8[:, 8:24] == (200, 30, 40)).all()
    assert (cut.image_u8[~cut.mask] == GREY).all()


def test_what_is_worn_is_found_by_its_parts() -> None:
    parse = np.zeros((10, 10), np.uint8)
    parse[:5], parse[5:] = Part.TOP, Part.SKIRT
    assert worn_mask(parse, "bottom").sum() == worn_mask(parse, "top").sum() == 50
    assert not worn_mask(parse, "dress").any()


def test_no_garment_is_an_error() -> None:
    with pytest.raises(ImageError, match="no garment was found"):
        cut_out(shop_photo(), np.zeros((90, 80), bool), SPEC)


def test_a_view_is_seeded_and_keeps_to_the_mask() -> None:
    photo_u8 = shop_photo()
    cut = cut_out(photo_u8, product_mask(photo_u8), SPEC)
    first, again, other = (view(cut, ViewConfig(hidden=1), seed) for seed in (1, 1, 2))
    assert (first.image_u8 == again.image_u8).all() and (first.image_u8 != other.image_u8).any()
    assert (first.image_u8[~first.mask] == GREY).all()
    left = [view(cut, ViewConfig(hidden=1), seed).mask.sum() for seed in range(8)]
    assert cut.mask.sum() / 2 < min(left) < cut.mask.sum()
    with pytest.raises(ConfigError):
        ViewConfig(noise=-1)


def test_garments_that_are_dyed_alike_keep_to_each_other() -> None:
    still = ViewConfig(exposure=0, balance=0, gamma=0, noise=0, hidden=0, coarse=0)
    first, second, twin = (
        cut_out(photo_u8, product_mask(photo_u8), SPEC)
        for photo_u8 in (shop_photo(), shop_photo((60, 90, 150)), shop_photo())
    )
    dyed, again, other = (view(cut, still, seed, dye_seed=3) for seed, cut in enumerate((first, twin, second)))
    assert (dyed.image_u8 == again.image_u8).all() and (dyed.image_u8 != first.image_u8).any()
    assert (dyed.image_u8[dyed.mask] != other.image_u8[other.mask]).any()
    assert (view(first, still, 0, dye_seed=4).image_u8 != dyed.image_u8).any()
    assert (dyed.image_u8[~dyed.mask] == GREY).all()


def test_a_coarser_view_has_lost_its_stripes() -> None:
    photo_u8 = shop_photo()
    photo_u8[20:70:2, 30:50] = 20
    cut = cut_out(photo_u8, product_mask(photo_u8), SPEC)
    still = ViewConfig(exposure=0, balance=0, gamma=0, noise=0, hidden=0, coarse=1)
    coarse = view(cut, still, 0)
    assert (coarse.mask == cut.mask).all() and (coarse.image_u8[~cut.mask] == GREY).all()
    assert coarse.image_u8[cut.mask].std(0).max() < 0.5 * cut.image_u8[cut.mask].std(0).max()
