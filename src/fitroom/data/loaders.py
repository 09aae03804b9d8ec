"""The loaders a Trainer asks for, of any task: training batches by global step, selection batches in order."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset, DistributedSampler
from typing_extensions import override

from fitroom.data.stream import StepBatchSampler


class StepData(LightningDataModule, ABC):
    """A task says what the parts are, and how samples become a batch.

    Attributes:
        deals_select: whether processes share the select part out, and put what each saw together; else each sees all of
            it, where that takes no time.

    Args:
        batch_size: global, over all processes and accumulation.
        num_steps: optimizer steps of the whole run.
        seed: of the run.
        num_workers: loader processes; 0 = none.
        select_batch_size: of the select part, a process.
    """

    deals_select = True

    def __init__(
        self, *, batch_size: int, num_steps: int, seed: int, num_workers: int, select_batch_size: int = 4
    ) -> None:
        super().__init__()
        self.batch_size, self.num_steps, self.seed, self.num_workers = batch_size, num_steps, seed, num_workers
        self.select_batch_size = select_batch_size

    @abstractmethod
    def parts(self) -> tuple[Dataset[Any], Dataset[Any] | None]:
        """What is learned from, by :class:`~fitroom.data.stream.SampleKey`, and what is looked at, if anything."""

    @property
    @abstractmethod
    def collate(self) -> Callable[[list[Any]], Any]:
        """Samples to a batch; a function of a module, which loader processes can be sent."""

    def sampler(self, num_samples: int, **dealt: int) -> StepBatchSampler:
        """Which samples come when; ``dealt`` as :class:`~fitroom.data.stream.StepBatchSampler` takes it."""
        return StepBatchSampler(num_samples, **dealt)

    @override
    def train_dataloader(self) -> DataLoader[Any]:
        """Batches from the step the trainer stands at, so that a resumed run goes on where it stopped."""
        fit, _ = self.parts()
        assert self.trainer is not None
        accumulate = self.trainer.accumulate_grad_batches
        sampler = self.sampler(
            len(fit),  # type: ignore[arg-type]
            global_batch_size=self.batch_size // accumulate,
            num_steps=self.num_steps * accumulate,
            seed=self.seed,
            rank=self.trainer.global_rank,
            world_size=self.trainer.world_size,
            start_step=self.trainer.global_step * accumulate,
        )
        return DataLoader(fit, batch_sampler=sampler, **self._loader_options())

    @override
    def val_dataloader(self) -> list[DataLoader[Any]]:
        """The select part, dealt to ranks or whole; none where it is empty."""
        _, select = self.parts()
        if select is None:
            return []
        assert self.trainer is not None
        sampler: DistributedSampler[Any] | None = None
        if self.trainer.world_size > 1 and self.deals_select:
            sampler = DistributedSampler(select, shuffle=False)
        return [DataLoader(select, batch_size=self.select_batch_size, sampler=sampler, **self._loader_options())]

    def _loader_options(self) -> dict[str, Any]:
        return {
            "collate_fn": self.collate,
            "worker_init_fn": stopped_by_the_parent_alone,
            "num_workers": self.num_workers,
            "persistent_workers": self.num_workers > 0,
            "pin_memory": torch.cuda.is_available(),
        }


def stopped_by_the_parent_alone(_worker_id: int) -> None:
    """A SIGTERM to the whole process group must not kill a worker, whose death would fail the parent's own ending."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
