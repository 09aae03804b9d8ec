"""The moving average of the parameters that are trained, and of nothing else: a frozen base is held once, not twice.

Where weights are shared out over the processes, each averages its share; a checkpoint holds the whole.
"""

from __future__ import annotations

from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from typing_extensions import override

from fitroom.training.averaging import warm_decay
from fitroom.training.sharding import own_share, share_like, whole_like


class TrainedAverage(Callback):
    """What :class:`~fitroom.training.averaging.WarmAverage` is to a whole network, with the same warm-up of the decay.

    Args:
        decay: of the average, in [0, 1).
        device: where it lies; None = beside the parameters. The host's memory costs a copy a step.

    Attributes:
        average: this process's share of it, by the parameters' names.
    """

    def __init__(self, decay: float, device: torch.device | None = None) -> None:
        self.decay, self.device = decay, device
        self.average: dict[str, torch.Tensor] = {}
        self._learned: dict[str, torch.nn.Parameter] = {}
        self._num_updates = 0
        self._last_step = 0

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._last_step = trainer.global_step
        self._learned = _trained(pl_module)  # looked for once: a large base has a thousand others
        for name, current in _own_shares(self._learned).items():
            kept = self.average.get(name, current)
            self.average[name] = kept.to(self.device or current.device, copy=True)

    @override
    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self._last_step:
            return
        self._last_step = trainer.global_step
        shares = _own_shares(self._learned)
        current = [shares[name].to(kept.device) for name, kept in self.average.items()]
        torch._foreach_lerp_(list(self.average.values()), current, 1 - warm_decay(self.decay, self._num_updates))
        self._num_updates += 1

    @override
    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap(pl_module)

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap(pl_module)

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        shares = _own_shares(_trained(pl_module))
        for name, kept in self.average.items():
            shares[name].copy_(kept)

    @override
    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        parameters = _trained(pl_module)
        whole = {name: whole_like(kept, parameters[name]) for name, kept in self.average.items()}
        checkpoint["callbacks"][self.state_key] = {"average": whole, "num_updates": self._num_updates}

    @override
    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        state, parameters = checkpoint["callbacks"][self.state_key], _trained(pl_module)
        self.average = {name: share_like(whole, parameters[name]) for name, whole in state["average"].items()}
        self._num_updates = state["num_updates"]

    def _swap(self, pl_module: LightningModule) -> None:
        shares = _own_shares(_trained(pl_module))
        for name, kept in self.average.items():
            current = shares[name].to(kept.device, copy=True)
            shares[name].copy_(kept)
            kept.copy_(current)


def _trained(module: LightningModule) -> dict[str, torch.nn.Parameter]:
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


def _own_shares(parameters: dict[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
    """What is written into them is in the module."""
    return {name: own_share(parameter.detach()) for name, parameter in parameters.items()}
