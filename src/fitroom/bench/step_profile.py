"""Where the time of our training step goes, part by part, as Lightning's own profiler sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import numpy as np
import torch
from pytorch_lightning.profilers import SimpleProfiler

from fitroom.bench.report import Table
from fitroom.bench.training import BlockSize, OurTraining, device_of
from fitroom.data.recognition.batches import RecognitionDataset, collate
from fitroom.data.stream import step_keys


def step_profile(ours: OurTraining) -> Table:
    """One more block, with Lightning's own profiler, part by part."""
    profiler = SimpleProfiler()
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
    cached = dataset.cache is not None
    made_s, decoded_s = [], []
    with _one_thread():
        for step in range(num_batches):
            keys = step_keys(len(dataset), config.batch_size, config.seed, step)
            begun_s = time.perf_counter()
            collate([dataset[key] for key in keys])
            made_s.append(time.perf_counter() - begun_s)
            if cached:
                begun_s = time.perf_counter()
                _decode(dataset, {key.sample for key in keys})
                decoded_s.append(time.perf_counter() - begun_s)
    if not cached:
        return {"decoding and augmentation": median(made_s)}
    return {"augmentation": median(made_s), "decoding, done once for all epochs": median(decoded_s)}


def _decode(dataset: RecognitionDataset, samples: set[int]) -> None:
    chosen = dataset.manifest.subset(np.isin(np.arange(len(dataset)), list(samples)))
    bare = RecognitionDataset(chosen, [], dataset.spec)
    for sample in range(len(bare)):
        bare[sample]


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
