"""Questions about outfits: which piece fills the blank, is this an outfit, and where is the piece that was taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fitroom.data.outfits.pieces import Outfit, OutfitSet

_BLANK, _JUDGED, _FOUND = 1, 2, 3


@dataclass(frozen=True)
class Blank:
    """Which of the candidates belongs to the rest.

    Attributes:
        outfit_id: where the question comes from.
        rest: ids of the other pieces.
        candidates: ids, the right one first; who answers does not learn that.
        context: what the outfit is for.
    """

    outfit_id: str
    rest: tuple[str, ...]
    candidates: tuple[str, ...]
    context: Mapping[str, str]


@dataclass(frozen=True)
class Judged:
    """Pieces, and whether somebody put them together."""

    outfit_id: str
    piece_ids: tuple[str, ...]
    is_outfit: bool
    context: Mapping[str, str]


@dataclass(frozen=True)
class Swap:
    """Pieces that could stand in a place: of the same category, and for the same department as far as it is known."""

    outfits: OutfitSet
    _by_category: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_category", self.outfits.by_category())

    def others(self, outfit: Outfit, place: int) -> list[str]:
        """Ids, sorted; none of the outfit's own."""
        pieces = self.outfits.pieces
        asked = departments(self.outfits, [one for k, one in enumerate(outfit.piece_ids) if k != place])
        found = self._by_category[pieces[outfit.piece_ids[place]].category]
        return [
            one for one in found if one not in outfit.piece_ids and not clash(pieces[one].values("department"), asked)
        ]


def departments(outfits: OutfitSet, piece_ids: list[str]) -> set[str]:
    """For whom pieces are made; unisex ones bind nobody."""
    return {word for one in piece_ids for word in outfits.pieces[one].values("department")} - {"unisex"}


def clash(own: tuple[str, ...], asked: set[str]) -> bool:
    """Whether a piece is made for others than the rest."""
    return bool(asked) and bool(set(own) - {"unisex"}) and not set(own) & asked


def make_blanks(outfits: OutfitSet, num_candidates: int, seed: int) -> list[Blank]:
    """One question an outfit: a piece by chance, among others of its category."""
    swap, found = Swap(outfits), []
    for number, outfit in enumerate(outfits.outfits):
        rng = np.random.default_rng([seed, number, _BLANK])
        place = int(rng.integers(len(outfit.piece_ids)))
        others = swap.others(outfit, place)
        if len(others) >= num_candidates - 1:
            wrong = [others[int(i)] for i in rng.choice(len(others), num_candidates - 1, replace=False)]
            found.append(_blank(outfit, place, wrong))
    return found


def make_searches(outfits: OutfitSet, seed: int) -> list[Blank]:
    """As :func:`make_blanks`, another piece, among all of its category."""
    swap, found = Swap(outfits), []
    for number, outfit in enumerate(outfits.outfits):
        place = int(np.random.default_rng([seed, number, _FOUND]).integers(len(outfit.piece_ids)))
        found.append(_blank(outfit, place, swap.others(outfit, place)))
    return found


def make_judged(outfits: OutfitSet, seed: int) -> list[Judged]:
    """Each outfit, and the same with every piece swapped for another of its category by chance."""
    swap, found = Swap(outfits), []
    for number, outfit in enumerate(outfits.outfits):
        rng = np.random.default_rng([seed, number, _JUDGED])
        found.append(Judged(outfit.outfit_id, outfit.piece_ids, True, outfit.context))
        mixed = [swap.others(outfit, place) for place in range(len(outfit.piece_ids))]
        if all(mixed):
            chosen = tuple(others[int(rng.integers(len(others)))] for others in mixed)
            if len(set(chosen)) == len(chosen):
                found.append(Judged(outfit.outfit_id, chosen, False, outfit.context))
    return found


def _blank(outfit: Outfit, place: int, wrong: list[str]) -> Blank:
    rest = tuple(one for k, one in enumerate(outfit.piece_ids) if k != place)
    return Blank(outfit.outfit_id, rest, (outfit.piece_ids[place], *wrong), outfit.context)
