"""Features of worn garments and of products, in pairs, as the loaders a Trainer asks for.

The backbone is not trained, so that its features of every view are taken once, before the first step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.data.loaders import StepData
from fitroom.data.stream import SampleKey, sample_seed

VIEW = 7  # purpose: of the random numbers that choose which view is shown


class Looks(NamedTuple):
    """Garments as a backbone that is not trained sees them; any leading dimensions.

    Attributes:
        bands_F: float32, of the garment as a whole, band by band.
        features_PC: float16, place by place.
        where_PX: where each place is.
        share_P: of each that is garment.
    """

    bands_F: torch.Tensor
    features_PC: torch.Tensor
    where_PX: torch.Tensor
    share_P: torch.Tensor

    def at(self, *place: int) -> Looks:
        """Of one garment, or one view of all."""
        return Looks(*(part[place] for part in self))

    @classmethod
    def together(cls, looks: Sequence[Looks]) -> Looks:
        """Stacked in a new first dimension."""
        return cls(*(torch.stack(part) for part in zip(*looks, strict=True)))


class PairBatch(NamedTuple):
    """B pairs: worn garments, their products, and (B,) int64 place of the product."""

    worn: Looks
    product: Looks
    which: torch.Tensor


class PairDataset(Dataset[PairBatch]):
    """Pairs by key. All pairs of an epoch are shown in the same view, drawn by (seed, epoch): one in which all garments
    are dyed has to be told apart from others in that dye.

    Args:
        worn_VN: N worn garments in V views, the first as they are.
        product_VM: likewise of M products.
        product_of_N: product of each worn garment.
        seed: of the run.
        varied: False = the first view always.
    """

    def __init__(self, worn_VN: Looks, product_VM: Looks, product_of_N: np.ndarray, seed: int, varied: bool) -> None:
        self.worn, self.product, self.product_of, self.seed = worn_VN, product_VM, product_of_N, seed
        self.num_views = len(worn_VN.bands_F) if varied else 1

    def __len__(self) -> int:
        return len(self.product_of)

    def __getitem__(self, key: SampleKey | int) -> PairBatch:
        index, epoch = key if isinstance(key, tuple) else (key, 0)
        rng = np.random.default_rng(sample_seed(self.seed, epoch, 0, VIEW))
        shown, which = int(rng.integers(self.num_views)), int(self.product_of[index])
        return PairBatch(self.worn.at(shown, index), self.product.at(shown, which), torch.tensor(which))


def collate_pairs(samples: list[PairBatch]) -> PairBatch:
    """Samples to a batch."""
    worn, product, which = zip(*samples, strict=True)
    return PairBatch(Looks.together(worn), Looks.together(product), torch.stack(which))


class PairData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`; features are in memory, and need no loader process."""

    deals_select = False

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
