"""Photos and parses as the loaders a Trainer asks for; each training batch has a size of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.loaders import StepData
from fitroom.data.parsing.augment import ParseAugment
from fitroom.data.parsing.photos import ParseDataset, ParsedPhotos, collate_parses
from fitroom.data.stream import StepBatchSampler
from fitroom.errors import ConfigError

SIZE = 3  # purpose: of the random numbers that choose a step's size


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


class ParsingData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`.

    Args:
        fit, select: the parts; ``select`` may be empty.
        labels: names of parts, in the order of the network's outputs.
        spec: preprocessing of the network.
        augment: random changes of the fit part.
        places: of ``fit``, in the order in which they are dealt; see :func:`~fitroom.data.parsing.photos.repeated`.
        sizes: of training photos; empty = that of the network alone.
        batch_size, num_steps, seed, num_workers: see there.
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
        super().__init__(batch_size=batch_size, num_steps=num_steps, seed=seed, num_workers=num_workers)
        self.sizes = sizes or [TrainSize(spec.height_px, spec.width_px)]
        self.fit_set = ParseDataset(fit, labels, spec, augment, seed, places)
        self.select_set = ParseDataset(select, labels, spec) if len(select) else None

    @override
    def parts(self) -> tuple[ParseDataset, ParseDataset | None]:
        return self.fit_set, self.select_set

    @property
    @override
    def collate(self) -> Callable[[list[Any]], Any]:
        return collate_parses

    @override
    def sampler(self, num_samples: int, **dealt: int) -> StepBatchSampler:
        return SizedSampler(self.sizes, num_samples, **dealt)
