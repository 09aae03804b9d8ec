"""Fine structure of cloth as small seamless tiles: how bright each spot is and how high it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fitroom.wardrobe.fabrics.fabric import Fabric, Material

TILE_CM = 32.0
_STREAM = 71_002
_TEXELS_A_WALE = 2.7  # fewer would alias


@dataclass(frozen=True)
class WeaveTile:
    """A square of :data:`TILE_CM`, repeating without a seam.

    Attributes:
        gain: (n, n) float32 factor on the albedo, about 1.
        height_mm: (n, n) float32 relief, about 0.
    """

    gain: np.ndarray
    height_mm: np.ndarray


def weave_tile(fabric: Fabric, px_per_cm: float, melange: bool = False) -> WeaveTile:
    """The tile of a fabric's weave; ``melange`` mixes pale and dark fibres as in grey marl."""
    return _tile(fabric.material, fabric.weave, melange, px_per_cm)


@lru_cache(maxsize=32)
def _tile(material: Material, weave: str, melange: bool, px_per_cm: float) -> WeaveTile:
    size = round(TILE_CM * px_per_cm)
    rng = np.random.default_rng([_STREAM, size, *weave.encode(), *material.encode()])
    gain, height_mm = _DRAW[weave](rng, size, material)
    if melange:
        gain = gain + 0.045 * noise(rng, size, 0.7, 2.6) + 0.035 * noise(rng, size, 0.4, 0.9)
    return WeaveTile(np.clip(gain, 0.4, 1.6).astype(np.float32), height_mm.astype(np.float32))


def noise(rng: np.random.Generator, size: int, across: float, along: float) -> np.ndarray:
    """(size, size) periodic Gaussian noise of mean 0 and deviation 1, blurred by so many texels in x and in y."""
    frequency = np.fft.fftfreq(size)
    keep = np.exp(-2.0 * np.pi**2 * ((along * frequency[:, None]) ** 2 + (across * frequency[None, :]) ** 2))
    field = np.real(np.fft.ifft2(np.fft.fft2(rng.standard_normal((size, size))) * keep))
    return np.asarray((field - field.mean()) / field.std())


def _waves(size: int, pitch_cm: float) -> tuple[np.ndarray, int]:
    """Positions 0 to 1 over the tile and the whole number of pitches that fit, none finer than the texels show."""
    count = int(min(round(TILE_CM / pitch_cm), size // _TEXELS_A_WALE))
    return (np.arange(size) + 0.5) / size, count


def _knit(rng: np.random.Generator, size: int, material: Material) -> tuple[np.ndarray, np.ndarray]:
    chunky = material == "wool knit"
    at, wales = _waves(size, 0.65 if chunky else 0.13)
    column = (at[None, :] * wales) % 1.0 - 0.5
    # The two legs of a stitch lean towards each other: a V per wale and course.
    legs = np.cos(2 * np.pi * (at[:, None] * wales * 1.0 - 1.3 * np.abs(column)))
    crown = np.cos(np.pi * column) ** 0.7
    loops = (0.6 + 0.4 * legs) * crown
    fuzz = noise(rng, size, 0.8, 0.8)
    depth, shade = (0.42, 0.22) if chunky else (0.05, 0.035)
    return 1.0 + shade * (loops - loops.mean()) + 0.02 * fuzz, depth * loops + 0.02 * fuzz


def _rib(rng: np.random.Generator, size: int, material: Material) -> tuple[np.ndarray, np.ndarray]:
    at, ribs = _waves(size, 0.75 if material == "wool knit" else 0.4)
    ridge = np.cos(2 * np.pi * at[None, :] * ribs) * np.ones((size, 1))
    fuzz = noise(rng, size, 0.7, 1.2)
    return 1.0 + 0.08 * ridge + 0.02 * fuzz, 0.28 * ridge + 0.02 * fuzz


def _plain(rng: np.random.Generator, size: int, material: Material) -> tuple[np.ndarray, np.ndarray]:
    warp, weft = noise(rng, size, 0.35, 14.0), noise(rng, size, 14.0, 0.35)
    if material == "linen":
        slubs = np.maximum(noise(rng, size, 9.0, 0.6), 1.2) + np.maximum(noise(rng, size, 0.6, 9.0), 1.2) - 2.4
        yarns = 0.03 * (warp + weft) + 0.09 * slubs
        return 1.0 + yarns, 0.9 * yarns
    yarns = 0.01 * (warp + weft)
    return 1.0 + yarns, 1.2 * yarns


def _twill(rng: np.random.Generator, size: int, material: Material) -> tuple[np.ndarray, np.ndarray]:
    at, wales = _waves(size, 0.24)
    # An even number of wales both ways keeps the diagonal seamless at about 60 degrees.
    diagonal = np.cos(2 * np.pi * (at[None, :] * wales + at[:, None] * (wales // 2)))
    warp = noise(rng, size, 0.4, 22.0)
    if material == "denim":
        flecks = noise(rng, size, 0.5, 0.5)
        return 1.0 + 0.05 * diagonal + 0.075 * warp + 0.07 * flecks, 0.06 * diagonal + 0.05 * warp
    return 1.0 + 0.025 * diagonal + 0.012 * warp, 0.05 * diagonal


def _satin(rng: np.random.Generator, size: int, _material: Material) -> tuple[np.ndarray, np.ndarray]:
    float_yarns = noise(rng, size, 0.4, 30.0)
    return 1.0 + 0.008 * float_yarns, 0.006 * float_yarns


def _fleece(rng: np.random.Generator, size: int, _material: Material) -> tuple[np.ndarray, np.ndarray]:
    pile = 0.7 * noise(rng, size, 0.7, 0.9) + 0.5 * noise(rng, size, 2.2, 2.6)
    return 1.0 + 0.03 * pile, 0.10 * pile


def _grain(rng: np.random.Generator, size: int, _material: Material) -> tuple[np.ndarray, np.ndarray]:
    px_per_cm = size / TILE_CM
    pebbles = np.minimum(np.abs(noise(rng, size, 0.14 * px_per_cm, 0.14 * px_per_cm)), 1.0)
    hide = noise(rng, size, 1.6 * px_per_cm, 1.6 * px_per_cm)
    return 0.97 + 0.06 * pebbles + 0.02 * hide, 0.14 * pebbles


_DRAW = {
    "knit": _knit, "rib": _rib, "plain": _plain, "twill": _twill, "satin": _satin, "fleece": _fleece, "grain": _grain,
}  # fmt: skip
