"""Pieces as numbers: codes of their words, price, embedding. What is not known is 0, and any part can be taken away.

Shapes: N pieces, A attributes (``CODED``), V = 4 values each, E width of embeddings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from fitroom.data.outfits.pieces import CONTEXT, OutfitSet, Piece

CODED = ("category", "color", "pattern", "material", "season", "style")
VALUES = 4
"""Of one attribute that are read; a piece is sold for four seasons at most."""


class PieceCodes(NamedTuple):
    """Pieces, with any shape in front.

    Attributes:
        words: (..., A, V) int64 codes, 0 = none.
        price: (..., 2) float32: log2 of it less the mean over the spread, and 1 where it is known; zeros where not.
        embedding: (..., E + 1) float32, the last 1 where there is one; zeros where not.
    """

    words: torch.Tensor
    price: torch.Tensor
    embedding: torch.Tensor

    def take(self, index: torch.Tensor) -> PieceCodes:
        """Pieces by number."""
        return PieceCodes(*(part[index] for part in self))


class Coder:
    """Words to codes.

    Args:
        vocabulary: words of each of ``CODED`` and ``CONTEXT``; the n-th word of all has the code n + 1.
        price_center, price_scale: of log2 of prices.
        embedding_dim: width; 0 = embeddings are not looked at.
    """

    def __init__(
        self, vocabulary: Mapping[str, Sequence[str]], price_center: float, price_scale: float, embedding_dim: int
    ) -> None:
        self.price_center, self.price_scale, self.embedding_dim = price_center, price_scale, embedding_dim
        names = [*CODED, *(f"for_{name}" for name in CONTEXT)]
        places = [(name, word) for name in names for word in vocabulary.get(name, ())]
        self.codes = {place: number for number, place in enumerate(places, 1)}

    def pieces(self, pieces: Sequence[Piece]) -> PieceCodes:
        """(N, ...) of pieces; words that the vocabulary lacks count as not known."""
        words = np.zeros((len(pieces), len(CODED), VALUES), np.int64)
        price = np.zeros((len(pieces), 2), np.float32)
        embedding = np.zeros((len(pieces), self.embedding_dim + 1), np.float32)
        for row, piece in enumerate(pieces):
            for axis, name in enumerate(CODED):
                known = [self.codes[name, word] for word in piece.values(name) if (name, word) in self.codes][:VALUES]
                words[row, axis, : len(known)] = known
            if piece.price is not None:
                price[row] = (np.log2(piece.price) - self.price_center) / self.price_scale, 1.0
            if self.embedding_dim and piece.embedding is not None:
                embedding[row] = (*piece.embedding, 1.0)
        return PieceCodes(*map(torch.from_numpy, (words, price, embedding)))

    def context(self, context: Mapping[str, str]) -> list[int]:
        """(3,) codes of season, weather, occasion; 0 where not said."""
        return [self.codes.get((f"for_{name}", context.get(name, "")), 0) for name in CONTEXT]


def padded(rows: Sequence[PieceCodes]) -> tuple[PieceCodes, torch.Tensor]:
    """Outfits of any length as (B, N, ...), and (B, N) bool where there is a piece."""
    width = max(len(row.words) for row in rows)
    parts = (pad_sequence(list(part), batch_first=True) for part in zip(*rows, strict=True))
    return PieceCodes(*parts), torch.tensor([[place < len(row.words) for place in range(width)] for row in rows])


def vocabulary_of(outfits: OutfitSet, least: int = 2) -> dict[str, list[str]]:
    """Words that ``least`` pieces or more bear, sorted, and all words of the context."""
    counts: dict[tuple[str, str], int] = {}
    for piece in outfits.pieces.values():
        for name in CODED:
            for word in piece.values(name):
                counts[name, word] = counts.get((name, word), 0) + 1
    found = {
        name: _sorted(word for (own, word), count in counts.items() if own == name and count >= least) for name in CODED
    }
    return found | {f"for_{name}": list(words) for name, words in CONTEXT.items()}


def price_scale_of(outfits: OutfitSet) -> tuple[float, float]:
    """Mean and standard deviation of log2 of the known prices; (0, 1) where fewer than two are known."""
    logs = [float(np.log2(piece.price)) for piece in outfits.pieces.values() if piece.price is not None]
    if len(logs) < 2:
        return 0.0, 1.0
    return round(float(np.mean(logs)), 5), round(max(float(np.std(logs)), 1e-3), 5)


def _sorted(words: Iterable[str]) -> list[str]:
    return sorted(set(words))
