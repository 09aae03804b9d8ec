"""Random changes of whole pictures of try-on: what may change, what chance has drawn, and the changed pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from fitroom.errors import ConfigError


@dataclass
class PhotoAugment:
    """Random changes of what is learned from."""

    mirror: float = 0.5
    """Share of samples in which left and right change places, in both photos."""
    move: float = 0.5
    """Share of samples in which the person's picture is enlarged and shifted."""
    scale: float = 1.2
    """At most this much larger."""
    widen_px: int = 16
    """A given repaint mask is at most this much wider, px of the frame."""
    drop: float = 0.1
    """Each of sizes, body and fabric is unknown in this share of the samples, on its own."""
    drop_all: float = 0.1
    """Nothing of the size is known in this share of the samples."""
    drop_garment: float = 0.1
    """The garment is not shown, nor a size told, in this share: what guidance pulls away from."""

    def __post_init__(self) -> None:
        shares = (self.mirror, self.move, self.drop, self.drop_all, self.drop_garment)
        if not all(0 <= share <= 1 for share in shares) or self.scale < 1 or self.widen_px < 0:
            raise ConfigError(
                "the random changes are out of range",
                where="augment",
                rule="shares in [0, 1], scale of at least 1, widen_px of at least 0",
                got=vars(self),
            )


@dataclass(frozen=True)
class Change:
    """What chance has drawn for a sample.

    Attributes:
        widen_px: by which a given repaint mask is wider, px of the frame.
        move: how much larger the person's picture is, and how far its middle lies to the right and below, in halves of
            the frame; None = it stays as it is.
        mirrored: whether left and right change places.
    """

    widen_px: int = 0
    move: tuple[float, float, float] | None = None
    mirrored: bool = False


def draw_change(augment: PhotoAugment, rng: np.random.Generator) -> Change:
    """By the sample's own chance."""
    widen_px, move = int(rng.integers(augment.widen_px + 1)), None
    if rng.random() < augment.move:
        scale = float(augment.scale ** rng.uniform(0, 1))
        room = 1 - 1 / scale
        across, down = (rng.uniform(-room, room, 2)).tolist()
        move = (scale, across, down)
    return Change(widen_px, move, bool(rng.random() < augment.mirror))


def widened(mask_1HW: torch.Tensor, widen_px: int) -> torch.Tensor:
    """A mask that reaches further by a square; in two passes, since a square is the product of its sides."""
    for side in ((2 * widen_px + 1, 1), (1, 2 * widen_px + 1)):
        mask_1HW = F.max_pool2d(mask_1HW[None], side, 1, (side[0] // 2, side[1] // 2))[0]
    return mask_1HW


def moved(
    person: torch.Tensor, worn: torch.Tensor, mask: torch.Tensor, move: tuple[float, float, float]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(3, H, W) pictures and a (1, H, W) mask, enlarged and shifted alike."""
    scale, across, down = move
    stacked = torch.cat([person, worn, mask])[None]
    theta = torch.tensor([[[1 / scale, 0, across], [0, 1 / scale, down]]], dtype=torch.float32)
    grid = F.affine_grid(theta, list(stacked.shape), align_corners=False)
    result = F.grid_sample(stacked, grid, mode="bilinear", padding_mode="border", align_corners=False)[0]
    return result[:3], result[3:6], (result[6:] > 0.5).float()
