"""The denoiser: light on the cloth and colours of what no flow shows, at quarter size, as x-prediction.

    noisy (B, 6, H/4, W/4) + layout, person and warped garment at quarter size -> folded to H/8
    -> U-Net of three strides, hearing the noise level and the sizes
    -> clean (B, 6, H/4, W/4): log light x GAIN_SCALE (3), paint signed (3)
    with ``config.layers`` followed by the layers of the paint, 3 NUM_LAYERS (see ``layers.py``)

It never draws texture: that is warped from the garment photo afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.data.tryon.terms import DIFFUSED, LAYOUT, SOURCES
from fitroom.models.tryon.blocks import ResBlock, enlarge, look_up, waves
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.layers import NUM_ADDED, NUM_KEPT, NUM_LAYERS, based, carried_on
from fitroom.models.tryon.layout import Layout

_LEVEL_WAVES = 6
_CONTEXT = 3 + 3 + len(LAYOUT) + 1 + len(SOURCES) + 1


@dataclass
class Context:
    """What the denoiser looks at; the same at every noise level, so made once an answer.

    Attributes:
        seen: (B, C, H/8, W/8), folded.
        kept: (B, NUM_KEPT, 3, H/4, W/4) and (B, NUM_KEPT, H/4, W/4) of
            :func:`~fitroom.models.tryon.layers.carried_on`; None where paint has no layers.
    """

    seen: torch.Tensor
    kept: tuple[torch.Tensor, torch.Tensor] | None


class Denoiser(nn.Module):
    """See the file's first lines."""

    def __init__(self, config: TryOnConfig, conditions: int) -> None:
        super().__init__()
        fine, coarse = config.denoiser_width, config.denoiser_width * 3 // 2 // 8 * 8
        self.level = nn.Sequential(
            nn.Linear(2 * _LEVEL_WAVES, conditions), nn.SiLU(), nn.Linear(conditions, conditions)
        )
        self.fold_in = nn.Conv2d(4 * (DIFFUSED + _CONTEXT) + config.widths[1], fine, 1)
        self.down = nn.ModuleList(ResBlock(fine, conditions) for _ in range(1))
        self.to_16 = nn.Conv2d(fine, coarse, 3, stride=2, padding=1)
        self.middle = nn.ModuleList(ResBlock(coarse, conditions) for _ in range(2))
        self.to_32 = nn.Conv2d(coarse, coarse, 3, stride=2, padding=1)
        self.bottom = nn.ModuleList(ResBlock(coarse, conditions) for _ in range(2))
        self.from_32 = nn.Conv2d(2 * coarse, coarse, 1)
        self.from_16 = nn.Conv2d(coarse + fine, fine, 1)
        self.up = nn.ModuleList(ResBlock(fine, conditions) for _ in range(1))
        self.norm = nn.GroupNorm(8, fine)
        self.fold_out = nn.Conv2d(fine, 4 * DIFFUSED, 1)
        nn.init.zeros_(self.fold_out.weight)
        assert self.fold_out.bias is not None
        nn.init.zeros_(self.fold_out.bias)
        self.layers: nn.ModuleDict | None = None
        if config.layers:
            # Zeros: a network that painted one picture begins to paint layers where it was.
            self.layers = nn.ModuleDict(
                {"fold_in": nn.Conv2d(4 * 4 * NUM_KEPT, fine, 1), "fold_out": nn.Conv2d(fine, 4 * 3 * NUM_ADDED, 1)}
            )
            for parameter in self.layers.parameters():
                nn.init.zeros_(parameter)

    def forward(
        self, noisy_BCHW: torch.Tensor, level_B: torch.Tensor, context: Context, cond_BE: torch.Tensor
    ) -> torch.Tensor:
        """What the file's first lines say, of noisy (B, 6, H/4, W/4) at level (B,) in [0, 1]; conditions (B, E)."""
        cond_BE = cond_BE + self.level(waves(level_B[:, None].to(cond_BE.dtype), _LEVEL_WAVES))
        fine = self.fold_in(torch.cat([F.pixel_unshuffle(noisy_BCHW, 2), context.seen], 1))
        if self.layers is not None:
            assert context.kept is not None
            filled, known = context.kept
            carried = torch.cat([filled, known[:, :, None]], 2).flatten(1, 2)
            fine = fine + self.layers["fold_in"](F.pixel_unshuffle(carried, 2))
        fine = _through(self.down, fine, cond_BE)
        middle = _through(self.middle, self.to_16(fine), cond_BE)
        deep = _through(self.bottom, self.to_32(middle), cond_BE)
        middle = self.from_32(torch.cat([enlarge(deep, _size(middle)), middle], 1))
        fine = self.from_16(torch.cat([enlarge(middle, _size(fine)), fine], 1))
        fine = _through(self.up, fine, cond_BE)
        features = F.silu(self.norm(fine))
        clean = F.pixel_shuffle(self.fold_out(features), 2)
        if self.layers is None:
            return clean
        layers = based(clean[:, DIFFUSED // 2 :], filled, known)
        behind, others = layers.flatten(1, 2).split([3 * (NUM_LAYERS - NUM_ADDED), 3 * NUM_ADDED], dim=1)
        return torch.cat([clean, behind, others + F.pixel_shuffle(self.layers["fold_out"](features), 2)], 1)


def context(
    layout: Layout,
    person_small_BCHW: torch.Tensor,
    garment_small_BCHW: torch.Tensor,
    mask_small_B1HW: torch.Tensor,
    *,
    with_layers: bool,
) -> Context:
    """Looks at layout, person and garment, all at quarter size.

    The layout's answers reach it without a way back: it must take them as they are, as it will when it is used.
    """
    small = torch.cat(
        [
            look_up(garment_small_BCHW, layout.flow.detach()),
            person_small_BCHW,
            layout.parse_logits.detach().float().softmax(1),
            layout.shown_logits.detach().float().sigmoid(),
            layout.source_logits.detach().float().softmax(1),
            mask_small_B1HW,
        ],
        1,
    )
    seen = torch.cat([F.pixel_unshuffle(small, 2), layout.at_4], 1)
    return Context(seen, carried_on(layout, person_small_BCHW) if with_layers else None)


def _through(blocks: nn.ModuleList, x: torch.Tensor, cond_BE: torch.Tensor) -> torch.Tensor:
    for block in blocks:
        x = block(x, cond_BE)
    return x


def _size(x: torch.Tensor) -> tuple[int, int]:
    return x.shape[-2], x.shape[-1]
