"""Pictures out of a pipeline to files: complete or not there, and none written over unasked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitroom.config import nearest
from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_rgb_u8, encode_jpeg, encode_png, encode_webp, gray_u8
from fitroom.writing import write_bytes_atomically

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_QUALITY = 95


def check_picture_path(out: Path, overwrite: bool) -> None:
    """Says early that a picture cannot be written.

    Raises:
        ConfigError: a format that is not written, no such folder, a folder of that name, or a file that is there
            already and not to be overwritten.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            "the picture's format is not known",
            where=out,
            rule=", ".join(SUFFIXES),
            got=out.suffix or "no suffix",
            fix=nearest(out.suffix.lower(), SUFFIXES),
        )
    if not out.absolute().parent.is_dir():
        raise ConfigError("the picture's folder is not there", where=out, fix="make the folder first")
    if out.is_dir():
        raise ConfigError("there is a folder of that name", where=out, fix="another name")
    if out.exists() and not overwrite:
        raise ConfigError("there is such a file already", where=out, fix="another name, or --overwrite")


def write_picture(out: Path, image_u8: np.ndarray) -> None:
    """Writes (H, W, 3) uint8 RGB beside, then renames; the suffix says the format (PNG is lossless).

    Raises:
        DataError: the disk does not take it.
    """
    write_bytes(out, encoded(image_u8, out.suffix))


def write_bytes(out: Path, blob: bytes) -> None:
    """Writes beside, then renames.

    Raises:
        DataError: the disk does not take it.
    """
    try:
        write_bytes_atomically(out, blob)
    except OSError as error:
        raise DataError("the file cannot be written", where=out, got=error.strerror) from error


def encoded(image_u8: np.ndarray, suffix: str) -> bytes:
    """(H, W, 3) uint8 RGB to the bytes of a file of that suffix, one of :data:`SUFFIXES`."""
    if suffix.lower() == ".png":
        return encode_png(image_u8)
    if suffix.lower() == ".webp":
        return encode_webp(image_u8, _QUALITY)
    return encode_jpeg(image_u8, _QUALITY)


def read_mask(path: Path) -> np.ndarray:
    """A repaint mask from a picture: (H, W) bool, True where it is lighter than middle grey = may be painted.

    Raises:
        ImageError: the file cannot be read.
        ConfigError: nothing in it is light.
    """
    import torch

    mask: np.ndarray = gray_u8(torch.from_numpy(np.array(decode_rgb_u8(path)))).numpy() >= 128
    if not mask.any():
        raise ConfigError(
            "the mask lets nothing be painted",
            where=path,
            rule="white where the model may paint, black where the photo must stay",
            got="no pixel lighter than middle grey",
            fix="turn it round, or leave the mask out",
        )
    return mask
