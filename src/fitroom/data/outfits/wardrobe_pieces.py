"""Pieces of the simulated wardrobe's catalogue: designs in cloth and print, with attributes, no pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from fitroom.data.outfits.pieces import Piece
from fitroom.wardrobe.fabrics.fabric import Material
from fitroom.wardrobe.fabrics.prints import NUM_PRINTS, print_, printed_on
from fitroom.wardrobe.outfits import MATERIALS_OF, PATTERNS, PATTERNS_OF
from fitroom.wardrobe.patterns.catalogue import NUM_DESIGNS, design
from fitroom.wardrobe.plan import Split
from fitroom.wardrobe.registry import hashed_split

# Middle of the prices of a category, in an invented currency; a piece costs 2 ** N(0, 0.6) times that.
PRICES: Mapping[str, float] = {
    "t-shirt": 20, "polo": 35, "shirt": 45, "longsleeve": 25, "sweater": 55, "hoodie": 50, "tank": 15, "blouse": 45,
    "jacket": 110, "coat": 180, "dress": 70, "skirt": 45, "trousers": 60, "shorts": 35,
}  # fmt: skip
PRICE_SPREAD = 0.6
PRICE_KNOWN = 0.8  # share of pieces
_STREAM, _TRIES = 40_221, 60


def wardrobe_pieces(split: Split, count: int) -> list[Piece]:
    """The first ``count`` designs of a split, each once; a piece depends on its design's number alone.

    The catalogue's registry keeps designs of splits apart, so no piece of a test set is met in training.
    """
    found = []
    for index in range(NUM_DESIGNS):
        if hashed_split("design", index) == split:
            found.append(wardrobe_piece(index))
            if len(found) == count:
                break
    return found


def wardrobe_piece(index: int) -> Piece:
    """The piece of one design."""
    made, rng = design(index), np.random.default_rng([index, _STREAM])
    odds = MATERIALS_OF[made.category]
    shares = np.array(list(odds.values()), float)
    material: Material = list(odds)[int(rng.choice(len(shares), p=shares / shares.sum()))]
    weights = np.array(PATTERNS_OF[made.category], float)
    wanted = str(rng.choice(PATTERNS, p=weights / weights.sum()))
    worn = printed_on(print_(_print_of(wanted, rng)), material)
    price = PRICES[made.category] * 2 ** float(rng.normal(0.0, PRICE_SPREAD))
    known = bool(rng.random() < PRICE_KNOWN)
    attributes = {
        "color": tuple(dict.fromkeys(color.basic for color in worn.palette))[:2], "pattern": (worn.pattern,),
        "material": (material,), "season": made.seasons, "style": (made.style,), "department": (made.sex,),
    }  # fmt: skip
    return Piece(f"w{index:04d}", made.category, attributes, round(price, 2) if known else None)


def _print_of(pattern: str, rng: np.random.Generator) -> int:
    """A print that shows the pattern; plain ones where a few tries find none."""
    tried = rng.integers(NUM_PRINTS, size=_TRIES)
    return next((int(i) for i in tried if _pattern(int(i)) == pattern), int(tried[0]))


@cache
def _pattern(index: int) -> str:
    return print_(index).pattern
