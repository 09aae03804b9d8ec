"""The denoiser: light on the cloth and colours of what no flow shows, at quarter size, as x-prediction.

    noisy (B, 6, H/4, W/4) + layout, person and warped garment at quarter size -> folded to H/8
    -> U-Net of three strides, hearing the noise level and the sizes
    -> clean (B, 6, H/4, W/4): log light x GAIN_SCALE (3), paint signed (3)

It never draws texture: that is warped from the garment photo afterwards.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.data.tryon_terms import DIFFUSED, LAYOUT, SOURCES
from fitroom.models.tryon.blocks import ResBlock, enlarge, look_up, waves
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.layout import Layout

_LEVEL_WAVES = 6
_CONTEXT = 3 + 3 + len(LAYOUT) + 1 + len(SOURCES) + 1


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

    def forward(
        self, noisy_BCHW: torch.Tensor, level_B: torch.Tensor, context: torch.Tensor, cond_BE: torch.Tensor
    ) -> torch.Tensor:
        """Noisy (B, 6, H/4, W/4) at noise level (B,) in [0, 1], :func:`context` and (B, E), to the clean picture."""
        cond_BE = cond_BE + self.level(waves(level_B[:, None].to(cond_BE.dtype), _LEVEL_WAVES))
        folded = torch.cat([F.pixel_unshuffle(noisy_BCHW, 2), context], 1)
        fine = _through(self.down, self.fold_in(folded), cond_BE)
        middle = _through(self.middle, self.to_16(fine), cond_BE)
        deep = _through(self.bottom, self.to_32(middle), cond_BE)
        middle = self.from_32(torch.cat([enlarge(deep, _size(middle)), middle], 1))
        fine = self.from_16(torch.cat([enlarge(middle, _size(fine)), fine], 1))
        fine = _through(self.up, fine, cond_BE)
        return F.pixel_shuffle(self.fold_out(F.silu(self.norm(fine))), 2)


def context(
    layout: Layout, person_small_BCHW: torch.Tensor, garment_small_BCHW: torch.Tensor, mask_small_B1HW: torch.Tensor
) -> torch.Tensor:
    """What the denoiser looks at, folded to (B, C, H/8, W/8); the same at every noise level, so made once an answer.

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
    return torch.cat([F.pixel_unshuffle(small, 2), layout.at_4], 1)


def _through(blocks: nn.ModuleList, x: torch.Tensor, cond_BE: torch.Tensor) -> torch.Tensor:
    for block in blocks:
        x = block(x, cond_BE)
    return x


def _size(x: torch.Tensor) -> tuple[int, int]:
    return x.shape[-2], x.shape[-1]
