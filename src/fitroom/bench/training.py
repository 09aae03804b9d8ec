"""Our side: blocks of the path that ``fitroom train`` runs, by the Lightning Trainer, and where a step's time goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.profilers import SimpleProfiler
from typing_extensions import override

from fitroom.bench.report import Spread, Table
from fitroom.contracts import Head, Preprocessing
from fitroom.data.augment import AugmentConfig
from fitroom.data.datamodule import RecognitionData
from fitroom.data.manifest import Manifest
from fitroom.data.recognition import RecognitionDataset, collate
from fitroom.data.source import SourceConfig
from fitroom.data.stream import step_keys
from fitroom.errors import ConfigError
from fitroom.models.recognizer import Recognizer
from fitroom.models.weights import load_backbone
from fitroom.training.averaging import WarmAverage
from fitroom.training.config import DataConfig, MixConfig, OptimConfig, TrainConfig
from fitroom.training.metrics_file import MetricsFile
from fitroom.training.module import RecognizerModule
from fitroom.training.quiet import quiet

PRECISIONS = {"32-true": None, "bf16-mixed": torch.bfloat16}


def released_recipe() -> TrainConfig:
    """What is measured unless another recipe is given: that of the released recogniser."""
    return TrainConfig(
        name="bench",
        data=DataConfig(SourceConfig(root="")),
        preprocessing=Preprocessing(288, 288, "pad"),
        augment=AugmentConfig(scale=0.78, min_area=0.4, randaugment_ops=2, randaugment_magnitude=9, erase=0.25),
        mix=MixConfig(mixup=0.2, cutmix=0.5, probability=0.5),
        optim=OptimConfig(lr=8e-4, freeze_stages=3, layer_decay=0.9),
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
        self, config: TrainConfig, data: RecognitionData, heads: list[Head], size: BlockSize, folder: Path
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
        clock = _Clock(self.size)
        with quiet():
            trainer = self._trainer(clock, profiler)
            trainer.fit(self.module, self.data)
        return self.config.batch_size * self.size.steps / clock.elapsed_s

    def _trainer(self, clock: _Clock, profiler: SimpleProfiler | None) -> Trainer:
        config = self.config
        averaging: list[Callback] = [WarmAverage(config.ema_decay)] if config.ema_decay else []
        return Trainer(
            accelerator=config.accelerator,
            devices=1,
            precision=config.precision,
            max_epochs=1,
            max_steps=self.size.total,
            limit_val_batches=0,
            num_sanity_val_steps=0,
            accumulate_grad_batches=config.accumulate,
            gradient_clip_val=config.optim.clip_norm or None,
            use_distributed_sampler=False,
            log_every_n_steps=min(config.logging.every_steps, self.size.total),
            logger=MetricsFile(self.folder / "metrics.csv"),
            callbacks=[*averaging, clock],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            default_root_dir=self.folder,
            profiler=profiler,
        )


def training_data(config: TrainConfig, manifest: Manifest, heads: list[Head], size: BlockSize) -> RecognitionData:
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


def device_of(config: TrainConfig) -> torch.device:
    """Where the recipe trains on this machine."""
    on_gpu = config.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
    return torch.device("cuda" if on_gpu else "cpu")


def now_s() -> float:
    """A clock for differences, once a GPU has done all it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


# ----------------------------------------------------------------------------------------- where the time goes


def step_profile(ours: OurTraining) -> Table:
    """One more block, with Lightning's own profiler, part by part."""
    with _silent_profiler() as profiler:
        rate = ours.block(profiler)
    step_s = ours.config.batch_size / rate
    parts = _parts(profiler.recorded_durations, ours.size, ours.config.accumulate)
    parts["rest: Lightning, logging, learning rate"] = step_s - sum(parts.values())
    rows: list[tuple[Any, ...]] = [(name, 100 * part_s / step_s, 1000 * part_s) for name, part_s in parts.items()]
    rows.append(("whole step", 100.0, 1000 * step_s))
    rows += [(f"beside it: {name}", 100 * s / step_s, 1000 * s) for name, s in _worker_parts(ours).items()]
    notes = [
        f"Mean of {ours.size.steps} steps of {ours.config.batch_size} photos; batch norm "
        f"{ours.config.optim.batch_norm}.",
        f"Loader workers ({ours.config.data.num_workers}) make batches beside the step; what one of them spends on a "
        "batch, alone on the machine, is shown in per cent of a step: below 100, one worker keeps up.",
    ]
    if device_of(ours.config).type == "cuda":
        notes.append("On a GPU the parts are those of giving it work, not of its doing it.")
    return Table("Where a training step goes", ("part", "% of a step", "ms a step"), rows, notes)


def _parts(durations: dict[str, list[float]], size: BlockSize, accumulate: int) -> dict[str, float]:
    def mean_s(ending: str, per_step: int = 1) -> float:
        """Seconds a step, of the one recorded action with that ending; 0 where it never ran."""
        found = [values for name, values in durations.items() if name.endswith(ending) and values]
        return sum(found[0][-size.steps * per_step :]) / size.steps if found else 0.0

    forward_s = mean_s("Strategy.training_step", accumulate)
    backward_s = mean_s("Strategy.backward", accumulate)
    # The optimizer's step runs forward and backward of the last micro-batch inside.
    stepped_s = mean_s("Module.optimizer_step") - (forward_s + backward_s) / accumulate
    return {
        "waiting for data": mean_s(".train_dataloader_next", accumulate),
        "forward and loss": forward_s,
        "backward": backward_s,
        "clipping and optimizer": stepped_s,
        "averaged weights": mean_s("WarmAverage.on_train_batch_end", accumulate),
    }


def _worker_parts(ours: OurTraining, num_batches: int = 3) -> dict[str, float]:
    """Seconds that one process with one thread, as a loader worker is, needs for a batch."""
    dataset, config = ours.data.fit_set, ours.config
    assert dataset is not None
    spans: dict[str, list[float]] = {}
    with _one_thread():
        for step in range(num_batches):
            keys = step_keys(len(dataset), config.batch_size, config.seed, step)
            begun_s = time.perf_counter()
            collate([dataset[key] for key in keys])
            spans.setdefault("augmentation" if config.data.cache else "decoding and augmentation", []).append(
                time.perf_counter() - begun_s
            )
            if config.data.cache:
                begun_s = time.perf_counter()
                _decode(dataset, [key.sample for key in keys])
                spans.setdefault("decoding, done once for all epochs", []).append(time.perf_counter() - begun_s)
    return {name: Spread(tuple(values)).median for name, values in spans.items()}


def _decode(dataset: RecognitionDataset, indices: list[int]) -> None:
    bare = RecognitionDataset(dataset.manifest.subset(np.isin(np.arange(len(dataset)), indices)), [], dataset.spec)
    for index in range(len(bare)):
        bare[index]


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _silent_profiler() -> Iterator[SimpleProfiler]:
    """Lightning prints a profiler's summary at the end of a fit; the report has its own."""
    logger = logging.getLogger("pytorch_lightning.profilers.profiler")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield SimpleProfiler()
    finally:
        logger.setLevel(level)


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
