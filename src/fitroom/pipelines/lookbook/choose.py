"""The outfits of a lookbook: the best of the ranking whose pieces come in a size that fits, not all alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fitroom.errors import DataError
from fitroom.pipelines.lookbook.shelf import Shelf
from fitroom.pipelines.lookbook.sizes import Sizes
from fitroom.pipelines.outfits.pipeline import Scored

REPEATS, LIKED_REPEATS = 2, 3
"""Outfits that show a piece, and a liked one; more only where too few others are left."""


@dataclass(frozen=True)
class Chosen:
    """What was taken of a ranking.

    Attributes:
        outfits: best first.
        too_small: ids of pieces that do not go round in any size; outfits with them were passed over.
    """

    outfits: list[Scored]
    too_small: list[str]


def choose(ranked: Sequence[Scored], shelf: Shelf, sizes: Sizes, liked: Collection[str], num: int) -> Chosen:
    """Up to ``num`` outfits of a ranking, best first.

    Raises:
        DataError: every outfit has a piece that does not go round in any size.
    """
    taken: list[Scored] = []
    spare: list[Scored] = []
    shown: Counter[str] = Counter()
    too_small: list[str] = []
    for score, pieces in ranked:
        ids = [piece.piece_id for piece in pieces]
        small = [one for one in ids if not sizes.goes_round(shelf.articles[one])]
        too_small += [one for one in small if one not in too_small]
        if small:
            continue
        if any(shown[one] >= (LIKED_REPEATS if one in liked else REPEATS) for one in ids):
            spare.append((score, pieces))
            continue
        shown.update(ids)
        taken.append((score, pieces))
        if len(taken) == num:
            break
    if not taken:
        raise DataError(
            "no outfit has all its pieces in a size that goes round", where=shelf.items,
            rule="a size of every piece that is large enough for the shopper", got=", ".join(too_small[:8]),
            fix="add larger sizes to the charts, or look at the shopper's measures again", code="no-outfit",
        )  # fmt: skip
    taken += spare[: num - len(taken)]
    return Chosen(sorted(taken, key=lambda one: -one[0]), too_small)
