"""Measured people as the loaders a Trainer asks for: standardised logarithms, which of them a shopper tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.data.loaders import StepData
from fitroom.data.sizing.people import MEASURES, People
from fitroom.data.stream import SampleKey, sample_seed

ASKED = 5  # purpose: of the random numbers that choose what is told
# How often a shopper is taken to tell a measure; a tape is taken out by one in four, who then uses it for some places.
_TELLS = {"height": 0.9, "weight": 0.9, "age": 0.5}
_HAS_TAPE, _TAPES = 0.25, 0.5
_NO_TAPE = ("neck_height", "waist_height", "hip_height", "knee_height")


class PeopleBatch(NamedTuple):
    """B people.

    Attributes:
        z_BD: float32 standardised logarithms of :data:`~fitroom.data.sizing.people.MEASURES`; 0 where not measured.
        known_BD: bool, measured at all.
        told_BD: bool, of these told to the model.
        sex_BS: float32, one of the two is 1.
    """

    z_BD: torch.Tensor
    known_BD: torch.Tensor
    told_BD: torch.Tensor
    sex_BS: torch.Tensor


class PeopleDataset(Dataset[Any]):
    """People of one part.

    Args:
        people: who.
        center, scale: (D,) of the logarithms.
        seed: of what is told, which changes from epoch to epoch.
    """

    def __init__(self, people: People, center: list[float], scale: list[float], seed: int) -> None:
        z_ND = (np.log(people.values_ND) - np.array(center)) / np.array(scale)
        self.known_ND = np.isfinite(z_ND)
        self.z_ND = np.nan_to_num(z_ND).astype(np.float32)
        self.sex_N, self.seed = people.sex_N, seed

    def __len__(self) -> int:
        return len(self.sex_N)

    def __getitem__(self, key: SampleKey | int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        index, epoch = key if isinstance(key, tuple) else (key, 0)
        rng = np.random.default_rng(sample_seed(self.seed, epoch, index, ASKED))
        told_D = told(rng) & self.known_ND[index]
        return self.z_ND[index], self.known_ND[index], told_D, int(self.sex_N[index])


def told(rng: np.random.Generator) -> np.ndarray:
    """(D,) bool: what one shopper tells."""
    tapes = _TAPES if rng.random() < _HAS_TAPE else 0.0
    chances = [_TELLS.get(name, 0.0 if name in _NO_TAPE else tapes) for name in MEASURES]
    return rng.random(len(MEASURES)) < chances


def collate_people(rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, int]]) -> PeopleBatch:
    """Rows to a batch."""
    z, known, tells, sex = zip(*rows, strict=True)
    z_BD, known_BD, told_BD = (torch.from_numpy(np.stack(part)) for part in (z, known, tells))
    return PeopleBatch(z_BD, known_BD, told_BD, torch.eye(2)[list(sex)])


class PeopleData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`.

    Args:
        fit, select: the parts; ``select`` may be empty.
        center, scale: (D,) of the logarithms.
        batch_size, num_steps, seed: see there; rows are ready in memory, and need no loader process.
    """

    deals_select = False

    def __init__(
        self, fit: People, select: People, center: list[float], scale: list[float],
        *, batch_size: int, num_steps: int, seed: int,
    ) -> None:  # fmt: skip
        super().__init__(
            batch_size=batch_size, num_steps=num_steps, seed=seed, num_workers=0, select_batch_size=batch_size
        )
        self.fit_set = PeopleDataset(fit, center, scale, seed)
        self.select_set = PeopleDataset(select, center, scale, seed) if len(select) else None

    @override
    def parts(self) -> tuple[PeopleDataset, PeopleDataset | None]:
        return self.fit_set, self.select_set

    @property
    @override
    def collate(self) -> Callable[[list[Any]], Any]:
        return collate_people
