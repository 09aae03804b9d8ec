"""Features of worn garments and of products, in pairs, as the loaders a Trainer asks for.

The backbone is not trained, so that its features of every view are taken once, before the first step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.data.loaders import StepData
from fitroom.data.stream import SampleKey, sample_seed

VIEW = 7  # purpose: of the random numbers that choose which view is shown


class PairBatch(NamedTuple):
    """B pairs: (B, F) features of worn garments, of their products, and (B,) int64 place of the product."""

    worn: torch.Tensor
    product: torch.Tensor
    which: torch.Tensor


class PairDataset(Dataset[PairBatch]):
    """Pairs by key; which views are shown depends on (seed, epoch, index) alone.

    Args:
        worn_VNF: features of N worn garments in V views, the first as it is.
        product_VMF: likewise of M products.
        product_of_N: product of each worn garment.
        seed: of the run.
        varied: False = the first view always.
    """

    def __init__(
        self, worn_VNF: torch.Tensor, product_VMF: torch.Tensor, product_of_N: np.ndarray, seed: int, varied: bool
    ) -> None:
        self.worn, self.product, self.product_of, self.seed = worn_VNF, product_VMF, product_of_N, seed
        self.num_views = len(worn_VNF) if varied else 1

    def __len__(self) -> int:
        return len(self.product_of)

    def __getitem__(self, key: SampleKey | int) -> PairBatch:
        index, epoch = key if isinstance(key, tuple) else (key, 0)
        rng = np.random.default_rng(sample_seed(self.seed, epoch, index, VIEW))
        first, second = rng.integers(self.num_views, size=2).tolist()
        which = int(self.product_of[index])
        return PairBatch(self.worn[first, index], self.product[second, which], torch.tensor(which))


def collate_pairs(samples: list[PairBatch]) -> PairBatch:
    """Samples to a batch."""
    return PairBatch(*(torch.stack(part) for part in zip(*samples, strict=True)))


class PairData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`; features are in memory, and need no loader process."""

    def __init__(
        self, fit: PairDataset, select: PairDataset | None, *, batch_size: int, num_steps: int, seed: int
    ) -> None:
        super().__init__(
            batch_size=batch_size, num_steps=num_steps, seed=seed, num_workers=0, select_batch_size=batch_size
        )
        self.fit_set, self.select_set = fit, select

    @override
    def parts(self) -> tuple[PairDataset, PairDataset | None]:
        return self.fit_set, self.select_set

    @property
    @override
    def collate(self) -> Callable[[list[Any]], Any]:
        return collate_pairs
