"""Truth pictures, disturbed: what is measured on them shows the noise of the measuring parser, not of a model.

The person, the garment and its fit stay what they were; only the pixels get to look like those of a generator: soft,
bent by a fraction of a pixel, or squeezed through a small code. A measure that differs from the one on the truth
picture is off by the instrument's own error.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter, map_coordinates

from fitroom.evaluation.tryon.controls.row_fields import Row, case_rng, to_u8, to_unit

BASE_HEIGHT_PX = 512
BLUR_SIGMA_PX = 1.5  # at a height of BASE_HEIGHT_PX, as are the other lengths below
SHIFT_RMS_PX = 0.35
MAX_SHIFT_RMS_PX = 1.0
_SMOOTH_SIGMA_PX = 16.0
_PATCH_PX = 8
NUM_COEFFICIENTS = 16  # of 8 * 8 * 3 = 192 a patch: one in twelve


def blurred(row: Row) -> np.ndarray:
    """The truth under a Gaussian of 1.5 px at a height of 512 px, in proportion at others. (H, W, 3) uint8."""
    sigma = BLUR_SIGMA_PX * _scale(row["worn"])
    return to_u8(gaussian_filter(to_unit(row["worn"]), (sigma, sigma, 0), mode="nearest"))


def warped(row: Row) -> np.ndarray:
    """The truth bent by :func:`displacement_px`, cubic interpolation. (H, W, 3) uint8."""
    shift_px = displacement_px(row)
    grid = np.indices(shift_px.shape[:2]) + shift_px.transpose(2, 0, 1)
    image_unit = to_unit(row["worn"])
    planes = [map_coordinates(image_unit[..., channel], grid, order=3, mode="nearest") for channel in range(3)]
    return to_u8(np.stack(planes, axis=-1))


def displacement_px(row: Row) -> np.ndarray:
    """The bending of :func:`warped`: smooth noise, seeded by the case.

    Its length is 0.35 px rms at a height of 512 px, in proportion at others and never above 1 px rms. That is about
    0.1 cm of a person, so that measures in cm stay what they were: measured on true parses of the wardrobe, lengths
    change by 0.07 cm rms and widths by 0.11 cm rms.

    Returns:
        (H, W, 2) float64: how many px further down and to the right each pixel looks.
    """
    height, width = row["worn"].shape[:2]
    scale = _scale(row["worn"])
    noise = case_rng(row, "control-truth-warped").normal(size=(height, width, 2))
    smooth = gaussian_filter(noise, (_SMOOTH_SIGMA_PX * scale, _SMOOTH_SIGMA_PX * scale, 0))
    rms = np.sqrt((smooth**2).sum(axis=-1).mean())
    shift_px: np.ndarray = smooth * (min(SHIFT_RMS_PX * scale, MAX_SHIFT_RMS_PX) / rms)
    return shift_px


def autoencoded(row: Row) -> np.ndarray:
    """The truth through a linear patch autoencoder: each patch of 8 x 8 px becomes 16 numbers and a patch again.

    Encoder and decoder are a fixed orthonormal basis, the cosine transform over rows, columns and colour channels, of
    which the 16 coarsest terms of 192 are kept: 10 of lightness, 3 of each of two opponent colours. Nothing is learned.
    It loses what such a code loses (fine texture, sharp edges, and it shows its patches), and stands in for no
    particular neural autoencoder.

    Returns:
        (H, W, 3) uint8.
    """
    image_unit = to_unit(row["worn"])
    height, width = image_unit.shape[:2]
    padded = np.pad(image_unit, ((0, -height % _PATCH_PX), (0, -width % _PATCH_PX), (0, 0)), mode="edge")
    down, across = padded.shape[0] // _PATCH_PX, padded.shape[1] // _PATCH_PX
    patches = padded.reshape(down, _PATCH_PX, across, _PATCH_PX, 3)
    code = dctn(patches, axes=(1, 3, 4), norm="ortho") * _kept_terms()[None, :, None, :, :]
    decoded = idctn(code, axes=(1, 3, 4), norm="ortho").reshape(padded.shape)
    return to_u8(decoded[:height, :width])


def _kept_terms() -> np.ndarray:
    """(8, 8, 3) bool: diagonals 0 to 3 of lightness (10 terms), 0 to 1 of each opponent colour (3 terms)."""
    diagonal = np.add.outer(np.arange(_PATCH_PX), np.arange(_PATCH_PX))
    kept = np.stack([diagonal <= 3, diagonal <= 1, diagonal <= 1], axis=-1)
    assert kept.sum() == NUM_COEFFICIENTS
    return kept


def _scale(image_u8: np.ndarray) -> float:
    return float(image_u8.shape[0]) / BASE_HEIGHT_PX
