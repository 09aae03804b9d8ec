"""Weights, gradients, optimizer and average shared out over the processes: FSDP2, torch's ``fully_shard``.

Each process keeps 1/N of every tensor; what a part of the network needs is gathered when it computes, and let go
after it. Checkpoints are whole and in the form that one process writes, so a run goes on with another number of
processes, and with another strategy.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.strategies import ModelParallelStrategy
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from typing_extensions import override

from fitroom.training import launch


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


def own_share(tensor: torch.Tensor) -> torch.Tensor:
    """What this process holds of a tensor: all of it where it is not shared out. What is written into it stays."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def share_like(whole: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """This process's share of a tensor that every process has whole, cut as ``like`` is; nothing is sent."""
    if not isinstance(like, DTensor):
        return whole
    return distribute_tensor(whole, like.device_mesh, like.placements, src_data_rank=None).to_local()


def whole_like(share: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The whole of a tensor of which this process has a share, cut as ``like`` is; all processes must come here."""
    if not isinstance(like, DTensor):
        return share
    own = share.to(like.device)
    parted = DTensor.from_local(
        own, like.device_mesh, like.placements, run_check=False, shape=like.shape, stride=like.stride()
    )
    return parted.full_tensor()


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


def _bare(optimizer: Any) -> torch.optim.Optimizer:
    """Without Lightning's wrapper."""
    bare: torch.optim.Optimizer = getattr(optimizer, "_optimizer", optimizer)
    return bare
