"""A try-on model among latents as a LightningModule: one noise level a sample, and a look at the select part."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from typing_extensions import override

from fitroom.data.tryon.photo_batches import PICTURES, PhotoBatch
from fitroom.data.tryon.photos import sample_noise
from fitroom.models.tryon_latent.kernels import attention_kernel, check_attention_kernel
from fitroom.models.tryon_latent.shared import LatentNetwork, Scene
from fitroom.training.module import RunModule
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.losses import denoise_loss
from fitroom.training.tryon_latent.optimizer import make_optimizer

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)  # even draws at which the select part is looked at


class LatentTryOnModule(RunModule):
    """Training and selection steps of a :class:`~fitroom.models.tryon_latent.shared.LatentNetwork`.

    Args:
        model: on its base.
        config: of the run.
        num_steps: optimizer steps of the whole run.

    Attributes:
        scores: of the last look at the select part, by name.
    """

    model: LatentNetwork
    config: LatentTryOnRunConfig

    def __init__(self, model: LatentNetwork, config: LatentTryOnRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        model.train_adapters([*config.train])
        if config.memory.gradient_checkpointing:
            model.network.enable_gradient_checkpointing()
        if config.channels_last:
            model.to(memory_format=torch.channels_last)
        self.scores: dict[str, float] = {}
        self._sums: dict[str, list[float]] = defaultdict(list)

    @override
    def on_fit_start(self) -> None:
        """Fails before the first step where the attention kernel is not there."""
        dtypes = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
        kernel = self.config.memory.attention
        check_attention_kernel(kernel, self.device, dtypes.get(self.config.precision, torch.float32))

    @override
    def training_step(self, batch: PhotoBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch; a sample's noise is its own, on whatever process it comes."""
        scene, worn = self.look_at(batch)
        scene = self.model.blind(scene, batch.garmentless)
        noise, even_B = sample_noise(batch.seed, tuple(self.model.clean(worn, scene).shape[1:]))
        return self.note_losses({"denoise": self._loss(scene, worn, noise, even_B).mean()})

    @override
    def backward(self, loss: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        """By the same kernel: what is computed again on the way back must be what it was."""
        with attention_kernel(self.config.memory.attention):
            super().backward(loss, *args, **kwargs)

    def look_at(self, batch: PhotoBatch) -> tuple[Scene, torch.Tensor]:
        """What the network is given, and the latents of the truth."""
        person, garment, worn = (self._latents(batch, name) for name in PICTURES)
        return self.model.see(person, batch.mask, garment, batch.conditions), worn

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._sums = defaultdict(list)

    @override
    def validation_step(self, batch: PhotoBatch, batch_idx: int) -> None:
        """The loss at a few levels, with the same noise each time."""
        scene, worn = self.look_at(batch)
        noise, _ = sample_noise(batch.seed, tuple(self.model.clean(worn, scene).shape[1:]))
        new = self.not_repeated(batch_idx, len(batch))
        for even in LEVELS:
            loss_B = self._loss(scene, worn, noise, torch.full((len(batch),), even)).tolist()[:new]
            self._sums["denoise"] += loss_B
            self._sums[f"denoise_at_{even:.1f}"] += loss_B

    @override
    def on_validation_epoch_end(self) -> None:
        """Means over the select part, over all processes."""
        self.selection_step = self.global_step
        names = sorted(self._sums)
        totals = torch.tensor([[sum(self._sums[n]), len(self._sums[n])] for n in names], dtype=torch.float64)
        if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
            totals = totals.to(self.device)
            dist.all_reduce(totals)
        self.scores = {name: float(s / max(float(n), 1.0)) for name, (s, n) in zip(names, totals, strict=True)}
        for name, value in self.scores.items():
            self.log_selection(f"select/{name}", value)

    @override
    def sharded_parts(self) -> list[nn.Module]:
        """Those of the network on its base; the VAE stays whole on each process."""
        return self.model.sharded_parts()

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """Over the adapters that learn."""
        return make_optimizer(self.model, self.config.optim)

    def _latents(self, batch: PhotoBatch, name: str) -> torch.Tensor:
        """(B, C, h, w) of a picture: as they are given, and encoded where they are not."""
        pictures, place = getattr(batch, name), PICTURES.index(name)
        if len(pictures) == len(batch):
            return self.model.encode(pictures)
        latents = batch.latents[:, place]
        if len(pictures):
            latents = latents.index_put((~batch.stored[:, place],), self.model.encode(pictures))
        return latents

    def _loss(self, scene: Scene, worn: torch.Tensor, noise: torch.Tensor, even_B: torch.Tensor) -> torch.Tensor:
        clean = self.model.clean(worn, scene)
        noised = self.model.noised(clean, noise.to(clean), even_B.to(clean), self.config.loss.min_snr)
        with attention_kernel(self.config.memory.attention):
            answer = self.model.predict(noised.noisy, noised.level_B, scene)
        return denoise_loss(self.model, answer, noised, self.config.loss.garment)
