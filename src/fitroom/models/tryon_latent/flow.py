"""Rectified flow as FLUX is trained and sampled: noise levels in (0, 1), shifted by the number of tokens.

    noisy = (1 - level) * clean + level * noise, and the network answers noise - clean

In training a level is drawn from a logit-normal distribution (Esser et al. 2024) whose middle moves with the number of
tokens; in sampling even steps are moved in the same way. Both by the settings of the base's scheduler.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

_EDGE = 1e-5  # even draws stay this far from 0 and 1, whose levels are not finite


class Flow:
    """See the file's first lines.

    Args:
        settings: of diffusers' FlowMatchEulerDiscreteScheduler.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        from diffusers import FlowMatchEulerDiscreteScheduler

        self.scheduler: Any = FlowMatchEulerDiscreteScheduler.from_config(settings)

    def shift(self, num_tokens: int) -> float:
        """Logarithm of how much further towards noise a picture of so many tokens is looked at."""
        told = self.scheduler.config
        slope = (told.max_shift - told.base_shift) / (told.max_image_seq_len - told.base_image_seq_len)
        return float(told.base_shift + slope * (num_tokens - told.base_image_seq_len))

    def levels(self, even_B: torch.Tensor, num_tokens: int) -> torch.Tensor:
        """(B,) even draws in [0, 1) to (B,) levels in (0, 1)."""
        level_B = torch.special.ndtri(even_B.float().clamp(_EDGE, 1 - _EDGE)).sigmoid()
        if self.scheduler.config.use_dynamic_shifting:
            shifted: torch.Tensor = self.scheduler.time_shift(self.shift(num_tokens), 1.0, level_B)
            return shifted
        times = self.scheduler.shift
        return times * level_B / (1 + (times - 1) * level_B)

    def sampler(self, steps: int, num_tokens: int, device: torch.device) -> Any:
        """A scheduler whose ``timesteps``, in thousandths, go from pure noise to the clean picture."""
        from diffusers import FlowMatchEulerDiscreteScheduler

        scheduler: Any = FlowMatchEulerDiscreteScheduler.from_config(self.scheduler.config)
        even = np.linspace(1.0, 1 / steps, steps)
        scheduler.set_timesteps(sigmas=even, mu=self.shift(num_tokens), device=device)
        scheduler.set_begin_index(0)
        return scheduler
