"""The exponential moving average of the weights: what is evaluated and shipped."""

from __future__ import annotations

from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import WeightAveraging
from torch.optim.swa_utils import AveragedModel
from typing_extensions import override


def warm_decay(decay: float, num_averaged: float) -> float:
    """The decay after so many updates: ``min(decay, (1 + n) / (10 + n))``."""
    return min(decay, (1 + num_averaged) / (10 + num_averaged))


class WarmAverage(WeightAveraging):
    """Lightning's weight averaging with a decay that warms up, see :func:`warm_decay`.

    Without the warm-up a short run would ship mostly its random start.

    Args:
        decay: of the average, in [0, 1).
    """

    def __init__(self, decay: float) -> None:
        @torch.no_grad()
        def update(average: list[torch.Tensor], current: list[torch.Tensor], num_averaged: Any) -> None:
            n = float(num_averaged)
            # torch hands over one dtype at a time; counters are taken over, not averaged.
            if average[0].is_floating_point():
                torch._foreach_lerp_(average, current, 1 - warm_decay(decay, n))
            else:
                torch._foreach_copy_(average, current)

        super().__init__(use_buffers=True, multi_avg_fn=update)

    @override
    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Copies the module. (Lightning would first share the weights out, which this average is not for.)"""
        if stage == "fit":
            self._average_model = AveragedModel(pl_module, pl_module.device, use_buffers=True, **self._kwargs)

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Not yet: what the module makes of the whole epoch, after this, is of the averaged weights too."""

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_validation_epoch_end(trainer, pl_module)

    @property
    def average(self) -> AveragedModel:
        """The averaged module, from the start of the fit on."""
        assert self._average_model is not None
        return self._average_model
