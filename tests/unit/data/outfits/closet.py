"""A small closet, made without the wardrobe's catalogue, and outfits the stylist makes of it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from fitroom.data.outfits.pieces import OutfitSet, Piece
from fitroom.data.outfits.stylist import Stylist

STYLES = ("casual", "business", "sporty", "elegant")
COLORS = ("black", "white", "blue", "red", "beige", "green")


def closet(seed: int = 0) -> list[Piece]:
    """Every category in every style, in a few colours and cloths."""
    rng, found = np.random.default_rng(seed), []
    kinds = ("t-shirt", "shirt", "sweater", "jacket", "coat", "trousers", "skirt", "dress", "shorts")
    for category, style, turn in product(kinds, STYLES, range(2)):
        warm = category in ("sweater", "coat")
        attributes = {
            "color": (str(rng.choice(COLORS)),), "pattern": (str(rng.choice(["solid", "solid", "stripe"])),),
            "material": ("wool knit" if warm else str(rng.choice(["jersey", "linen", "twill"])),),
            "season": ("autumn", "winter") if warm else ("spring", "summer", "autumn"), "style": (style,),
            "department": ("female" if category in ("skirt", "dress") else "unisex",),
        }  # fmt: skip
        price = round(float(rng.uniform(20, 90)), 2) if turn else None
        found.append(Piece(f"{category}-{style}-{turn}-{seed}", category, attributes, price))
    return found


def styled(count: int, seed: int = 0, families: tuple[str, ...] = ("classic office", "active")) -> OutfitSet:
    """Outfits of it."""
    pieces = closet(seed)
    stylist = Stylist(pieces, families, seed)
    outfits = [stylist.outfit(number, f"{seed}-{number}") for number in range(count)]
    return OutfitSet(Path("closet"), {piece.piece_id: piece for piece in pieces}, outfits)
