"""The whole try-on network: reference branch, layout, hem, denoiser and blend, and how they hang together."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.data.tryon.conditions import NUM_CONDITIONS, drop_sizes
from fitroom.models.recognizer import create_backbone
from fitroom.models.tryon.blend import Blend
from fitroom.models.tryon.blocks import ToldLinear
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.denoiser import Context, Denoiser, context
from fitroom.models.tryon.garment import GarmentBranch, GarmentFeatures
from fitroom.models.tryon.hem import HemGuess, HemHead, brought_to
from fitroom.models.tryon.layout import Layout, LayoutBranch

_EMBEDDED = 192


class TryOnNetwork(nn.Module):
    """See the file's first lines; sizes are named in ``fitroom.models.tryon``.

    Args:
        config: its parts.
        backbones: ready backbones (timm, ``num_classes=0``) of garment and person; built without weights where None.

    Raises:
        ConfigError: a backbone that does not give strides 2, 4, 8 and 16.
    """

    def __init__(self, config: TryOnConfig, backbones: tuple[nn.Module, nn.Module] | None = None) -> None:
        super().__init__()
        self.config = config
        of_garment, of_person = backbones or (create_backbone(config.backbone), create_backbone(config.backbone))
        self.garment = GarmentBranch(config, of_garment)
        self.layout = LayoutBranch(config, _EMBEDDED, of_person)
        self.embed = nn.Sequential(
            ToldLinear(NUM_CONDITIONS, _EMBEDDED), nn.SiLU(), nn.Linear(_EMBEDDED, _EMBEDDED), nn.SiLU()
        )
        self.embed_garment = nn.Linear(config.widths[3], _EMBEDDED)
        self.denoiser = Denoiser(config, _EMBEDDED)
        self.blend = Blend(config)
        self.hem = HemHead(self.layout.encoder.channels[2:], config.widths[3]) if config.hem else None

    def encode_garment(self, garment_BCHW: torch.Tensor) -> GarmentFeatures:
        """(B, 3, H/2, W/2) signed to what can be kept of it."""
        features: GarmentFeatures = self.garment(garment_BCHW)
        return features

    def conditions(self, conditions_BD: torch.Tensor, garment: GarmentFeatures) -> torch.Tensor:
        """(B, NUM_CONDITIONS) and the garment to one embedding (B, E)."""
        if not self.config.use_size:
            conditions_BD = drop_sizes(conditions_BD)
        embedded: torch.Tensor = self.embed(conditions_BD) + self.embed_garment(garment.summary_BD)
        return embedded

    def lay_out(
        self,
        person_BCHW: torch.Tensor,
        mask_B1HW: torch.Tensor,
        garment: GarmentFeatures,
        garment_small_BCHW: torch.Tensor,
        cond_BE: torch.Tensor,
        conditions_BD: torch.Tensor | None = None,
    ) -> tuple[Layout, Context]:
        """Half-size person and repaint mask, garment and its colours at quarter size.

        Args:
            person_BCHW, mask_B1HW, garment, garment_small_BCHW, cond_BE: see :class:`LayoutBranch`.
            conditions_BD: (B, NUM_CONDITIONS): with a hem's head, the layout is brought to where it ends by these;
                None = it stays as it is, as where layout or head learn.

        Returns:
            the layout, and what the denoiser looks at.
        """
        layout: Layout = self.layout(person_BCHW, mask_B1HW, garment, garment_small_BCHW, cond_BE)
        if self.hem is not None and conditions_BD is not None and self.config.use_size:
            guess = self.hem(layout.person, garment.summary_BD, conditions_BD)
            layout = brought_to(layout, guess, conditions_BD)
        size = (layout.warped.shape[-2], layout.warped.shape[-1])
        small, mask = F.adaptive_avg_pool2d(person_BCHW, size), F.adaptive_avg_pool2d(mask_B1HW, size)
        return layout, context(layout, small, garment_small_BCHW, mask, with_layers=self.config.layers)

    def guess_hem(self, person_BCHW: torch.Tensor, garment_BCHW: torch.Tensor, conditions_BD: torch.Tensor) -> HemGuess:
        """Half-size photos and (B, NUM_CONDITIONS) to where the garment ends; the network must have a hem's head."""
        assert self.hem is not None
        summary_BD = self.encode_garment(garment_BCHW).summary_BD
        guess: HemGuess = self.hem(self.layout.look(person_BCHW), summary_BD, conditions_BD)
        return guess
