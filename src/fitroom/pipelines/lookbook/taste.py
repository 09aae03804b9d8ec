"""How much each piece is to a shopper's liking, from the pieces that the shopper likes.

A liked piece itself counts 1. Another counts by how much it looks like a liked one that is worn in the same place:

    likeness = (similarity - usual) / (1 - usual), at least 0

where similarity is the cosine of the search network's vectors, and usual is the median over all pieces of that place: a
piece no more alike than half of the catalogue counts 0. Of several liked pieces the nearest counts. A liked shirt says
nothing of trousers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fitroom.config import nearest
from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError

VectorsOf = Callable[[list[str]], Mapping[str, np.ndarray]]
"""(D,) of unit length by id, for some ids."""
LIKED = 1.0
"""Logits that an outfit gains whose pieces are all liked; docs/lookbook.md shows what less and more would do."""


def check_liked(liked: Sequence[str], pieces: Mapping[str, Piece], left_out: Mapping[str, str], where: object) -> None:
    """Refuses liked pieces that cannot be known.

    Raises:
        DataError: an id that no item has, with the nearest; or an item that was left out, with why.
    """
    for one in liked:
        if one in left_out:
            raise DataError(
                f"the liked item {one!r} cannot be shown", where=where, got=left_out[one],
                fix="add it to the item, or leave the item out of the liked ones", code="unknown-item",
            )  # fmt: skip
        if one not in pieces:
            raise DataError(f"there is no item {one!r} to like", where=where, rule="the id of an item",
                            fix=nearest(one, sorted(pieces)[:200]), code="unknown-item")  # fmt: skip


def likings(pieces: Mapping[str, Piece], liked: Sequence[str], vectors_of: VectorsOf | None) -> dict[str, float]:
    """How much each piece is to the liking, in [0, 1]; what is not there counts 0.

    Args:
        pieces: by id, the liked ones among them.
        liked: ids.
        vectors_of: says how pieces look; None = looks do not count, only the liked pieces themselves.
    """
    found = dict.fromkeys(liked, 1.0)
    if vectors_of is None:
        return found
    for role in sorted({pieces[one].role for one in liked}):
        ids = sorted(one for one, piece in pieces.items() if piece.role == role)
        vectors = vectors_of(ids)
        there = [one for one in ids if one in vectors]
        matrix_ND = np.stack([vectors[one] for one in there])
        for one in (one for one in liked if one in vectors):
            for other, value in zip(there, _likeness(matrix_ND @ vectors[one], there.index(one)), strict=True):
                found[other] = max(found.get(other, 0.0), float(value))
    return found


def _likeness(similarity_N: np.ndarray, own: int) -> np.ndarray:
    """(N,) in [0, 1]; see the file's first lines."""
    others = np.delete(similarity_N, own)
    usual = float(np.median(others)) if len(others) else 0.0
    likeness_N: np.ndarray = np.clip((similarity_N - usual) / max(1 - usual, 1e-6), 0.0, 1.0)
    return likeness_N
