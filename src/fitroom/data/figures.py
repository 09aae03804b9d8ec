"""Figures of people whose measures are known, as the loaders a Trainer asks for.

A figure shows which parts of somebody lie where, in the person's own height: (C, R, W) shares in 1/255.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.data.loaders import StepData
from fitroom.data.manifest import Manifest
from fitroom.data.stream import SampleKey, sample_seed

SHIFT = 9  # purpose: of the random numbers that move and mirror a figure
_MOST_ASIDE = 2  # columns that a figure is moved by at most: where its middle lies is a guess


@dataclass(frozen=True, eq=False)
class Figures:
    """N figures, in the order of the manifest, whose group is the body.

    Attributes:
        manifest: one row a photo.
        shares_u8: (N, C, R, W).
        logs_NK: true logarithms of measure over height.
        height_cm_N: true heights.
    """

    manifest: Manifest
    shares_u8: np.ndarray
    logs_NK: np.ndarray
    height_cm_N: np.ndarray

    def __len__(self) -> int:
        return len(self.shares_u8)

    @property
    def bodies_N(self) -> np.ndarray:
        """Who each shows."""
        return self.manifest.table["group"].to_numpy(str)

    def share_of(self, members: int) -> np.ndarray:
        """(N,) int: the member of so many that does not meet the body; a function of the body's name alone."""
        return np.array([fold_of(body, members) for body in self.bodies_N])

    @property
    def weight_N(self) -> np.ndarray:
        """Each body's photos together weigh as much as another's; mean 1."""
        _, which_N, counts = np.unique(self.bodies_N, return_inverse=True, return_counts=True)
        weight_N = 1 / counts[which_N]
        return np.asarray(weight_N / weight_N.mean())


def fold_of(body: str, members: int) -> int:
    """The share of a body."""
    return int.from_bytes(hashlib.sha256(f"figures 1 {body}".encode()).digest()[:8], "big") % members


class FigureBatch(NamedTuple):
    """B figures.

    Attributes:
        shares: (B, C, R, W) float32 in [0, 1].
        z: (B, K) float32, standardised logarithms of measure over height.
        fold: (B,) int64, the member that must not learn from it.
        weight: (B,) float32.
    """

    shares: torch.Tensor
    z: torch.Tensor
    fold: torch.Tensor
    weight: torch.Tensor


class FigureDataset(Dataset[FigureBatch]):
    """Figures by key; how one is moved and mirrored depends on (seed, epoch, index) alone.

    Args:
        figures: to give.
        center, scale: (K,) of the logarithms.
        members: of the network.
        seed: of the run.
        varied: False = as they are.
    """

    def __init__(
        self, figures: Figures, center: list[float], scale: list[float], members: int, seed: int, varied: bool
    ) -> None:
        self.figures, self.seed, self.varied = figures, seed, varied
        self.z_NK = ((figures.logs_NK - np.array(center)) / np.array(scale)).astype(np.float32)
        self.fold_N, self.weight_N = figures.share_of(members), figures.weight_N.astype(np.float32)

    def __len__(self) -> int:
        return len(self.figures)

    def __getitem__(self, key: SampleKey | int) -> FigureBatch:
        index, epoch = key if isinstance(key, tuple) else (key, 0)
        shares = self.figures.shares_u8[index]
        if self.varied:
            rng = np.random.default_rng(sample_seed(self.seed, epoch, index, SHIFT))
            shares = moved(shares, int(rng.integers(-_MOST_ASIDE, _MOST_ASIDE + 1)), bool(rng.random() < 0.5))
        shares_CRW = torch.from_numpy(shares.astype(np.float32) / 255)
        fold, weight = torch.tensor(int(self.fold_N[index])), torch.tensor(self.weight_N[index])
        return FigureBatch(shares_CRW, torch.from_numpy(self.z_NK[index]), fold, weight)


def moved(shares: np.ndarray, columns: int, mirrored: bool) -> np.ndarray:
    """(C, R, W) by so many columns to the right; what leaves comes in on the other side, where there is nothing."""
    rolled = np.roll(shares, columns, axis=2)
    return np.ascontiguousarray(rolled[..., ::-1] if mirrored else rolled)


def collate_figures(samples: list[FigureBatch]) -> FigureBatch:
    """Samples to a batch."""
    return FigureBatch(*(torch.stack(part) for part in zip(*samples, strict=True)))


class FigureData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`; figures are in memory, and need no loader process."""

    deals_select = False

    def __init__(
        self, fit: FigureDataset, select: FigureDataset | None, *, batch_size: int, num_steps: int, seed: int
    ) -> None:
        super().__init__(
            batch_size=batch_size, num_steps=num_steps, seed=seed, num_workers=0, select_batch_size=batch_size
        )
        self.fit_set, self.select_set = fit, select

    @override
    def parts(self) -> tuple[FigureDataset, FigureDataset | None]:
        return self.fit_set, self.select_set

    @property
    @override
    def collate(self) -> Callable[[list[Any]], Any]:
        return collate_figures
