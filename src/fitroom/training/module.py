"""What the LightningModules of all tasks share: the optimizer's schedule, and the losses of a step as log lines."""

from __future__ import annotations

from typing import Any

import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import nn
from typing_extensions import override

from fitroom.data.stream import sample_seed
from fitroom.errors import ConfigError
from fitroom.training.config import RunConfig
from fitroom.training.optim import warmup_cosine
from fitroom.training.sharding import is_sharded, shard

DROPOUT = 2  # purpose of sample_seed: augmentation uses 0, mixing 1


class RunModule(LightningModule):
    """Base of a task's module.

    Args:
        model: the network; its weights are what ships.
        config: of the run.
        num_steps: optimizer steps of the whole run.

    Attributes:
        selection_step: step of the last look at the select part; -1 before the first.
    """

    def __init__(self, model: nn.Module, config: RunConfig, num_steps: int) -> None:
        super().__init__()
        self.model, self.config, self.num_steps = model, config, num_steps
        self.selection_step = -1
        self._micro_losses: list[dict[str, torch.Tensor]] = []

    def optimizer(self) -> torch.optim.Optimizer:
        """Over the parameters that are trained."""
        raise NotImplementedError

    def sharded_parts(self) -> list[nn.Module]:
        """Modules whose weights are gathered and let go together where they are shared out, inner ones first.

        They hold all weights that are trained, and each is asked by calling it.

        Raises:
            ConfigError: a network of this task cannot be shared out.
        """
        raise ConfigError(
            f"a {self.config.task} cannot be sharded", where="strategy", rule="auto or ddp", got=self.config.strategy
        )

    def compiled_parts(self) -> list[nn.Module]:
        """Modules that ``compile`` is about, each asked by calling it.

        Raises:
            ConfigError: none of this task is: compiling would change nothing.
        """
        raise ConfigError(
            f"a {self.config.task} cannot be compiled", where="compile", rule="empty", got=self.config.compile
        )

    @override
    def configure_model(self) -> None:
        """Shares the weights out where the strategy is to."""
        if is_sharded(self.trainer):
            assert self.device_mesh is not None
            shard(self.sharded_parts(), self.device_mesh["data_parallel"])

    @override
    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The task's optimizer; the rate changes each step."""
        optimizer = self.optimizer()
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, warmup_cosine(self.num_steps, self.config.optim))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def seed_dropout(self, batch_idx: int) -> None:
        """Makes what a training step drops depend on (seed, step, rank) alone, so that a resumed run drops the same."""
        torch.manual_seed(sample_seed(self.config.seed, batch_idx, self.global_rank, DROPOUT))

    def note_losses(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        """Keeps the losses of a micro-batch for the log, and gives their sum, which is minimised."""
        self._micro_losses.append({name: value.detach() for name, value in losses.items()})
        if len(self._micro_losses) == self.config.accumulate:
            self._log_step()
        return torch.stack(list(losses.values())).sum()

    def not_repeated(self, batch_idx: int, batch_size: int) -> int:
        """How many of a select batch, its first ones, were not shown before.

        Where the select part does not divide by the number of processes, the last of them are shown a sample again, so
        that all take the same number of steps.

        Args:
            batch_idx: of this process.
            batch_size: of this batch; only the last one may be smaller than the others.
        """
        loaders: Any = self.trainer.val_dataloaders
        loader = loaders[0] if isinstance(loaders, list) else loaders
        before = batch_idx * loader.batch_size
        own = len(range(self.global_rank, len(loader.dataset), self.trainer.world_size))
        return min(max(own - before, 0), batch_size)

    def log_selection(self, name: str, value: Any) -> None:
        """Logs a figure of the select part."""
        self.log(name, float(value), prog_bar=True, rank_zero_only=True)

    def _log_step(self) -> None:
        """Logs the losses of an optimizer step: means over its micro-batches and processes."""
        losses = {
            name: torch.stack([micro[name] for micro in self._micro_losses]).mean() for name in self._micro_losses[0]
        }
        self._micro_losses = []
        self.log("step", float(self.trainer.global_step + 1), batch_size=1)
        highest = max(group["lr"] for group in self.trainer.optimizers[0].param_groups)
        self.log("train/lr", highest, batch_size=1)
        self.log("train/loss", torch.stack(list(losses.values())).sum(), prog_bar=True, sync_dist=True, batch_size=1)
        if len(losses) > 1:
            self.log_dict({f"train/loss_{name}": v for name, v in losses.items()}, sync_dist=True, batch_size=1)
