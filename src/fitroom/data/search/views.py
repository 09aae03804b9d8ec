"""Seeded changes of a cut-out: other light, another camera, something in front, which leave the product the same; and
other dyes, which make another product of it, the same for all garments that are dyed alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.Image import Resampling

from fitroom.data.search.cutouts import GREY, Cutout
from fitroom.errors import ConfigError


@dataclass
class ViewConfig:
    """How far a cut-out may be changed."""

    exposure: float = 0.12
    """Standard deviation of the log of the exposure."""
    balance: float = 0.03
    """Of the log of each channel's gain: the light's colour."""
    gamma: float = 0.1
    """Of the log of gamma."""
    noise: float = 2.0
    """Of what is added to each pixel, of 255."""
    hidden: float = 0.35
    """Share of the views in which a part of the garment, at most a third a side, is hidden."""
    coarse: float = 0.5
    """Share of the views that come from a smaller picture, down to 0.4 of a side."""
    dye: float = 0.2
    """Of the log of each channel's gain where garments are dyed; channels change places as well."""

    def __post_init__(self) -> None:
        changes = (self.exposure, self.balance, self.gamma, self.noise, self.hidden, self.coarse, self.dye)
        if min(changes) < 0 or max(self.hidden, self.coarse) > 1:
            raise ConfigError("a change is out of range", where="views", rule="0 or more, hidden and coarse at most 1")


def view(cut: Cutout, config: ViewConfig, seed: int, dye_seed: int | None = None) -> Cutout:
    """The cut-out, changed; a pure function of its arguments.

    Args:
        cut: of a garment.
        config: how far it may be changed.
        seed: of light, camera and what is in front.
        dye_seed: of the dye; garments of one seed are dyed alike. None = as they are.
    """
    if dye_seed is not None:
        cut = _dyed(cut, config.dye, dye_seed)
    rng = np.random.default_rng(seed)
    if rng.random() < config.coarse:
        cut = _coarser(cut, float(rng.uniform(0.4, 0.8)))
    gain = np.exp(rng.normal(0, config.exposure) + rng.normal(0, config.balance, 3))
    power = float(np.exp(rng.normal(0, config.gamma)))
    changed = 255 * np.clip((cut.image_u8 / 255.0) ** power * gain, 0, 1)
    changed = changed + rng.normal(0, config.noise, changed.shape)
    mask = cut.mask.copy()
    if rng.random() < config.hidden:
        sides = [int(side * rng.uniform(0.08, 0.33)) for side in mask.shape]
        top, left = (int(rng.integers(0, side - part + 1)) for side, part in zip(mask.shape, sides, strict=True))
        hidden = np.s_[top : top + sides[0], left : left + sides[1]]
        if mask.sum() - mask[hidden].sum() > mask.sum() / 2:
            mask[hidden] = False
    image_u8 = np.clip(changed + 0.5, 0, 255).astype(np.uint8)
    return Cutout(np.where(mask[..., None], image_u8, np.uint8(GREY)), mask)


def _dyed(cut: Cutout, spread: float, seed: int) -> Cutout:
    rng = np.random.default_rng(seed)
    order, gain = rng.permutation(3), np.exp(rng.normal(0, spread, 3))
    image_u8 = np.clip(cut.image_u8[..., order] * gain + 0.5, 0, 255).astype(np.uint8)
    return Cutout(np.where(cut.mask[..., None], image_u8, np.uint8(GREY)), cut.mask)


def _coarser(cut: Cutout, scale: float) -> Cutout:
    height, width = cut.mask.shape
    small = Image.fromarray(cut.image_u8).resize((round(width * scale), round(height * scale)), Resampling.BILINEAR)
    image_u8 = np.asarray(small.resize((width, height), Resampling.BILINEAR))
    return Cutout(np.where(cut.mask[..., None], image_u8, np.uint8(GREY)), cut.mask)
