"""The moving average of weights that are shared out over the processes: each averages its share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict
from typing_extensions import override

from fitroom.training.averaging import WarmAverage, warm_decay
from fitroom.training.sharding import own_share


class ShardedAverage(Callback):
    """:class:`~fitroom.training.averaging.WarmAverage` of weights that are shared out: each process averages its share.

    Args:
        decay: of the average, in [0, 1).
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self._average: list[torch.Tensor] = []
        self._updates = self._latest_step = 0

    @property
    @override
    def state_key(self) -> str:
        """That of WarmAverage: either goes on from the other's checkpoint."""
        return WarmAverage.__qualname__

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"latest_update_step": self._latest_step}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._latest_step = state_dict["latest_update_step"]

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self._average:
            self._average = [tensor.clone() for tensor in _own_tensors(pl_module)]

    @override
    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self._latest_step:
            return
        self._latest_step = trainer.global_step
        # torch's AveragedModel takes the first weights as they are.
        weight = 1 - warm_decay(self.decay, self._updates) if self._updates else 1.0
        for average, current in zip(self._average, _own_tensors(pl_module), strict=True):
            if average.is_floating_point():
                average.lerp_(current, weight)
            else:
                average.copy_(current)
        self._updates += 1

    @override
    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap(pl_module)

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._swap(pl_module)

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        for average, current in zip(self._average, _own_tensors(pl_module), strict=True):
            current.copy_(average)

    @override
    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        with self._in_place(pl_module):
            average = trainer.strategy.lightning_module_state_dict()
        checkpoint |= {
            "current_model_state": checkpoint["state_dict"],
            "state_dict": average,
            "averaging_state": {"n_averaged": torch.tensor(self._updates)},
        }

    @override
    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        self._average = [tensor.clone() for tensor in _own_tensors(pl_module)]
        self._updates = int(checkpoint["averaging_state"]["n_averaged"])
        with self._in_place(pl_module):
            set_model_state_dict(pl_module, checkpoint["state_dict"], options=StateDictOptions(full_state_dict=True))

    @contextmanager
    def _in_place(self, pl_module: LightningModule) -> Iterator[None]:
        self._swap(pl_module)
        yield
        self._swap(pl_module)

    def _swap(self, pl_module: LightningModule) -> None:
        for average, current in zip(self._average, _own_tensors(pl_module), strict=True):
            kept = average.clone()
            average.copy_(current)
            current.copy_(kept)


def _own_tensors(module: nn.Module) -> list[torch.Tensor]:
    """This process's share of all weights, and all buffers; what is written into them is in the module."""
    return [own_share(t.detach()) for t in (*module.parameters(), *module.buffers())]
