"""Outfits as the loaders a Trainer asks for: a whole outfit, one that is none, one with a blank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.data.loaders import StepData
from fitroom.data.outfits.encoding import Coder, PieceCodes, padded
from fitroom.data.outfits.pieces import Outfit, OutfitSet
from fitroom.data.outfits.questions import Swap
from fitroom.data.stream import SampleKey, sample_seed

DRAWN = 6  # purpose: of the random numbers that choose swaps, blanks and what is dropped


class Row(NamedTuple):
    """One outfit: whole, mixed, without its blank, the candidates for it, and (3,) codes of what it is for."""

    whole: PieceCodes
    mixed: PieceCodes
    rest: PieceCodes
    candidates: PieceCodes
    context: torch.Tensor


class OutfitBatch(NamedTuple):
    """B outfits, padded to N pieces, each with K candidates for its blank.

    Attributes:
        pieces: (B, N, ...) of outfits; ``present_BN`` bool says where there is one.
        mixed: (B, N, ...) the same with some or all pieces swapped.
        rest: (B, N, ...) the outfit without its blank; ``rest_present_BN`` likewise.
        candidates: (B, K, ...); the first is the one that was taken.
        context_BC: int64 codes of season, weather and occasion; 0 = not said.
    """

    pieces: PieceCodes
    present_BN: torch.Tensor
    mixed: PieceCodes
    rest: PieceCodes
    rest_present_BN: torch.Tensor
    candidates: PieceCodes
    context_BC: torch.Tensor


@dataclass(frozen=True)
class Chances:
    """How often something is taken away or swapped while learning; all in [0, 1].

    Attributes:
        attribute: an attribute, the price or the embedding of a piece, each by itself.
        context: one of season, weather and occasion.
        whole: a mixed outfit has all its pieces swapped; else one of them.
    """

    attribute: float = 0.15
    context: float = 0.2
    whole: float = 0.3


class OutfitDataset(Dataset[Any]):
    """Outfits of one part.

    Args:
        outfits: which.
        coder: words to codes.
        chances: see there; all zero for a select part.
        num_candidates: K, the right one among them.
        seed: of every choice, which changes from epoch to epoch.
    """

    def __init__(self, outfits: OutfitSet, coder: Coder, chances: Chances, num_candidates: int, seed: int) -> None:
        self.outfits, self.chances, self.num_candidates, self.seed = outfits, chances, num_candidates, seed
        self.coder, self.swap = coder, Swap(outfits)
        ids = sorted(outfits.pieces)
        self.place = {piece_id: place for place, piece_id in enumerate(ids)}
        self.codes = coder.pieces([outfits.pieces[one] for one in ids])

    def __len__(self) -> int:
        return len(self.outfits.outfits)

    def __getitem__(self, key: SampleKey | int) -> Row:
        index, epoch = key if isinstance(key, tuple) else (key, 0)
        rng = np.random.default_rng(sample_seed(self.seed, epoch, index, DRAWN))
        outfit = self.outfits.outfits[index]
        order = rng.permutation(len(outfit.piece_ids))
        outfit = Outfit(outfit.outfit_id, tuple(outfit.piece_ids[int(i)] for i in order), outfit.context, outfit.family)
        others = [self.swap.others(outfit, place) or [outfit.piece_ids[place]] for place in range(len(order))]
        mixed = list(outfit.piece_ids)
        for place in range(len(mixed)) if rng.random() < self.chances.whole else [int(rng.integers(len(mixed)))]:
            mixed[place] = others[place][int(rng.integers(len(others[place])))]
        blank = int(rng.integers(len(mixed)))
        wrong = [others[blank][int(i)] for i in rng.integers(len(others[blank]), size=self.num_candidates - 1)]
        rest = [one for place, one in enumerate(outfit.piece_ids) if place != blank]
        named = (outfit.piece_ids, mixed, rest, [outfit.piece_ids[blank], *wrong])
        codes = self.coder.context(outfit.context)
        context = [0 if rng.random() < self.chances.context else code for code in codes]
        whole, swapped, left, offered = (self._codes(ids, rng) for ids in named)
        return Row(whole, swapped, left, offered, torch.tensor(context))

    def _codes(self, piece_ids: Sequence[str], rng: np.random.Generator) -> PieceCodes:
        """Of pieces, less what is dropped; the category is always told."""
        codes = self.codes.take(torch.tensor([self.place[one] for one in piece_ids]))
        if not self.chances.attribute:
            return codes
        axes = codes.words.shape[1] - 1
        keep = torch.from_numpy(rng.random((len(piece_ids), axes + 2)) >= self.chances.attribute)
        words = torch.cat([codes.words[:, :1], codes.words[:, 1:] * keep[:, :axes, None]], 1)
        return PieceCodes(words, codes.price * keep[:, axes, None], codes.embedding * keep[:, axes + 1, None])


def collate_outfits(rows: list[Row]) -> OutfitBatch:
    """Rows to a batch."""
    whole, mixed, rest = (padded(list(part)) for part in zip(*(row[:3] for row in rows), strict=True))
    candidates = PieceCodes(*(torch.stack(parts) for parts in zip(*(row.candidates for row in rows), strict=True)))
    return OutfitBatch(
        whole[0], whole[1], mixed[0], rest[0], rest[1], candidates, torch.stack([row.context for row in rows])
    )


class OutfitData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`; rows are in memory, and need no loader process."""

    deals_select = False

    def __init__(
        self, fit: OutfitDataset, select: OutfitDataset | None, *, batch_size: int, num_steps: int, seed: int
    ) -> None:
        super().__init__(
            batch_size=batch_size, num_steps=num_steps, seed=seed, num_workers=0, select_batch_size=batch_size
        )
        self.fit_set, self.select_set = fit, select

    @override
    def parts(self) -> tuple[OutfitDataset, OutfitDataset | None]:
        return self.fit_set, self.select_set

    @property
    @override
    def collate(self) -> Callable[[list[Any]], Any]:
        return collate_outfits
