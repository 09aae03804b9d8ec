"""Optimizer and learning rate that all tasks share: AdamW, decay kept off vectors, warm-up and cosine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from fitroom.training.config import OptimConfig


def decay_groups(parameters: Iterable[nn.Parameter], config: OptimConfig, scale: float = 1.0) -> list[dict[str, Any]]:
    """AdamW groups at ``scale`` times the rate, without weight decay on vectors (biases, norms).

    Frozen parameters are in no group, and there is no empty group.
    """
    trained = [p for p in parameters if p.requires_grad]
    groups = []
    for decay, members in (
        (config.weight_decay, [p for p in trained if p.ndim > 1]),
        (0.0, [p for p in trained if p.ndim <= 1]),
    ):
        if members:
            groups.append({"lr": config.lr * scale, "weight_decay": decay, "params": members})
    return groups


def encoder_groups(
    model: nn.Module, encoders: Sequence[nn.Module], config: OptimConfig, scale: float
) -> list[dict[str, Any]]:
    """AdamW groups of a model: its encoders' first, at ``scale`` times the rate, then the rest's at the full rate."""
    begun = [p for encoder in encoders for p in encoder.parameters()]
    known = set(begun)
    rest = [p for p in model.parameters() if p not in known]
    return [*decay_groups(begun, config, scale), *decay_groups(rest, config)]


def adamw(groups: list[dict[str, Any]], config: OptimConfig) -> torch.optim.Optimizer:
    """AdamW over all tensors at once (the fused form cannot be clipped)."""
    return torch.optim.AdamW(groups, lr=config.lr, foreach=True)


def warmup_cosine(num_steps: int, config: OptimConfig) -> Callable[[int], float]:
    """Factor of the rate at a step: linear from 0 over the warm-up, then half a cosine down to ``config.final``."""
    warmup_steps = round(config.warmup * num_steps)

    def factor(step: int) -> float:
        if step < warmup_steps:
            return (step + 1) / (warmup_steps + 1)
        done = (step - warmup_steps) / max(num_steps - warmup_steps, 1)
        return config.final + (1 - config.final) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))

    return factor
