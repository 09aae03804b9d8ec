"""The blend: every pixel of the answer is cloth under light, paint, or the person's own pixel; nothing else.

weights (3) = softmax(layout's source logits, enlarged, + corrections read off the full-size pictures)
answer = texture x light * w[texture] + paint * w[paint] + person * w[person]
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.data.tryon.terms import DIFFUSED, GAIN_OFFSET, GAIN_SCALE, SOURCES
from fitroom.models.tryon.config import TryOnConfig

_FOLD = 2


class Blend(nn.Module):
    """Corrects the source logits at full size: where an edge lies, a hand or a strand of hair covers the cloth."""

    def __init__(self, config: TryOnConfig) -> None:
        super().__init__()
        width = config.detail
        self.use_flow = config.use_flow
        self.low = nn.Conv2d(config.widths[0], width, 1)
        self.full = nn.Conv2d(_FOLD**2 * 9, width, 3, padding=1)
        self.mix = nn.Conv2d(width, width, 3, padding=1)
        self.correct = nn.Conv2d(width, _FOLD**2 * len(SOURCES), 1)
        nn.init.zeros_(self.correct.weight)
        assert self.correct.bias is not None
        nn.init.zeros_(self.correct.bias)

    def forward(
        self,
        person_BCHW: torch.Tensor,
        cloth_BCHW: torch.Tensor,
        paint_BCHW: torch.Tensor,
        source_logits_B3hw: torch.Tensor,
        at_2: torch.Tensor,
    ) -> torch.Tensor:
        """Full-size pictures (B, 3, H, W) signed, and the layout's logits and features at quarter size, to logits.

        Returns:
            (B, 3, H, W) logits of :data:`~fitroom.models.tryon.config.SOURCES`.
        """
        height, width = person_BCHW.shape[-2:]
        pictures = torch.cat([person_BCHW, cloth_BCHW, paint_BCHW], 1)
        seen = self.full(F.pixel_unshuffle(pictures, _FOLD)) if self.training else self._unfolded(pictures)
        x = F.silu(seen + _enlarge(self.low(at_2), height // _FOLD, width // _FOLD))
        x = F.silu(self.mix(x)) + x
        logits = _enlarge(source_logits_B3hw, height, width) + F.pixel_shuffle(self.correct(x), _FOLD)
        if not self.use_flow:
            logits = logits - 100.0 * logits.new_tensor([1.0, 0.0, 0.0])[None, :, None, None]
        return logits

    def _unfolded(self, pictures_BCHW: torch.Tensor) -> torch.Tensor:
        """What ``full`` makes of folded pictures, by the same weights in one strided convolution of the unfolded ones.

        The folding itself is the slowest copy of an answer: with it this takes twice as long.
        """
        out, wide, side, _ = self.full.weight.shape
        folded = self.full.weight.view(out, wide // _FOLD**2, _FOLD, _FOLD, side, side)
        weight = folded.permute(0, 1, 4, 2, 5, 3).reshape(out, wide // _FOLD**2, _FOLD * side, _FOLD * side)
        return F.conv2d(pictures_BCHW, weight, self.full.bias, stride=_FOLD, padding=_FOLD)


def lit_cloth(texture_BCHW: torch.Tensor, log_light_BCHW: torch.Tensor) -> torch.Tensor:
    """Texture, signed, under light given by its logarithm; both (B, 3, H, W). Signed again, not clipped."""
    # With unit = (signed + 1) / 2, it is (unit + GAIN_OFFSET) * light - GAIN_OFFSET: here in signed, in fewer passes.
    offset = 1 + 2 * GAIN_OFFSET
    return (texture_BCHW + offset) * log_light_BCHW.exp() - offset


def split_diffused(clean_BCHW: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The diffused picture (B, 6, h, w), or more, to the logarithm of the light, and paint in signed."""
    light, paint = clean_BCHW[:, :DIFFUSED].split([DIFFUSED // 2, DIFFUSED // 2], dim=1)
    return light / GAIN_SCALE, paint


def mixed(
    weights_B3HW: torch.Tensor, cloth_BCHW: torch.Tensor, paint_BCHW: torch.Tensor, person_BCHW: torch.Tensor
) -> torch.Tensor:
    """The answer: weights (B, 3, H, W) of cloth, paint and person."""
    texture, paint, person = weights_B3HW.unsqueeze(2).unbind(1)
    return torch.addcmul(torch.addcmul(texture * cloth_BCHW, paint, paint_BCHW), person, person_BCHW)


def _enlarge(x_BCHW: torch.Tensor, height: int, width: int) -> torch.Tensor:
    return F.interpolate(x_BCHW, size=(height, width), mode="bilinear", align_corners=False)
