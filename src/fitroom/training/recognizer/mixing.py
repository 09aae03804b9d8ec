"""Mixup and CutMix by pairs, from the pair's own seed.

Photos 2k and 2k + 1 of a batch are mixed with each other. A rank holds whole pairs, so what becomes of a photo depends
on the run's seed, its epoch and its index, and not on how many processes share the batch.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from fitroom.data.stream import sample_seed
from fitroom.errors import ConfigError
from fitroom.training.recognizer.config import MixConfig

PURPOSE = 1  # of sample_seed: augmentation uses 0


def mix_pairs(
    x_BCHW: torch.Tensor, index_B: torch.Tensor, epoch_B: torch.Tensor, config: MixConfig, seed: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Mixes neighbours.

    Args:
        x_BCHW: normalised photos, B even.
        index_B, epoch_B: where each came from.
        config: kinds and strengths.
        seed: of the run.

    Returns:
        x (B, C, H, W); partner (B,) int64, whose targets count too; own (B,) float32 in [0, 1], the weight of a photo's
        own targets, its partner's having 1 - own.

    Raises:
        ConfigError: B is odd.
    """
    num, _, height, width = x_BCHW.shape
    if num % 2:
        raise ConfigError(
            "mixing needs whole pairs",
            rule="an even batch on each process",
            got=num,
            fix="change batch_size, or turn mix off",
        )
    partner = torch.arange(num, device=x_BCHW.device) ^ 1
    own = torch.ones(num)
    mask_BHW = torch.ones(num, height, width)
    for first in range(0, num, 2):
        pair = slice(first, first + 2)
        rng = np.random.default_rng(sample_seed(seed, int(epoch_B[first]), int(index_B[first]), PURPOSE))
        if rng.random() >= config.probability:
            continue
        kinds = [kind for kind, beta in (("mixup", config.mixup), ("cutmix", config.cutmix)) if beta > 0]
        kind = kinds[int(rng.integers(len(kinds)))]
        if kind == "mixup":
            mask_BHW[pair] = own[pair] = float(rng.beta(config.mixup, config.mixup))
        else:
            top, bottom, left, right = _box(float(rng.beta(config.cutmix, config.cutmix)), height, width, rng)
            mask_BHW[pair, top:bottom, left:right] = 0
            own[pair] = 1 - (bottom - top) * (right - left) / (height * width)
    mask_B1HW = mask_BHW[:, None].to(x_BCHW)
    return torch.lerp(x_BCHW[partner], x_BCHW, mask_B1HW), partner, own.to(x_BCHW.device)


def is_on(config: MixConfig) -> bool:
    """Whether anything is mixed at all."""
    return config.probability > 0 and (config.mixup > 0 or config.cutmix > 0)


def _box(kept: float, height: int, width: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    side = math.sqrt(1 - kept)
    tall, wide = round(height * side), round(width * side)
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    return top, top + tall, left, left + wide
