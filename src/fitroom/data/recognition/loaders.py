"""Photos of garments and their labels as the loaders a Trainer asks for; decoded once where they fit in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typing_extensions import override

from fitroom.contracts import Head, Preprocessing
from fitroom.data.loaders import StepData
from fitroom.data.manifest import Manifest
from fitroom.data.recognition.augment import Augment, AugmentConfig
from fitroom.data.recognition.batches import CACHE_MARGIN, RecognitionDataset, collate
from fitroom.progress import log

CACHE_LIMIT_BYTES = 4 * 2**30


class RecognitionData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`.

    Args:
        fit, select: the parts; ``select`` may be empty.
        heads: with classes.
        spec: preprocessing of the network.
        augment: random changes of the fit part.
        batch_size, num_steps, seed, num_workers: see there.
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
        super().__init__(
            batch_size=batch_size, num_steps=num_steps, seed=seed, num_workers=num_workers, select_batch_size=64
        )
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
    def parts(self) -> tuple[RecognitionDataset, RecognitionDataset | None]:
        assert self.fit_set is not None
        return self.fit_set, self.select_set

    @property
    @override
    def collate(self) -> Callable[[list[Any]], Any]:
        return collate

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
