"""How FLUX reads pictures: as a sequence of tokens, each 2 x 2 latents, with a place of three numbers.

    B batch   C channels   h, w latents   N = h/2 * w/2 tokens of a picture

Order of channels, masks and places as diffusers' FluxFillPipeline and FluxKontextPipeline have them.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F


def pack(latents_BCHW: torch.Tensor) -> torch.Tensor:
    """(B, C, h, w), both sides even, to tokens (B, N, 4C)."""
    return F.pixel_unshuffle(latents_BCHW, 2).flatten(2).transpose(1, 2)


def unpack(tokens_BNC: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The way back, to (B, C, height, width) latents."""
    planes = tokens_BNC.transpose(1, 2).unflatten(2, (height // 2, width // 2))
    return F.pixel_shuffle(planes, 2)


def mask_planes(mask_B1HW: torch.Tensor, px_per_latent: int) -> torch.Tensor:
    """A mask at the picture's size, as planes at the latents': (B, px_per_latent ** 2, h, w); no pixel is lost."""
    return F.pixel_unshuffle(mask_B1HW.float(), px_per_latent)


def places(latents_BCHW: torch.Tensor, picture: int) -> torch.Tensor:
    """Where a picture's tokens lie: (N, 3) of picture, row and column.

    Args:
        latents_BCHW: of the picture.
        picture: 0 = the one that is made; 1, 2, ... = those that it is made from (Labs et al. 2025).
    """
    rows, columns = (torch.arange(side // 2, device=latents_BCHW.device) for side in latents_BCHW.shape[-2:])
    return torch.cartesian_prod(torch.full_like(rows[:1], picture), rows, columns).float()
