"""Layers that several parts of the try-on network share; each hears the conditions (FiLM, Perez et al. 2018)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from typing_extensions import override

from fitroom.wardrobe.patterns.pattern import CATEGORIES


class ToldLinear(nn.Linear):
    """A linear layer whose input ends with conditions; the category, the last of them, is not heard at first.

    Weights from before conditions told the category load, and answer as they did.

    Args:
        in_features, out_features: with the category.
        loud: factor of the category, so that it is learned so much faster.
    """

    def __init__(self, in_features: int, out_features: int, loud: float = 1.0) -> None:
        super().__init__(in_features - len(CATEGORIES), out_features)
        self.loud = loud
        self.called = nn.Parameter(torch.zeros(out_features, len(CATEGORIES)))

    @override
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        rest, category = input.split([self.in_features, len(CATEGORIES)], -1)
        return super().forward(rest) + F.linear(self.loud * category, self.called)

    @override
    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        weight = state_dict.get(f"{prefix}weight")
        if weight is not None:  # its zeros, not the layer's: that may be on no device yet
            state_dict.setdefault(f"{prefix}called", weight.new_zeros(self.called.shape))
        super()._load_from_state_dict(state_dict, prefix, *args)


class Film(nn.Module):
    """Scales and shifts channels by the conditions; it begins as the identity."""

    def __init__(self, conditions: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(conditions, 2 * width)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, cond_BE: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, E) to scale and shift, each (B, C)."""
        scale, shift = self.linear(cond_BE).chunk(2, dim=-1)
        return scale, shift


class ResBlock(nn.Module):
    """Norm, FiLM, 3 x 3, activation, 3 x 3, added to the input; it begins as the identity."""

    def __init__(self, width: int, conditions: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.film = Film(conditions, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x_BCHW: torch.Tensor, cond_BE: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W), (B, E) to (B, C, H, W)."""
        scale, shift = self.film(cond_BE)
        h = self.norm(x_BCHW) * (1 + scale[:, :, None, None]) + shift[:, :, None, None]
        return x_BCHW + self.second(F.silu(self.first(F.silu(h))))


class TokenBlock(nn.Module):
    """Tokens of the person look at each other, then at the garment's, then think by themselves."""

    def __init__(self, width: int, conditions: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.film = Film(conditions, width)
        self.own = nn.Linear(width, 3 * width)
        self.own_out = nn.Linear(width, width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.cross_out = nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x_BND: torch.Tensor, garment_BMD: torch.Tensor, cond_BE: torch.Tensor) -> torch.Tensor:
        """(B, N, D) tokens of the person, (B, M, D) of the garment, (B, E) to (B, N, D)."""
        scale, shift = self.film(cond_BE)
        h = self.norms[0](x_BND) * (1 + scale[:, None]) + shift[:, None]
        x_BND = x_BND + self.own_out(self._attend(*self.own(h).chunk(3, dim=-1)))
        key, value = self.key_value(garment_BMD).chunk(2, dim=-1)
        x_BND = x_BND + self.cross_out(self._attend(self.query(self.norms[1](x_BND)), key, value))
        thought: torch.Tensor = x_BND + self.think(self.norms[2](x_BND))
        return thought

    def _attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (query, key, value))
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def positions(height: int, width: int, device: torch.device) -> torch.Tensor:
    """(H * W, 2) x and y of pixel centres in [-1, 1], as ``grid_sample`` counts without align_corners."""
    y, x = ((torch.arange(n, device=device, dtype=torch.float32) + 0.5) * (2 / n) - 1 for n in (height, width))
    return torch.stack([x[None].expand(height, width), y[:, None].expand(height, width)], dim=-1).flatten(0, 1)


def waves(values: torch.Tensor, num_waves: int) -> torch.Tensor:
    """(..., K) to (..., 2 * K * num_waves): sines and cosines at octaves (Vaswani et al. 2017, in octaves)."""
    angles = values[..., None] * (math.pi / 2) * 2.0 ** torch.arange(num_waves, device=values.device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def enlarge(x_BCHW: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Bilinear, to (height, width)."""
    return F.interpolate(x_BCHW, size=size, mode="bilinear", align_corners=False)


def look_up(picture_BCHW: torch.Tensor, flow_B2HW: torch.Tensor) -> torch.Tensor:
    """The picture at the places of a flow in [-1, 1]; in float32, where CPUs sample twice as fast as in bfloat16."""
    with torch.autocast(picture_BCHW.device.type, enabled=False):
        grid = flow_B2HW.float().permute(0, 2, 3, 1)
        return F.grid_sample(picture_BCHW.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
