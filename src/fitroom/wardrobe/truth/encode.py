"""Pictures, masks and fields to bytes and back. Every cell is an ordinary JPEG or PNG that says itself how to read it.

A field of numbers becomes a 16-bit PNG: its channels one below the other, each value a whole number of steps:

    value = (code - 32768) * scale        code 0 = nothing there

with ``scale`` and the number of channels in the PNG's text chunk "fitroom". PNG's row filters make smooth fields three
times smaller than their raw bytes under zstd.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from fitroom.errors import ConfigError, DataError

JPEG_QUALITY = 95
_CHUNK = "fitroom"
_ZERO = 32768
_NOTHING = 0


def encode_picture(image_u8: np.ndarray) -> bytes:
    """(H, W, 3) uint8 RGB to a JPEG of quality 95 with full colour resolution (4:4:4)."""
    fine = image_u8.dtype == np.uint8 and image_u8.ndim == 3 and image_u8.shape[2] == 3
    _require("a picture", image_u8, "uint8 of shape (H, W, 3)", fine)
    return _save(Image.fromarray(image_u8), "JPEG", quality=JPEG_QUALITY, subsampling=0)


def decode_picture(data: bytes) -> np.ndarray:
    """A JPEG to (H, W, 3) uint8 RGB."""
    return np.asarray(_open(data).convert("RGB"))


def encode_mask(mask: np.ndarray) -> bytes:
    """(H, W) bool to a PNG of 0 and 255, or (H, W) uint8 labels to a PNG of the labels themselves."""
    _require("a mask", mask, "bool or uint8 of shape (H, W)", mask.dtype in (np.bool_, np.uint8) and mask.ndim == 2)
    values = mask.astype(np.uint8) * 255 if mask.dtype == np.bool_ else mask
    return _save(Image.fromarray(values), "PNG")


def decode_mask(data: bytes) -> np.ndarray:
    """A PNG of 0 and 255 to (H, W) bool."""
    return decode_labels(data) > 127


def decode_labels(data: bytes) -> np.ndarray:
    """A PNG of labels to (H, W) uint8."""
    return np.asarray(_open(data).convert("L"))


def encode_field(values: np.ndarray, scale: float) -> bytes:
    """(H, W) or (H, W, C) numbers to a 16-bit PNG of whole steps; see the file's first lines.

    Args:
        values: in any unit; NaN and infinity mean "nothing there".
        scale: the step, in that unit; what is read back is off by at most half of it.

    Raises:
        ConfigError: a value beyond 32,767 steps.
    """
    _require("a field", values, "numbers of shape (H, W) or (H, W, C)", values.ndim in (2, 3) and values.size > 0)
    there = np.isfinite(values)
    steps = np.round(np.where(there, values, 0) / scale)
    if np.abs(steps).max() >= _ZERO:
        raise ConfigError(
            "a field holds a value that its step cannot reach",
            rule=f"at most {_ZERO - 1} steps of {scale:g}, i.e. {(_ZERO - 1) * scale:g}",
            got=float(np.abs(np.where(there, values, 0)).max()),
        )
    codes = np.where(there, steps + _ZERO, _NOTHING).astype(np.uint16)
    channels = 0 if values.ndim == 2 else values.shape[2]
    stacked = codes if not channels else np.moveaxis(codes, -1, 0).reshape(-1, values.shape[1])
    note = PngImagePlugin.PngInfo()
    note.add_text(_CHUNK, json.dumps({"scale": scale, "channels": channels}))
    return _save(Image.fromarray(np.ascontiguousarray(stacked)), "PNG", pnginfo=note)


def decode_field(data: bytes) -> np.ndarray:
    """What :func:`encode_field` wrote, to (H, W) or (H, W, C) float32, NaN where there was nothing.

    Raises:
        DataError: not such a PNG, or cut short.
    """
    image = _open(data)
    try:
        note = json.loads(getattr(image, "text", {})[_CHUNK])
        scale, channels = float(note["scale"]), int(note["channels"])
    except (KeyError, ValueError) as error:
        raise DataError("a field does not say how to read it", rule=f'a PNG with a text chunk "{_CHUNK}"') from error
    codes = np.asarray(image)
    values = (codes.astype(np.float32) - _ZERO) * np.float32(scale)
    values[codes == _NOTHING] = np.nan
    if not channels:
        return values
    return np.ascontiguousarray(np.moveaxis(values.reshape(channels, -1, values.shape[1]), 0, -1))


def _save(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        image.load()
    except (OSError, SyntaxError) as error:
        raise DataError(
            "a picture in the data set cannot be read", rule="a whole JPEG or PNG", got=f"{len(data)} bytes: {error}"
        ) from error
    return image


def _require(name: str, values: np.ndarray, rule: str, fine: bool) -> None:
    if not fine:
        raise ConfigError(f"this cannot be kept as {name}", rule=rule, got=f"{values.dtype} of shape {values.shape}")
