"""The fit and select parts of a manifest as the loaders a Trainer asks for."""

from __future__ import annotations

import signal
from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, DistributedSampler
from typing_extensions import override

from fitroom.contracts import Head, Preprocessing
from fitroom.data.augment import Augment, AugmentConfig
from fitroom.data.manifest import Manifest
from fitroom.data.recognition import CACHE_MARGIN, RecognitionDataset, collate
from fitroom.data.stream import StepBatchSampler
from fitroom.progress import log

CACHE_LIMIT_BYTES = 4 * 2**30


class RecognitionData(LightningDataModule):
    """Training batches by global step, selection batches in order.

    Args:
        fit, select: the parts; ``select`` may be empty.
        heads: with classes.
        spec: preprocessing of the network.
        augment: random changes of the fit part.
        batch_size: global, over all processes and accumulation.
        num_steps: optimizer steps of the whole run.
        seed: of the run.
        num_workers: loader processes; 0 = none.
        cache: keep resized photos in memory where they fit in 4 GiB.
    """

    def __init__(
        self,
        fit: Manifest,
        select: Manifest,
        heads: list[Head],
        spec: Preprocessing,
        augment: AugmentConfig,
        *,
        batch_size: int,
        num_steps: int,
        seed: int,
        num_workers: int,
        cache: bool,
    ) -> None:
        super().__init__()
        self.batch_size, self.num_steps, self.seed, self.num_workers = batch_size, num_steps, seed, num_workers
        self.augment = Augment(augment, spec)
        self._parts = {"fit": fit, "select": select}
        self._options: dict[str, Any] = {"heads": heads, "spec": spec, "seed": seed}
        self._cache = cache and self._fits_in_memory(spec)
        self.fit_set: RecognitionDataset | None = None
        self.select_set: RecognitionDataset | None = None

    @override
    def setup(self, stage: str) -> None:
        """Decodes the photos into the cache, once."""
        if self.fit_set is None:
            self.fit_set = RecognitionDataset(
                self._parts["fit"], augment=self.augment, cache=self._cache, **self._options
            )
            if len(self._parts["select"]):
                self.select_set = RecognitionDataset(self._parts["select"], cache=self._cache, **self._options)

    @override
    def train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """Batches from the step the trainer stands at, so that a resumed run goes on where it stopped."""
        assert self.fit_set is not None and self.trainer is not None
        accumulate = self.trainer.accumulate_grad_batches
        sampler = StepBatchSampler(
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
        return [DataLoader(self.select_set, batch_size=64, sampler=sampler, **self._loader_options())]

    def _fits_in_memory(self, spec: Preprocessing) -> bool:
        pixels = spec.height_px * spec.width_px
        num_bytes = 3 * pixels * (len(self._parts["fit"]) * CACHE_MARGIN**2 + len(self._parts["select"]))
        if num_bytes > CACHE_LIMIT_BYTES:
            log.info(
                "photos are decoded each time: %.1f GiB of them would not stay below the cache's limit of %.0f GiB",
                num_bytes / 2**30,
                CACHE_LIMIT_BYTES / 2**30,
            )
        return num_bytes <= CACHE_LIMIT_BYTES

    def _loader_options(self) -> dict[str, Any]:
        return {
            "collate_fn": collate,
            "worker_init_fn": stopped_by_the_parent_alone,
            "num_workers": self.num_workers,
            "persistent_workers": self.num_workers > 0,
            "pin_memory": torch.cuda.is_available(),
        }


def stopped_by_the_parent_alone(_worker_id: int) -> None:
    """A SIGTERM to the whole process group must not kill a worker, whose death would fail the parent's own ending."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
