"""The layout: what the answer shows where, and which place of the garment photo each pixel of cloth comes from.

    stride 16 of the half-size photo: person tokens meet garment tokens; where each looks is the coarse flow (its
              softmax over the garment's places is supervised by the wardrobe's exact flow)
    strides 8, 4, 2: garment features and, at last, its colours are fetched by the flow so far, which is corrected; at 8
              and 4 in several rounds by the same weights, each fetching anew (after RAFT, Teed and Deng 2020)

Sizes act here: the condition vector reaches every layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.data.tryon.terms import LAYOUT, SOURCES
from fitroom.models.parser import Encoder
from fitroom.models.recognizer import create_backbone
from fitroom.models.tryon.blocks import ResBlock, TokenBlock, enlarge, look_up, positions, waves
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.garment import NUM_WAVES, GarmentFeatures, require_strides

_HEAD_WIDTH = 32
_FLOW_STEP = 0.1  # what a unit of a correction moves, of the half photo's side
_PICTURES = 3 + 3 + 1  # person, warped garment, repaint mask


@dataclass
class Layout:
    """What the layout says, at quarter size; logits are raw.

    Attributes:
        flows: coarse to fine, round by round, each (B, 2, h, w): x, y in the garment photo, in [-1, 1]; the last at
            quarter size.
        parse_logits: (B, len(LAYOUT), H/4, W/4).
        shown_logits: (B, 1, H/4, W/4): the garment photo shows this point of the cloth.
        source_logits: (B, 3, H/4, W/4): texture, paint or the person's own pixel.
        at_4: (B, C, H/8, W/8), and at_2 (B, C, H/4, W/4): features for the denoiser and the blend.
        warped: (B, 3, H/4, W/4): garment colours fetched by the last flow but one.
        person: features of the person photo, (B, C, H/16, W/16) and (B, C, H/32, W/32).
    """

    flows: list[torch.Tensor]
    parse_logits: torch.Tensor
    shown_logits: torch.Tensor
    source_logits: torch.Tensor
    at_4: torch.Tensor
    at_2: torch.Tensor
    warped: torch.Tensor
    person: tuple[torch.Tensor, torch.Tensor]

    @property
    def flow(self) -> torch.Tensor:
        """(B, 2, H/4, W/4): the final flow."""
        return self.flows[-1]


class LayoutBranch(nn.Module):
    """See the file's first lines."""

    def __init__(self, config: TryOnConfig, conditions: int, backbone: nn.Module | None = None) -> None:
        super().__init__()
        at_2, at_4, at_8, at_16 = config.widths
        made = backbone if backbone is not None else create_backbone(config.backbone)
        self.encoder = Encoder(made, config.stages)
        channels = require_strides(self.encoder, config)
        self.to_tokens = nn.Linear(channels[3] + 1, at_16)
        self.to_places = nn.Linear(4 * NUM_WAVES, at_16)
        self.blocks = nn.ModuleList(TokenBlock(at_16, conditions, at_16 // _HEAD_WIDTH) for _ in range(config.depth))
        self.norm = nn.LayerNorm(at_16)
        self.query = nn.Linear(at_16, at_16)
        self.key = nn.Linear(at_16, at_16)
        self.from_16 = _Step(at_16, channels[2] + 1, at_8 // 2, at_8, conditions, blocks=2, rounds=config.rounds)
        self.from_8 = _Step(at_8, channels[1] + 1, at_4 // 2, at_4, conditions, blocks=1, rounds=config.rounds)
        self.from_4 = _Step(at_4, channels[0] + _PICTURES - 3, 3, at_2, conditions, blocks=1)
        self.heads = nn.Conv2d(at_2, len(LAYOUT) + 1 + len(SOURCES), 3, padding=1)

    def forward(
        self,
        person_BCHW: torch.Tensor,
        mask_B1HW: torch.Tensor,
        garment: GarmentFeatures,
        garment_small_BCHW: torch.Tensor,
        cond_BE: torch.Tensor,
    ) -> Layout:
        """Person (B, 3, H/2, W/2) signed, repaint mask (B, 1, H/2, W/2), the garment, its colours at quarter size."""
        finest, fine, middle, coarse = self.encoder(person_BCHW)
        masks = {side: F.adaptive_avg_pool2d(mask_B1HW, side.shape[-2:]) for side in (finest, fine, middle, coarse)}
        x, flow = self._meet(torch.cat([coarse, masks[coarse]], 1), garment, cond_BE)
        at_8, at_8_flows, _ = self.from_16(x, torch.cat([middle, masks[middle]], 1), garment.at_8, flow, cond_BE)
        own = torch.cat([fine, masks[fine]], 1)
        at_4, at_4_flows, _ = self.from_8(at_8, own, garment.at_4, at_8_flows[-1], cond_BE)
        small = F.adaptive_avg_pool2d(person_BCHW, finest.shape[-2:])
        own = torch.cat([finest, small, masks[finest]], 1)
        at_2, at_2_flows, warped = self.from_4(at_4, own, garment_small_BCHW, at_4_flows[-1], cond_BE)
        flows = [flow, *at_8_flows, *at_4_flows, *at_2_flows]
        logits = self.heads(at_2)
        parse, shown, source = logits.split([len(LAYOUT), 1, len(SOURCES)], dim=1)
        return Layout(flows, parse, shown, source, at_4, at_2, warped, (middle, coarse))

    def look(self, person_BCHW: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features of the person photo (B, 3, H/2, W/2) alone, as :attr:`Layout.person`."""
        _, _, middle, coarse = self.encoder(person_BCHW)
        return middle, coarse

    def _meet(
        self, coarse: torch.Tensor, garment: GarmentFeatures, cond_BE: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        height, width = coarse.shape[-2:]
        places = positions(height, width, coarse.device)
        x = self.to_tokens(coarse.flatten(2).transpose(1, 2)) + self.to_places(waves(places, NUM_WAVES))
        for block in self.blocks:
            x = block(x, garment.tokens_BMD, cond_BE)
        x = self.norm(x)
        match = self.query(x) @ self.key(garment.tokens_BMD).transpose(1, 2) * x.shape[-1] ** -0.5
        flow = match.float().softmax(-1) @ garment.places_M2
        return tuple(t.transpose(1, 2).unflatten(2, (height, width)) for t in (x, flow))


class _Step(nn.Module):
    """One stride finer: enlarge; in each round fetch the garment's features by the flow so far, think, correct it."""

    def __init__(
        self,
        wide_coarse: int,
        wide_own: int,
        wide_garment: int,
        width: int,
        conditions: int,
        *,
        blocks: int,
        rounds: int = 1,
    ) -> None:
        super().__init__()
        self.rounds = rounds
        self.coarse = nn.Conv2d(wide_coarse, width, 1)
        self.fuse = nn.Conv2d(width + wide_own + wide_garment + 2, width, 1)
        self.blocks = nn.ModuleList(ResBlock(width, conditions) for _ in range(blocks))
        self.correct = nn.Conv2d(width, 2, 3, padding=1)
        nn.init.zeros_(self.correct.weight)
        assert self.correct.bias is not None
        nn.init.zeros_(self.correct.bias)

    def forward(
        self,
        coarse: torch.Tensor,
        own: torch.Tensor,
        garment: torch.Tensor,
        flow: torch.Tensor,
        cond_BE: torch.Tensor,
    ) -> tuple[torch.Tensor, list[torch.Tensor], torch.Tensor]:
        """Features, the flow after each round, and what was fetched last."""
        size = (own.shape[-2], own.shape[-1])
        flow, x = enlarge(flow, size), enlarge(self.coarse(coarse), size)
        flows = []
        for _ in range(self.rounds):
            fetched = look_up(garment, flow.detach())
            x = self.fuse(torch.cat([x, own, fetched, flow.detach()], 1))
            for block in self.blocks:
                x = block(x, cond_BE)
            flow = flow + _FLOW_STEP * self.correct(x).float()
            flows.append(flow)
        return x, flows, fetched
