"""Our side: blocks of the path that ``fitroom train`` runs, by the Lightning Trainer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from pytorch_lightning import Callback, LightningDataModule, LightningModule, Trainer
from pytorch_lightning.profilers import SimpleProfiler
from typing_extensions import override

from fitroom.contracts import Head, Preprocessing
from fitroom.data.manifest import Manifest
from fitroom.data.recognition.augment import AugmentConfig
from fitroom.data.recognition.loaders import RecognitionData
from fitroom.data.source import SourceConfig
from fitroom.errors import ConfigError
from fitroom.models.recognizer import Recognizer
from fitroom.models.weights import load_backbone
from fitroom.training.averaging import WarmAverage
from fitroom.training.config import RunConfig
from fitroom.training.metrics_file import MetricsFile
from fitroom.training.module import RunModule
from fitroom.training.quiet import quiet
from fitroom.training.recognizer.config import DataConfig, MixConfig, RecognizerOptimConfig, RecognizerRunConfig
from fitroom.training.recognizer.module import RecognizerModule

PRECISIONS = {"32-true": None, "bf16-mixed": torch.bfloat16}


def released_recipe() -> RecognizerRunConfig:
    """What is measured unless another recipe is given: that of the released recogniser."""
    return RecognizerRunConfig(
        name="bench",
        data=DataConfig(SourceConfig(root="")),
        preprocessing=Preprocessing(288, 288, "pad"),
        augment=AugmentConfig(scale=0.78, min_area=0.4, randaugment_ops=2, randaugment_magnitude=9, erase=0.25),
        mix=MixConfig(mixup=0.2, cutmix=0.5, probability=0.5),
        optim=RecognizerOptimConfig(lr=8e-4, freeze_stages=3, layer_decay=0.9),
    )


@dataclass(frozen=True)
class BlockSize:
    """How long one block is, in optimizer steps: the first ones are not timed."""

    warmup: int
    steps: int

    @property
    def total(self) -> int:
        return self.warmup + self.steps


class OurTraining:
    """Training as ``fitroom train`` does it: data, augmentation, steps, averaging, clipping, metrics.csv.

    Left out are checkpoints, figures and validation. Every block is a fit of its own, which starts its loader and ends
    it, so that nothing of one side runs in another side's time; the decoded photos stay.

    Args:
        config: the recipe.
        data: see :func:`training_data`.
        heads: with classes.
        size: of a block.
        folder: for metrics.csv.
    """

    def __init__(
        self, config: RecognizerRunConfig, data: RecognitionData, heads: list[Head], size: BlockSize, folder: Path
    ) -> None:
        if config.precision not in PRECISIONS:
            raise ConfigError(
                "the benchmark does not know this precision", rule=" or ".join(PRECISIONS), got=config.precision
            )
        backbone, _ = load_backbone(config.model.backbone, config.weights, config.model.drop_path_rate)
        self.start = {name: value.clone() for name, value in backbone.state_dict().items()}
        model = Recognizer(replace(config.model, heads=heads), backbone)
        self.module = RecognizerModule(model, config, size.total)
        self.config, self.data, self.size, self.folder = config, data, size, folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def frozen_parameters(self) -> set[str]:
        """Names of the backbone's parameters that do not learn."""
        backbone: torch.nn.Module = self.module.model.backbone
        return {name for name, parameter in backbone.named_parameters() if not parameter.requires_grad}

    def block(self, profiler: SimpleProfiler | None = None) -> float:
        """Trains one block.

        Returns:
            photos/s over its timed steps.
        """
        averaging: list[Callback] = [WarmAverage(self.config.ema_decay)] if self.config.ema_decay else []
        elapsed_s = time_block(self.module, self.data, self.size, averaging, self.folder, profiler)
        return self.config.batch_size * self.size.steps / elapsed_s


def time_block(
    module: RunModule,
    data: LightningDataModule,
    size: BlockSize,
    callbacks: list[Callback],
    folder: Path,
    profiler: SimpleProfiler | None = None,
) -> float:
    """Trains one block by the Lightning Trainer, without checkpoints, figures and validation.

    Args:
        module, data: of any task.
        size: of the block.
        callbacks: of the run.
        folder: for metrics.csv.
        profiler: Lightning's.

    Returns:
        seconds of its timed steps.
    """
    config, clock = module.config, _Clock(size)
    with quiet():
        trainer = Trainer(
            accelerator=config.accelerator,
            devices=1,
            precision=cast(Any, config.precision),
            max_epochs=1,
            max_steps=size.total,
            limit_val_batches=0,
            num_sanity_val_steps=0,
            accumulate_grad_batches=config.accumulate,
            gradient_clip_val=config.optim.clip_norm or None,
            use_distributed_sampler=False,
            log_every_n_steps=min(config.logging.every_steps, size.total),
            logger=MetricsFile(folder / "metrics.csv"),
            callbacks=[*callbacks, clock],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            default_root_dir=folder,
            profiler=profiler,
        )
        trainer.fit(module, data)
    return clock.elapsed_s


def training_data(
    config: RecognizerRunConfig, manifest: Manifest, heads: list[Head], size: BlockSize
) -> RecognitionData:
    """All photos as the fit part, decoded into memory where the recipe says so; no select part."""
    nothing = manifest.subset(np.zeros(len(manifest), dtype=bool))
    data = RecognitionData(
        manifest,
        nothing,
        heads,
        config.preprocessing,
        config.augment,
        batch_size=config.batch_size,
        num_steps=size.total,
        seed=config.seed,
        num_workers=config.data.num_workers,
        cache=config.data.cache,
    )
    data.setup("fit")
    return data


def device_of(config: RunConfig) -> torch.device:
    """Where the recipe trains on this machine."""
    on_gpu = config.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
    return torch.device("cuda" if on_gpu else "cpu")


def now_s() -> float:
    """A clock for differences, once a GPU has done all it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


class _Clock(Callback):
    """Times the steps of a block after its warm-up; stands behind all other callbacks."""

    def __init__(self, size: BlockSize) -> None:
        self.size = size
        self._begun_s: float | None = None
        self._ended_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        assert self._begun_s is not None and self._ended_s is not None
        return self._ended_s - self._begun_s

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Micro-batches in between leave the step as it was: only the first look at it counts."""
        if trainer.global_step == self.size.warmup and self._begun_s is None:
            self._begun_s = now_s()
        elif trainer.global_step == self.size.total and self._ended_s is None:
            self._ended_s = now_s()
