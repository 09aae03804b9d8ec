"""The exponential moving average of the weights: what is evaluated and shipped."""

from __future__ import annotations

from typing import Any

import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch.optim.swa_utils import AveragedModel


class WarmAverage(WeightAveraging):
    """Lightning's weight averaging with a decay that warms up: ``min(decay, (1 + n) / (10 + n))`` after n updates.

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
                torch._foreach_lerp_(average, current, 1 - min(decay, (1 + n) / (10 + n)))
            else:
                torch._foreach_copy_(average, current)

        super().__init__(use_buffers=True, multi_avg_fn=update)

    @property
    def average(self) -> AveragedModel:
        """The averaged module, from the start of the fit on."""
        assert self._average_model is not None
        return self._average_model
