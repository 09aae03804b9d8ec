"""Weights, gradients, optimizer and average shared out over the processes: FSDP2, torch's ``fully_shard``.

Each process keeps 1/N of every tensor; what a part of the network needs is gathered when it computes, and let go
after it. Checkpoints are whole and in the form that one process writes, so a run goes on with another number of
processes, and with another strategy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.strategies import ModelParallelStrategy
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor
from typing_extensions import override

from fitroom.training import launch
from fitroom.training.averaging import WarmAverage, warm_decay


def shard(parts: Iterable[nn.Module], mesh: Any) -> None:
    """Shares the weights of modules out, once; each is gathered and let go by itself, so they come inner ones first.

    Args:
        parts: modules that are asked by calling them.
        mesh: one-dimensional, of all processes.
    """
    for part in parts:
        if not isinstance(part, FSDPModule):
            part.to(memory_format=torch.contiguous_format)  # other layouts cannot be cut
            fully_shard(part, mesh=mesh, reshard_after_forward=True)


def is_sharded(trainer: Trainer) -> bool:
    """Whether no process has the whole network."""
    return isinstance(trainer.strategy, ShardedStrategy)


def takes_part(trainer: Trainer) -> bool:
    """Whether this process must come where rank 0 asks the network by itself: all must, where it is shared out."""
    return trainer.is_global_zero or is_sharded(trainer)


class ShardedStrategy(ModelParallelStrategy):
    """Lightning's strategy for ``fully_shard``, with checkpoints in the form of every other strategy.

    (Lightning's own reader takes an optimizer's numbers for places in the network's list of weights, which they are
    only where all weights are in one group, in that order.)
    """

    def __init__(self) -> None:
        super().__init__(
            data_parallel_size=launch.world_size(), tensor_parallel_size=1, save_distributed_checkpoint=False
        )

    @override
    def optimizer_state(self, optimizer: Any) -> dict[str, Any]:
        """The whole state on rank 0, numbered as torch numbers it; empty elsewhere."""
        whole = StateDictOptions(full_state_dict=True, cpu_offload=True)
        assert self.model is not None
        named: Any = get_optimizer_state_dict(self.model, _bare(optimizer), options=whole)
        if self.global_rank > 0:
            return {}
        numbers = {name: i for i, name in enumerate(n for group in named["param_groups"] for n in group["params"])}
        return {
            "state": {numbers[name]: state for name, state in named["state"].items()},
            "param_groups": [
                {**group, "params": [numbers[name] for name in group["params"]]} for group in named["param_groups"]
            ],
        }

    @override
    def load_checkpoint(self, checkpoint_path: Any, weights_only: bool | None = None) -> dict[str, Any]:
        """Reads a whole checkpoint and takes this process's share of weights and optimizer state."""
        path = Path(self.broadcast(checkpoint_path))
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        whole = StateDictOptions(full_state_dict=True)
        assert self.model is not None
        set_model_state_dict(self.model, checkpoint.get("current_model_state", checkpoint["state_dict"]), options=whole)
        names = {parameter: name for name, parameter in self.model.named_parameters()}
        for optimizer, state in zip(self.optimizers, checkpoint["optimizer_states"], strict=True):
            groups = zip(state["param_groups"], optimizer.param_groups, strict=True)
            named_groups = [{**kept, "params": [names[p] for p in own["params"]]} for kept, own in groups]
            numbers = [number for group in state["param_groups"] for number in group["params"]]
            name_of = dict(zip(numbers, (name for group in named_groups for name in group["params"]), strict=True))
            named: Any = {"state": {name_of[n]: v for n, v in state["state"].items()}, "param_groups": named_groups}
            set_optimizer_state_dict(self.model, optimizer, named, options=whole)
        return checkpoint


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
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
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
    tensors = (t.detach() for t in (*module.parameters(), *module.buffers()))
    return [t.to_local() if isinstance(t, DTensor) else t for t in tensors]


def _bare(optimizer: Any) -> torch.optim.Optimizer:
    """Without Lightning's wrapper."""
    bare: torch.optim.Optimizer = getattr(optimizer, "_optimizer", optimizer)
    return bare
