"""AdamW, and its forms that hold the moments in a byte each (Dettmers et al. 2022), where the GPU has them."""

from __future__ import annotations

from typing import Any

import torch

from fitroom.errors import ConfigError
from fitroom.models.tryon_latent.adapters import FIT, TRYON
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.training.optim import adamw, decay_groups
from fitroom.training.tryon_latent.config import LatentOptimConfig, OptimizerKind


def make_optimizer(model: LatentNetwork, config: LatentOptimConfig) -> torch.optim.Optimizer:
    """Over the adapters that are trained; the fit adapter's rate is its own.

    Raises:
        ConfigError: an 8-bit form is asked for and cannot be had.
    """
    groups = [
        *decay_groups(model.own(FIT), config, config.fit_rate),
        *decay_groups(model.own(TRYON), config),
    ]
    if config.kind == "adamw":
        return adamw(groups, config)
    library = load_8bit(config.kind)
    kinds = {"adamw8bit": library.optim.AdamW8bit, "paged_adamw8bit": library.optim.PagedAdamW8bit}
    optimizer: torch.optim.Optimizer = kinds[config.kind](groups, lr=config.lr)
    return optimizer


def load_8bit(kind: OptimizerKind) -> Any:
    """The library of 8-bit optimizers.

    Raises:
        ConfigError: it is not installed, or there is no GPU for it.
    """
    try:
        import bitsandbytes
    except ImportError:
        got = "it is not installed"
    else:
        if torch.cuda.is_available():
            return bitsandbytes
        got = "no CUDA device"
    raise ConfigError(
        "8-bit optimizers cannot be had here",
        where="optim.kind",
        rule=f"{kind} needs the package bitsandbytes and an NVIDIA GPU",
        got=got,
        fix="install it, or take optim.kind adamw",
    )
