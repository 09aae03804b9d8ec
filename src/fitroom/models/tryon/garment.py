"""The reference branch: a garment photo to features that know nothing of person, size or noise, so they can be kept.

garment (B, 3, H/2, W/2) -> encoder -> strides 4, 8, 16, at the layout's widths; tokens with their places
                                    -> mask of the garment in its photo (B, 1, H/4, W/4) logits
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.errors import ConfigError
from fitroom.models.parser import Encoder
from fitroom.models.recognizer import create_backbone
from fitroom.models.tryon.blocks import enlarge, positions, waves
from fitroom.models.tryon.config import TryOnConfig

NUM_WAVES = 4
_MASK_WIDTH = 16


@dataclass
class GarmentFeatures:
    """What the network keeps of a garment.

    Attributes:
        tokens_BMD: one a place of the stride-16 grid, and ``places_M2`` where it lies, in [-1, 1].
        at_8, at_4: (B, C, h, w) at strides 8 and 4 of the half-size photo.
        summary_BD: the tokens' mean.
        mask_logits_B1HW: the garment in its photo, at quarter size.
    """

    tokens_BMD: torch.Tensor
    places_M2: torch.Tensor
    at_8: torch.Tensor
    at_4: torch.Tensor
    summary_BD: torch.Tensor
    mask_logits_B1HW: torch.Tensor


def require_strides(encoder: Encoder, config: TryOnConfig) -> list[int]:
    """Channels of an encoder at strides 2, 4, 8 and 16; raises ConfigError where it ends before or beyond."""
    if len(encoder.channels) != 4:
        raise ConfigError(
            "the backbone does not reach stride 16, or goes beyond it",
            where="model.stages",
            rule="features at strides 2, 4, 8 and 16",
            got=f"{len(encoder.channels)} strides of {config.backbone}",
            fix="change stages: 5 for the EfficientNet-Lites",
        )
    return encoder.channels


class GarmentBranch(nn.Module):
    """See the file's first lines."""

    def __init__(self, config: TryOnConfig, backbone: nn.Module | None = None) -> None:
        super().__init__()
        _, at_4, at_8, at_16 = config.widths
        made = backbone if backbone is not None else create_backbone(config.backbone)
        self.encoder = Encoder(made, config.stages)
        channels = require_strides(self.encoder, config)
        self.to_tokens = nn.Linear(channels[3], at_16)
        self.to_places = nn.Linear(4 * NUM_WAVES, at_16)
        self.norm = nn.LayerNorm(at_16)
        self.to_8 = nn.Conv2d(channels[2], at_8 // 2, 1)
        self.to_4 = nn.Conv2d(channels[1], at_4 // 2, 1)
        self.mask_parts = nn.ModuleList(nn.Conv2d(c, _MASK_WIDTH, 1) for c in channels)
        self.mask = nn.Sequential(
            nn.Conv2d(_MASK_WIDTH, _MASK_WIDTH, 3, padding=1), nn.SiLU(), nn.Conv2d(_MASK_WIDTH, 1, 3, padding=1)
        )

    def forward(self, garment_BCHW: torch.Tensor) -> GarmentFeatures:
        """(B, 3, H/2, W/2) signed to features."""
        features = self.encoder(garment_BCHW)
        deepest = features[3]
        height, width = deepest.shape[-2:]
        places = positions(height, width, deepest.device)
        tokens = self.to_tokens(deepest.flatten(2).transpose(1, 2)) + self.to_places(waves(places, NUM_WAVES))
        tokens = self.norm(tokens)
        finest = features[0].shape[-2:]
        parts = [enlarge(part(f), finest) for part, f in zip(self.mask_parts, features, strict=True)]
        mask = self.mask(F.silu(torch.stack(parts).sum(0)))
        return GarmentFeatures(tokens, places, self.to_8(features[2]), self.to_4(features[1]), tokens.mean(1), mask)
