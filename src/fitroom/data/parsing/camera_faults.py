"""What cameras, file formats and picture generators do to a photo without moving an edge: blur, blocks, noise, JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter


def photographed(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One to three faults of random kind and strength; (H, W, 3) uint8 to the same shape."""
    faults = rng.permutation(5)[: int(rng.integers(1, 4))]
    for fault in sorted(faults):  # the order in which light meets them
        image_u8 = (_blurred, _coarser, _blocky, _noisy, _compressed)[fault](image_u8, rng)
    return image_u8


def _blurred(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    radius = float(np.exp(rng.uniform(-1.2, 0.6)))
    return np.asarray(Image.fromarray(image_u8).filter(ImageFilter.GaussianBlur(radius)))


def _coarser(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Down and up again, as a small original or an autoencoder's latents."""
    height, width = image_u8.shape[:2]
    factor = rng.uniform(1.2, 3.0)
    small = Image.fromarray(image_u8).resize(
        (max(round(width / factor), 8), max(round(height / factor), 8)), Image.Resampling.BOX
    )
    back = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)[int(rng.integers(3))]
    return np.asarray(small.resize((width, height), back))


def _blocky(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Squares of 4 or 8 px that are each a little off, as where a latent cell was decoded alone."""
    height, width = image_u8.shape[:2]
    side = int(rng.choice([4, 8]))
    off = rng.normal(0, rng.uniform(1, 6), (-(-height // side), -(-width // side), 3)).astype(np.float32)
    off = off.repeat(side, 0).repeat(side, 1)[:height, :width]
    return np.clip(image_u8 + off, 0, 255).astype(np.uint8)


def _noisy(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image_u8.shape[:2]
    shape = (height, width, 1 if rng.random() < 0.5 else 3)
    noise = rng.standard_normal(shape, np.float32) * np.float32(rng.uniform(1, 14))
    return np.clip(image_u8 + noise, 0, 255).astype(np.uint8)


def _compressed(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, "JPEG", quality=int(rng.integers(20, 96)))
    return np.asarray(Image.open(buffer).convert("RGB"))
