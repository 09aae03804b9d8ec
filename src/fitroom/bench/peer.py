"""The peer: timm and a plain PyTorch loop, set up as well as we know how, on the same work.

Same photos, start weights, input size, frozen stages, batch, threads, precision and memory layout; the same number and
strength of augmentations; AdamW with layer decay, clipping, ModelEmaV3, a cosine schedule. The loader is the fastest of
several (see ``LOADERS``). Where both libraries differ, the peer has the lighter work: bilinear crops where ours are
bicubic, no quarter turns, one mix for a whole batch, and with ``freeze_batch_norm_2d`` no gradients for the norms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import timm
import torch
from timm.data import Mixup, create_dataset, create_loader
from timm.layers import freeze_batch_norm_2d
from timm.loss import LabelSmoothingCrossEntropy, SoftTargetCrossEntropy
from timm.models import model_parameters
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from timm.utils import ModelEmaV3, dispatch_clip_grad
from torch import nn

from fitroom.bench.training import PRECISIONS, BlockSize, OurTraining, device_of, now_s
from fitroom.data.recognition.augment import Augment, AugmentConfig

BatchNorm = Literal["freeze_batch_norm_2d", "eval mode", "trained"]

# torchvision counts RandAugment's strength to 30 and draws "identity" once in 14; timm counts to 10, never draws it,
# and applies an operation with probability 0.5 unless told.
TORCHVISION_LEVELS, TIMM_LEVELS, TIMM_PROBABILITY = 30, 10, round(13 / 14, 2)


@dataclass(frozen=True)
class Loader:
    """A form of timm's loader; the prefetcher normalises and erases in the main process."""

    num_workers: int
    prefetcher: bool

    def __str__(self) -> str:
        return f"{self.num_workers} workers, {'with' if self.prefetcher else 'without'} its prefetcher"


LOADERS = [Loader(workers, prefetcher) for prefetcher in (False, True) for workers in (0, 1, 2)]


class PeerTraining:
    """timm's model, loader and tools in a plain loop.

    Args:
        ours: whose recipe and start weights it shares.
        root: photos in class folders, at least as many as a block needs.
        batch_norm: "freeze_batch_norm_2d" = timm's own frozen norms; "eval mode" = PyTorch's norms with fixed
            statistics; "trained".
        loader: see :func:`fastest_loader`.
    """

    def __init__(self, ours: OurTraining, root: Path, batch_norm: BatchNorm, loader: Loader) -> None:
        self.config, self.size, self.loader = ours.config, ours.size, loader
        self.device = device_of(self.config)
        self.layout = torch.channels_last if self.config.channels_last else torch.contiguous_format
        self.batch_norm, self.root = batch_norm, root
        self.dataset = create_dataset("", str(root), is_training=True)
        self.num_classes = len(self.dataset.reader.class_to_idx)
        self.model = self._model(ours)
        self.norms = [module for module in self.model.modules() if isinstance(module, nn.BatchNorm2d)]
        self.optimizer = create_optimizer_v2(
            self.model,
            "adamw",
            lr=self.config.optim.lr,
            weight_decay=self.config.optim.weight_decay,
            layer_decay=self.config.optim.layer_decay,
            foreach=True,
        )
        self.average = ModelEmaV3(self.model, decay=self.config.ema_decay) if self.config.ema_decay else None
        self.mix, self.loss = self._mix_and_loss()

    def block(self, size: BlockSize | None = None) -> float:
        """Trains one block, of ``size`` where not the usual one.

        Returns:
            photos/s over its timed steps.
        """
        size = size or self.size
        schedule = CosineLRScheduler(
            self.optimizer, size.total, warmup_t=round(self.config.optim.warmup * size.total), t_in_epochs=False
        )
        self.model.train()
        if self.batch_norm == "eval mode":
            for norm in self.norms:
                norm.eval()
        batches = iter(self._batches())
        begun_s = 0.0
        for step in range(size.total):
            if step == size.warmup:
                begun_s = now_s()
            self._step(batches)
            schedule.step_update(step + 1)
        elapsed_s = now_s() - begun_s
        del batches  # and with it the workers
        return self.config.batch_size * size.steps / elapsed_s

    def _step(self, batches: Iterator[tuple[torch.Tensor, torch.Tensor]]) -> None:
        config, dtype = self.config, PRECISIONS[self.config.precision]
        for _ in range(config.accumulate):
            images, targets = next(batches)
            images = images.to(self.device, memory_format=self.layout)
            targets = targets.to(self.device)
            if self.mix is not None:
                images, targets = self.mix(images, targets)
            with torch.autocast(self.device.type, dtype, enabled=dtype is not None):
                loss = self.loss(self.model(images), targets)
            (loss / config.accumulate).backward()
        if config.optim.clip_norm:
            dispatch_clip_grad(model_parameters(self.model), config.optim.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.average is not None:
            self.average.update(self.model)

    def _model(self, ours: OurTraining) -> nn.Module:
        config = self.config
        model: nn.Module = timm.create_model(
            config.model.backbone,
            num_classes=self.num_classes,
            drop_rate=config.model.drop_rate,
            drop_path_rate=config.model.drop_path_rate,
        )
        model.load_state_dict(ours.start, strict=False)  # all but the classifier
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name not in ours.frozen_parameters)
        if self.batch_norm == "freeze_batch_norm_2d":
            model = freeze_batch_norm_2d(model)
        return model.to(self.device, memory_format=self.layout)  # type: ignore[call-overload]

    def _mix_and_loss(self) -> tuple[Mixup | None, nn.Module]:
        mix, smoothing = self.config.mix, self.config.label_smoothing
        if not mix.probability or not (mix.mixup or mix.cutmix):
            return None, LabelSmoothingCrossEntropy(smoothing)
        mixup = Mixup(
            mix.mixup, mix.cutmix, prob=mix.probability, label_smoothing=smoothing, num_classes=self.num_classes
        )
        return mixup, SoftTargetCrossEntropy()

    def _batches(self) -> Any:
        config, spec = self.config, self.config.preprocessing
        width, height = Augment(config.augment, spec).size
        return create_loader(
            self.dataset,
            input_size=(3, height, width),
            batch_size=config.batch_size // config.accumulate,
            is_training=True,
            use_prefetcher=self.loader.prefetcher,
            num_workers=self.loader.num_workers,
            persistent_workers=False,
            pin_memory=self.device.type == "cuda",
            device=self.device,
            mean=tuple(spec.mean),
            std=tuple(spec.std),
            **augmentation(config.augment),
        )


def augmentation(config: AugmentConfig) -> dict[str, Any]:
    """Our augmentation in timm's words."""
    strength = round(config.randaugment_magnitude / TORCHVISION_LEVELS * TIMM_LEVELS)
    words = f"rand-m{strength}-n{config.randaugment_ops}-p{TIMM_PROBABILITY}-mstd0"
    return {
        "scale": (config.min_area, 1.0),
        "ratio": (1 / (1 + config.aspect_jitter), 1 + config.aspect_jitter),
        "hflip": config.flip,
        "color_jitter": config.color_jitter or None,
        "auto_augment": words if config.randaugment_ops else None,
        "re_prob": config.erase,
        "interpolation": "bilinear",
    }


def fastest_loader(peer: PeerTraining, size: BlockSize) -> Loader:
    """The one of ``LOADERS`` that the peer trains fastest with, in a short block each; the peer keeps it."""
    peer.block(size)  # warms up
    rates = {}
    for loader in LOADERS:
        peer.loader = loader
        rates[loader] = peer.block(size)
    peer.loader = max(rates, key=lambda loader: rates[loader])
    return peer.loader
