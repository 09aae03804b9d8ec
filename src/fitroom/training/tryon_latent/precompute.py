"""Makes latents once, before the first step: what steps would encode again and again is read from disk instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch.utils.data import DataLoader, Dataset
from typing_extensions import override

from fitroom.data.loaders import stopped_by_the_parent_alone
from fitroom.data.tryon.latent_store import LatentStore, store_folder
from fitroom.data.tryon.photos import PhotoData, PhotoDataset
from fitroom.models.tryon_latent.autoencoder import autoencoder_sha256
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.progress import log, track
from fitroom.training import launch
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig

Pictures = dict[str, torch.Tensor]


class PrecomputeLatents(Callback):
    """Fills the store, and lets the run's data sets read from it.

    The processes deal the samples among them; where a machine then has not all of them, since its disk is its own, its
    processes make the rest.

    Args:
        config: of the run.
        cache: folder of the store's folder; None = the user's cache.
    """

    def __init__(self, config: LatentTryOnRunConfig, cache: Path | None = None) -> None:
        self.spec, self.precision, self.cache = config.preprocessing, config.precision, cache
        self.num_workers = config.data.num_workers
        self.batch_size = max(config.batch_size // config.accumulate // launch.world_size(), 1)

    @override
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        model: LatentNetwork = cast(Any, pl_module).model
        data: PhotoData = cast(Any, trainer).datamodule
        known_by = (autoencoder_sha256(model.vae), self.spec, self.precision, pl_module.device.type)
        side = model.px_per_latent
        channels = model.vae.config.latent_channels
        store = LatentStore(
            store_folder(*known_by, self.cache), (channels, self.spec.height_px // side, self.spec.width_px // side)
        )
        shares = [(launch.rank(), launch.world_size())]
        if launch.local_world_size() < launch.world_size():
            shares.append((launch.local_rank(), launch.local_world_size()))
        for share in shares:
            for part in (data.fit_set, data.select_set):
                count = self._fill(model, _Missing(part, store, share), store, trainer, pl_module.device)
                log.debug("%d latents made by process %d of %d", count, *share)
            trainer.strategy.barrier("latents made")
        data.fit_set.latents = data.select_set.latents = store

    def _fill(
        self, model: LatentNetwork, missing: _Missing, store: LatentStore, trainer: Trainer, device: torch.device
    ) -> int:
        """Makes what the store has not; tells how many."""
        count = 0
        for pictures in self._batches(missing):
            # In the steps' own precision, so that a step that encodes for itself comes to the same numbers.
            autocast = cast(AbstractContextManager[None], trainer.strategy.precision_plugin.forward_context())
            with autocast:
                latents = model.encode(torch.stack([*pictures.values()]).to(device))
            for key, one in zip(pictures, latents.float().cpu(), strict=True):
                store.keep(key, one)
            count += len(pictures)
        return count

    def _batches(self, missing: _Missing) -> Iterator[Pictures]:
        options: dict[str, Any] = {"num_workers": self.num_workers, "worker_init_fn": stopped_by_the_parent_alone}
        waiting: Pictures = {}
        for found in track(DataLoader(missing, batch_size=None, **options), "looking for latents"):
            waiting |= found
            while len(waiting) >= self.batch_size:
                yield {key: waiting.pop(key) for key in list(waiting)[: self.batch_size]}
        if waiting:
            yield waiting


class _Missing(Dataset[Pictures]):
    """By key, the pictures of a sample whose latents are not there.

    Args:
        samples: of the run.
        store: that is to hold their latents.
        share: which of them, and of how many equal shares.
    """

    def __init__(self, samples: PhotoDataset, store: LatentStore, share: tuple[int, int]) -> None:
        number, count = share
        self.samples, self.store, self.places = samples, store, range(number, len(samples), count)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: int) -> Pictures:
        missing: Pictures = {}
        for key, read in self.samples.lasting(self.places[place]):
            if key not in missing and self.store.find(key) is None:
                missing[key] = read()
        return missing
