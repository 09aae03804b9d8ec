"""Photos and parses as the loaders a Trainer asks for; each training batch has a size of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, DistributedSampler
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.datamodule import stopped_by_the_parent_alone
from fitroom.data.parsing import ParseBatch, ParseDataset, ParsedPhotos, collate_parses
from fitroom.data.parsing_augment import ParseAugment
from fitroom.data.stream import StepBatchSampler
from fitroom.errors import ConfigError

SIZE = 3  # purpose: of the random numbers that choose a step's size
SELECT_BATCH_SIZE = 4


@dataclass
class TrainSize:
    """A size that training photos are shown at.

    Attributes:
        height_px, width_px: multiples of 32.
        share: of the steps, relative to the other sizes.
    """

    height_px: int
    width_px: int
    share: float = 1.0

    def __post_init__(self) -> None:
        if min(self.height_px, self.width_px) < 32 or self.height_px % 32 or self.width_px % 32 or self.share <= 0:
            raise ConfigError(
                "photos cannot be shown at this size",
                where="sizes",
                rule="height_px and width_px multiples of 32, share above 0",
                got=(self.height_px, self.width_px, self.share),
            )


class SizedSampler(StepBatchSampler):
    """Batches of (sample, epoch, height_px, width_px); the size is a function of (seed, step)."""

    def __init__(self, sizes: list[TrainSize], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sizes = sizes

    @override
    def __iter__(self) -> Iterator[list[Any]]:
        for step, keys in zip(range(self.start_step, self.num_steps), super().__iter__(), strict=True):
            size = step_size(self.sizes, self.seed, step)
            yield [(*key, size.height_px, size.width_px) for key in keys]


def step_size(sizes: list[TrainSize], seed: int, step: int) -> TrainSize:
    """The size of a step, by the sizes' shares."""
    shares = np.array([size.share for size in sizes])
    return sizes[int(np.random.default_rng([seed, step, SIZE]).choice(len(sizes), p=shares / shares.sum()))]


class ParsingData(LightningDataModule):
    """Training batches by global step, selection batches in order.

    Args:
        fit, select: the parts; ``select`` may be empty.
        labels: names of parts, in the order of the network's outputs.
        spec: preprocessing of the network.
        augment: random changes of the fit part.
        places: of ``fit``, in the order in which they are dealt; see :func:`~fitroom.data.parsing.repeated`.
        sizes: of training photos; empty = that of the network alone.
        batch_size: global, over all processes and accumulation.
        num_steps: optimizer steps of the whole run.
        seed: of the run.
        num_workers: loader processes; 0 = none.
    """

    def __init__(
        self,
        fit: ParsedPhotos,
        select: ParsedPhotos,
        labels: list[str],
        spec: Preprocessing,
        augment: ParseAugment,
        *,
        places: list[int],
        sizes: list[TrainSize],
        batch_size: int,
        num_steps: int,
        seed: int,
        num_workers: int,
    ) -> None:
        super().__init__()
        self.batch_size, self.num_steps, self.seed, self.num_workers = batch_size, num_steps, seed, num_workers
        self.sizes = sizes or [TrainSize(spec.height_px, spec.width_px)]
        self.fit_set = ParseDataset(fit, labels, spec, augment, seed, places)
        self.select_set = ParseDataset(select, labels, spec) if len(select) else None

    @override
    def train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """Batches from the step the trainer stands at, so that a resumed run goes on where it stopped."""
        assert self.trainer is not None
        accumulate = self.trainer.accumulate_grad_batches
        sampler = SizedSampler(
            self.sizes,
            len(self.fit_set),
            self.batch_size // accumulate,
            self.num_steps * accumulate,
            self.seed,
            self.trainer.global_rank,
            self.trainer.world_size,
            start_step=self.trainer.global_step * accumulate,
        )
        return DataLoader(self.fit_set, batch_sampler=sampler, **self._loader_options())

    @override
    def val_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """The select part, dealt to ranks; none where it is empty."""
        if self.select_set is None:
            return []
        assert self.trainer is not None
        sampler: DistributedSampler[dict[str, Any]] | None = None
        if self.trainer.world_size > 1:
            sampler = DistributedSampler(self.select_set, shuffle=False)
        options = self._loader_options()
        return [DataLoader(self.select_set, batch_size=SELECT_BATCH_SIZE, sampler=sampler, **options)]

    @override
    def transfer_batch_to_device(self, batch: ParseBatch, device: torch.device, dataloader_idx: int) -> ParseBatch:
        """Moves a batch whole."""
        return batch.to(device)

    def _loader_options(self) -> dict[str, Any]:
        return {
            "collate_fn": collate_parses,
            "worker_init_fn": stopped_by_the_parent_alone,
            "num_workers": self.num_workers,
            "persistent_workers": self.num_workers > 0,
            "pin_memory": torch.cuda.is_available(),
        }
