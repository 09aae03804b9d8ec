"""Arrays to JPEG and PNG bytes and back."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.truth.encode import (
    decode_field,
    decode_labels,
    decode_mask,
    decode_picture,
    encode_field,
    encode_mask,
    encode_picture,
)

SHAPES = hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=6)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float32, SHAPES, elements=st.floats(-1000, 1000, width=32) | st.just(np.nan)),
    st.sampled_from([1 / 32, 0.05, 1.0]),
)
def test_a_field_comes_back_within_half_a_step(values: np.ndarray, scale: float) -> None:
    back = decode_field(encode_field(values, scale))
    assert back.shape == values.shape
    assert back.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(back), np.isnan(values))
    there = np.isfinite(values)
    assert (np.abs(back - values)[there] <= scale / 2 + 1e-3).all()


def test_infinity_and_nan_both_mean_nothing() -> None:
    back = decode_field(encode_field(np.array([[np.inf, -np.inf, np.nan, 0.0]]), 1.0))
    np.testing.assert_array_equal(back, [[np.nan, np.nan, np.nan, 0.0]])


def test_the_bounds_of_a_field() -> None:
    edge = np.array([[32767.0, -32767.0]])
    np.testing.assert_array_equal(decode_field(encode_field(edge, 1.0)), edge)
    with pytest.raises(ConfigError, match="cannot reach") as caught:
        encode_field(edge * 1.01, 1.0)
    assert "32767" in str(caught.value)


def test_a_field_is_an_ordinary_png_that_says_how_to_read_it() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    image = Image.open(io.BytesIO(encode_field(values, 0.5)))
    image.load()
    assert image.format == "PNG" and image.size == (4, 6)
    assert image.text == {"fitroom": '{"scale": 0.5, "channels": 3}'}  # type: ignore[attr-defined]
    np.testing.assert_array_equal((np.asarray(image)[:2].astype(int) - 32768) * 0.5, values[..., 0])


def test_equal_fields_are_equal_bytes() -> None:
    values = np.random.default_rng(0).normal(size=(20, 30, 2))
    assert encode_field(values, 1e-3) == encode_field(values.copy(), 1e-3)


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8)))
def test_masks_come_back_exactly(mask: np.ndarray) -> None:
    back = decode_mask(encode_mask(mask))
    assert back.dtype == np.bool_
    np.testing.assert_array_equal(back, mask)


def test_labels_come_back_exactly() -> None:
    labels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(decode_labels(encode_mask(labels)), labels)


def test_pictures_keep_their_colours_at_full_resolution() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, ::2] = (200, 60, 60)
    image[:, 1::2] = (60, 60, 200)
    back = decode_picture(encode_picture(image))
    assert np.abs(back.astype(int) - image).mean() < 4  # 4:2:0 would mix red and blue columns


@pytest.mark.parametrize("decode", [decode_picture, decode_mask, decode_labels, decode_field])
def test_damaged_bytes_are_an_error_of_the_data(decode) -> None:  # type: ignore[no-untyped-def]
    whole = encode_field(np.random.default_rng(0).normal(size=(50, 50)), 1e-3)
    for data in (b"", b"not a picture", whole[: len(whole) // 2]):
        with pytest.raises(DataError, match="cannot be read"):
            decode(data)


def test_a_picture_is_no_field() -> None:
    with pytest.raises(DataError, match="does not say how to read it"):
        decode_field(encode_mask(np.zeros((3, 3), np.uint8)))


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ConfigError, match="kept as a picture"):
        encode_picture(np.zeros((3, 3), np.uint8))
    with pytest.raises(ConfigError, match="kept as a mask"):
        encode_mask(np.zeros((3, 3), np.float32))
    with pytest.raises(ConfigError, match="kept as a field"):
        encode_field(np.zeros(3), 1.0)
