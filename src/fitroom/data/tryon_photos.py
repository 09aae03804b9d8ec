"""Samples of try-on as whole pictures, for models that know neither flow nor layout.

Cases come from a simulated wardrobe or from pairs of real photos; ``TryOnPhotos`` is what both are to a run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.data.loaders import StepData
from fitroom.data.manifest import Manifest
from fitroom.data.stream import sample_seed
from fitroom.data.tryon import MODES, TryOnModes
from fitroom.data.tryon_conditions import condition_vector
from fitroom.errors import ConfigError
from fitroom.images import u8_to_signed

NOISE = 4  # purpose of sample_seed
SIZES = ("ease_cm", "garment_cm", "body_cm", "drape_coefficient")


@dataclass
class PhotoAugment:
    """Random changes of what is learned from."""

    mirror: float = 0.5
    """Share of samples in which left and right change places, in both photos."""
    move: float = 0.5
    """Share of samples in which the person's picture is enlarged and shifted."""
    scale: float = 1.2
    """At most this much larger."""
    widen_px: int = 16
    """A given repaint mask is at most this much wider, px of the frame."""
    drop: float = 0.1
    """Each of sizes, body and fabric is unknown in this share of the samples, on its own."""
    drop_all: float = 0.1
    """Nothing of the size is known in this share of the samples."""
    drop_garment: float = 0.1
    """The garment is not shown, nor a size told, in this share: what guidance pulls away from."""

    def __post_init__(self) -> None:
        shares = (self.mirror, self.move, self.drop, self.drop_all, self.drop_garment)
        if not all(0 <= share <= 1 for share in shares) or self.scale < 1 or self.widen_px < 0:
            raise ConfigError(
                "the random changes are out of range",
                where="augment",
                rule="shares in [0, 1], scale of at least 1, widen_px of at least 0",
                got=vars(self),
            )


@dataclass
class PhotoBatch:
    """Pictures are float32 signed, (B, 3, H, W).

    Attributes:
        person: grey inside the repaint mask where one is given.
        garment: as photographed.
        worn: the truth.
        mask: (B, 1, H, W): 1 = may be painted; 1 everywhere in a mask-free sample.
        conditions: (B, NUM_CONDITIONS).
        garmentless: (B,) bool: the garment is not to be shown.
        seed: (B,) int64, of the sample's noise: it follows from (seed of the run, epoch, sample) alone.
        index: (B,) case.
    """

    person: torch.Tensor
    garment: torch.Tensor
    worn: torch.Tensor
    mask: torch.Tensor
    conditions: torch.Tensor
    garmentless: torch.Tensor
    seed: torch.Tensor
    index: torch.Tensor

    def pin_memory(self) -> PhotoBatch:
        """Called by the DataLoader where a GPU will read the batch."""
        return PhotoBatch(*(getattr(self, field.name).pin_memory() for field in fields(self)))

    def to(self, device: torch.device, non_blocking: bool = False) -> PhotoBatch:
        """Called by Lightning."""
        return PhotoBatch(*(getattr(self, field.name).to(device, non_blocking=non_blocking) for field in fields(self)))

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class ShownCase:
    """What a case shows in a mode.

    Attributes:
        person, garment, worn: (H, W, 3) uint8 of the frame's size.
        repaint: (H, W) bool where the repaint mask is given, else None.
        known: arguments of :func:`~fitroom.data.tryon_conditions.condition_vector`.
    """

    person: np.ndarray
    garment: np.ndarray
    worn: np.ndarray
    repaint: np.ndarray | None
    known: dict[str, Any]


class TryOnPhotos(ABC):
    """Cases of try-on, whatever they are read from.

    Attributes:
        manifest: one row a case.
        fit, select: indices of the cases that are learned from, and looked at.
    """

    manifest: Manifest
    fit: np.ndarray
    select: np.ndarray

    @abstractmethod
    def show(self, index: int, mode: str, rng: np.random.Generator) -> ShownCase:
        """A case in a mode of :data:`~fitroom.data.tryon.MODES`."""

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
        person, garment, worn = (_signed(picture) for picture in (case.person, case.garment, case.worn))
        mask = torch.ones_like(person[:1])
        if case.repaint is not None:
            mask = torch.from_numpy(case.repaint.astype(np.float32))[None]
        conditions, garmentless = self._conditions(case, rng), False
        if self.augment is not None:
            person, garment, worn, mask = self._changed(self.augment, person, garment, worn, mask, rng)
            garmentless = bool(rng.random() < self.augment.drop_garment)
        if case.repaint is not None:
            person = person * (1 - mask)
        return PhotoBatch(
            person=person,
            garment=garment,
            worn=worn,
            mask=mask,
            conditions=torch.from_numpy(conditions),
            garmentless=torch.tensor(garmentless),
            seed=torch.tensor(sample_seed(self.seed, epoch, sample, NOISE)),
            index=torch.tensor(index),
        )

    def _conditions(self, case: ShownCase, rng: np.random.Generator) -> np.ndarray:
        known = dict(case.known)
        if self.augment is not None:
            nothing = rng.random() < self.augment.drop_all
            dropped = [name for name in SIZES if nothing or rng.random() < self.augment.drop]
            known = {name: value for name, value in known.items() if name not in dropped}
        return condition_vector(**known, masked=case.repaint is not None)

    @staticmethod
    def _changed(
        augment: PhotoAugment,
        person: torch.Tensor,
        garment: torch.Tensor,
        worn: torch.Tensor,
        mask: torch.Tensor,
        rng: np.random.Generator,
    ) -> tuple[torch.Tensor, ...]:
        if widen_px := int(rng.integers(augment.widen_px + 1)):
            # In two passes: a square is the product of its sides.
            for side in ((2 * widen_px + 1, 1), (1, 2 * widen_px + 1)):
                mask = F.max_pool2d(mask[None], side, 1, (side[0] // 2, side[1] // 2))[0]
        if rng.random() < augment.move:
            scale = float(augment.scale ** rng.uniform(0, 1))
            room = 1 - 1 / scale
            across, down = (rng.uniform(-room, room, 2)).tolist()
            stacked = torch.cat([person, worn, mask])[None]
            theta = torch.tensor([[[1 / scale, 0, across], [0, 1 / scale, down]]], dtype=torch.float32)
            grid = F.affine_grid(theta, list(stacked.shape), align_corners=False)
            moved = F.grid_sample(stacked, grid, mode="bilinear", padding_mode="border", align_corners=False)[0]
            person, worn, mask = moved[:3], moved[3:6], (moved[6:] > 0.5).float()
        if rng.random() < augment.mirror:
            person, garment, worn, mask = (picture.flip(-1) for picture in (person, garment, worn, mask))
        return person, garment, worn, mask


def collate_photos(samples: list[PhotoBatch]) -> PhotoBatch:
    """Samples (without a batch dimension) to a batch."""
    return PhotoBatch(*(torch.stack([getattr(s, field.name) for s in samples]) for field in fields(PhotoBatch)))


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


def _signed(picture_u8: np.ndarray) -> torch.Tensor:
    return u8_to_signed(torch.from_numpy(np.array(picture_u8))).permute(2, 0, 1)
