"""Our side of ``fitroom bench train``: blocks of what ``fitroom train`` runs for a model on a large base.

The base has the form of Stable Diffusion 1.5 inpainting, in its own size or narrower, and random weights: how long a
step takes and what it holds do not depend on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback

from fitroom.bench.training import BlockSize, device_of, time_block
from fitroom.bench.tryon.catvton_form import PeerSize, filled, outlined
from fitroom.data.tryon.photos import PhotoData, PhotoDataset, TryOnPhotos
from fitroom.models.tryon_latent.base import cast_weights
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.training.trained_average import TrainedAverage
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.module import LatentTryOnModule
from fitroom.training.tryon_latent.precompute import PrecomputeLatents

SCHEDULER = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1}


def untrained(config: LatentTryOnRunConfig, size: PeerSize) -> LatentNetwork:
    """The network of a recipe on a base of that size, with random weights in the recipe's types, on the CPU."""
    from fitroom.models.tryon_latent.inpainting import InpaintingTryOn

    model = InpaintingTryOn(config.model, *outlined(size), dict(SCHEDULER))
    filled(model, torch.device("cpu"))
    model.train_adapters([*config.train])
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    cast_weights(model, getattr(torch, config.memory.base_dtype), trained)
    return model


class OurLatentTraining:
    """Training as ``fitroom train`` does it; see :class:`~fitroom.bench.training.OurTraining` for what is left out.

    Args:
        model: see :func:`untrained`; sides that are compared may share it.
        config: the recipe.
        photos: what is learned from.
        size: of a block.
        folder: for metrics.csv, and for latents, which the first block makes before its steps.

    Attributes:
        peak_bytes: most that a block held on the GPU; 0 where there is none.
    """

    def __init__(
        self, model: LatentNetwork, config: LatentTryOnRunConfig, photos: TryOnPhotos, size: BlockSize, folder: Path
    ) -> None:
        self.config, self.size, self.folder = config, size, folder
        self.module = LatentTryOnModule(model, config, size.total)
        modes = photos.modes(config.data.modes)
        self.data = PhotoData(
            PhotoDataset(photos, photos.fit, modes, config.augment, config.seed),
            PhotoDataset(photos, photos.select, photos.looked_at),
            batch_size=config.batch_size,
            num_steps=size.total,
            seed=config.seed,
            num_workers=config.data.num_workers,
        )
        self.peak_bytes = 0
        folder.mkdir(parents=True, exist_ok=True)

    def block(self) -> float:
        """Trains one block.

        Returns:
            samples/s over its timed steps.
        """
        config = self.config
        callbacks: list[Callback] = []
        if config.memory.latents_on_disk:
            callbacks.append(PrecomputeLatents(config, self.folder))
        if config.ema_decay:
            device = torch.device("cpu") if config.memory.average_on_cpu else None
            callbacks.append(TrainedAverage(config.ema_decay, device))
        with PeakMemory(device_of(config)) as peak:
            elapsed_s = time_block(self.module, self.data, self.size, callbacks, self.folder)
        self.peak_bytes = max(self.peak_bytes, peak.bytes)
        return config.batch_size * self.size.steps / elapsed_s


class PeakMemory:
    """The most that tensors held on a GPU while this lasted.

    Attributes:
        bytes: 0 on a processor.
    """

    def __init__(self, device: torch.device) -> None:
        self.device, self.bytes = device, 0

    def __enter__(self) -> PeakMemory:
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        return self

    def __exit__(self, *_: Any) -> None:
        if self.device.type == "cuda":
            self.bytes = torch.cuda.max_memory_allocated()
