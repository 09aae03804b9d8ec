"""The moving average of the parameters that are trained, and of nothing else: a frozen base is held once, not twice."""

from __future__ import annotations

from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from typing_extensions import override

from fitroom.training.averaging import warm_decay


class TrainedAverage(Callback):
    """What :class:`~fitroom.training.averaging.WarmAverage` is to a whole network, with the same warm-up of the decay.

    Args:
        decay: of the average, in [0, 1).
        device: where it lies; None = beside the parameters. The host's memory costs a copy a step.
    """

    def __init__(self, decay: float, device: torch.device | None = None) -> None:
        self.decay, self.device = decay, device
        self.average: dict[str, torch.Tensor] = {}
        self._num_updates = 0
        self._last_step = 0

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._last_step = trainer.global_step
        for name, parameter in _trained(pl_module).items():
            kept = self.average.get(name, parameter.detach())
            self.average[name] = kept.to(self.device or parameter.device, copy=True)

    @override
    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self._last_step:
            return
        self._last_step = trainer.global_step
        parameters = _trained(pl_module)
        current = [parameters[name].to(kept.device) for name, kept in self.average.items()]
        torch._foreach_lerp_(list(self.average.values()), current, 1 - warm_decay(self.decay, self._num_updates))
        self._num_updates += 1

    @override
    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap(pl_module)

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap(pl_module)

    @override
    @torch.no_grad()
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        parameters = _trained(pl_module)
        for name, kept in self.average.items():
            parameters[name].copy_(kept)

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"average": self.average, "num_updates": self._num_updates}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.average, self._num_updates = dict(state_dict["average"]), state_dict["num_updates"]

    @torch.no_grad()
    def _swap(self, pl_module: LightningModule) -> None:
        parameters = _trained(pl_module)
        for name, kept in self.average.items():
            current = parameters[name].detach().to(kept.device, copy=True)
            parameters[name].copy_(kept)
            kept.copy_(current)


def _trained(module: LightningModule) -> dict[str, torch.nn.Parameter]:
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
