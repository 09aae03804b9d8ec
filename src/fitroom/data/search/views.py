"""Seeded changes of a cut-out that leave the product the same: other light, another camera, something in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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

    def __post_init__(self) -> None:
        if min(self.exposure, self.balance, self.gamma, self.noise, self.hidden) < 0 or self.hidden > 1:
            raise ConfigError("a change is out of range", where="views", rule="0 or more, hidden at most 1")


def view(cut: Cutout, config: ViewConfig, seed: int) -> Cutout:
    """The cut-out, changed; a pure function of its arguments."""
    rng = np.random.default_rng(seed)
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
