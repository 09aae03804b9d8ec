"""Samples of try-on as whole pictures, for models that know neither flow nor layout.

Cases come from a simulated wardrobe or from pairs of real photos; ``TryOnPhotos`` is what both are to a run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import numpy as np
import torch
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.loaders import StepData
from fitroom.data.manifest import Manifest
from fitroom.data.stream import sample_seed
from fitroom.data.tryon.batches import MODES, TryOnModes
from fitroom.data.tryon.conditions import SIZES, condition_vector
from fitroom.data.tryon.latent_store import LatentStore
from fitroom.data.tryon.photo_batches import PICTURES, PhotoBatch, collate_photos
from fitroom.data.tryon.photo_changes import Change, PhotoAugment, draw_change
from fitroom.data.tryon.shown import ShownCase, changed, latents_keys, mask_of

NOISE = 4  # purpose of sample_seed


class TryOnPhotos(ABC):
    """Cases of try-on, whatever they are read from.

    Attributes:
        manifest: one row a case.
        spec: the frame.
        fit, select: indices of the cases that are learned from, and looked at.
    """

    manifest: Manifest
    spec: Preprocessing
    fit: np.ndarray
    select: np.ndarray

    @abstractmethod
    def show(self, index: int, mode: str, rng: np.random.Generator) -> ShownCase:
        """A case in a mode of :data:`~fitroom.data.tryon.batches.MODES`."""

    @abstractmethod
    def all_shown(self, index: int, mode: str) -> list[ShownCase]:
        """All that :meth:`show` may show, whatever chance says."""

    @abstractmethod
    def files(self) -> list[str]:
        """SHA-256 (hex) of every photo that is used: how an evaluation knows what was seen."""

    @abstractmethod
    def modes(self, asked: TryOnModes) -> TryOnModes:
        """The modes that these cases can be shown in.

        Raises:
            ConfigError: none of those that are asked for.
        """

    @property
    @abstractmethod
    def looked_at(self) -> TryOnModes:
        """The one mode in which the select part is looked at."""


class PhotoDataset(Dataset[PhotoBatch]):
    """Samples by key; each one's randomness comes from (seed, epoch, index) alone.

    Args:
        photos: of the run.
        indices: which of its cases.
        modes: shares.
        augment: random changes; None = none.
        seed: of the run.

    Attributes:
        latents: kept of pictures that chance leaves as they are, which then stay away; None = all pictures come.
    """

    def __init__(
        self,
        photos: TryOnPhotos,
        indices: np.ndarray,
        modes: TryOnModes,
        augment: PhotoAugment | None = None,
        seed: int = 0,
    ) -> None:
        self.photos, self.indices, self.augment, self.seed = photos, indices, augment, seed
        self.latents: LatentStore | None = None
        shares = np.array([getattr(modes, name) for name in MODES])
        self.shares = shares / shares.sum()

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: int | tuple[int, int]) -> PhotoBatch:
        """A sample, or (sample, epoch) where it is random; without a batch dimension."""
        sample, epoch = key if isinstance(key, tuple) else (key, 0)
        rng = np.random.default_rng(sample_seed(self.seed, epoch, sample))
        index = int(self.indices[sample])
        case = self.photos.show(index, MODES[rng.choice(len(MODES), p=self.shares)], rng)
        conditions, change, garmentless = self._conditions(case, rng), Change(), False
        if self.augment is not None:
            change = draw_change(self.augment, rng)
            garmentless = bool(rng.random() < self.augment.drop_garment)
        mask = mask_of(case, self.photos.spec, change)
        latents = self._found(case, change, mask)
        pictures, mask = changed(case, change, mask, but=latents)
        shape = self.latents.shape if self.latents is not None else (0,)
        return PhotoBatch(
            **pictures,
            mask=mask,
            conditions=torch.from_numpy(conditions),
            garmentless=torch.tensor(garmentless),
            seed=torch.tensor(sample_seed(self.seed, epoch, sample, NOISE)),
            index=torch.tensor(index),
            stored=torch.tensor([name in latents for name in PICTURES]),
            latents=torch.stack([latents.get(name, torch.zeros(shape)) for name in PICTURES]),
        )

    def lasting(self, sample: int) -> Iterator[tuple[str, Callable[[], torch.Tensor]]]:
        """By what their latents are known, the pictures (3, H, W) signed of a sample that may come again, unread."""
        augment = self.augment or PhotoAugment(mirror=0, move=0, widen_px=0)
        sides = [mirrored for mirrored, share in ((False, 1 - augment.mirror), (True, augment.mirror)) if share]
        shown = [
            case
            for mode, share in zip(MODES, self.shares, strict=True)
            if share
            for case in self.photos.all_shown(int(self.indices[sample]), mode)
        ]
        for case, mirrored in product(shown, sides):
            change = Change(mirrored=mirrored)
            mask = mask_of(case, self.photos.spec, change)
            for name, key in latents_keys(case, change, mask).items():
                always_moved = name != "garment" and augment.move == 1
                another_mask = name == "person" and case.repaint is not None and augment.widen_px > 0
                if not always_moved and not another_mask:
                    yield key, partial(_picture, case, change, mask, name)

    def _found(self, case: ShownCase, change: Change, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        """Latents that are kept of what a sample shows, by picture."""
        if self.latents is None:
            return {}
        keys = latents_keys(case, change, mask)
        found = {name: self.latents.find(key) for name, key in keys.items()}
        return {name: latents for name, latents in found.items() if latents is not None}

    def _conditions(self, case: ShownCase, rng: np.random.Generator) -> np.ndarray:
        known = dict(case.known)
        if self.augment is not None:
            nothing = rng.random() < self.augment.drop_all
            dropped = [name for name in SIZES if nothing or rng.random() < self.augment.drop]
            known = {name: value for name, value in known.items() if name not in dropped}
        return condition_vector(**known, masked=case.repaint is not None)


def sample_noise(seeds: torch.Tensor, shape: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise by sample, the same on every device and whatever the batch or the number of processes.

    Args:
        seeds: (B,) int64.
        shape: of one sample.

    Returns:
        (B, *shape) standard normal, and (B,) even in [0, 1), for the level; on the CPU.
    """
    noise, even = [], []
    for seed in seeds.tolist():
        generator = torch.Generator().manual_seed(seed)
        even.append(torch.rand((), generator=generator))
        noise.append(torch.randn(shape, generator=generator))
    return torch.stack(noise), torch.stack(even)


class PhotoData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`.

    Args:
        fit, select: data sets; ``select`` may be empty.
        batch_size, num_steps, seed, num_workers: see there.
    """

    def __init__(self, fit: PhotoDataset, select: PhotoDataset, *, select_batch_size: int = 4, **common: int) -> None:
        super().__init__(select_batch_size=select_batch_size, **common)
        self.fit_set, self.select_set = fit, select

    @override
    def parts(self) -> tuple[PhotoDataset, PhotoDataset | None]:
        return self.fit_set, self.select_set if len(self.select_set) else None

    @property
    @override
    def collate(self) -> Callable[[list[PhotoBatch]], PhotoBatch]:
        return collate_photos


def _picture(case: ShownCase, change: Change, mask: torch.Tensor, name: str) -> torch.Tensor:
    pictures, _ = changed(case, change, mask, but=[other for other in PICTURES if other != name])
    return pictures[name]
