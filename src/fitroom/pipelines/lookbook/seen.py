"""What a parser sees worn in a picture, by region, and what follows: a piece that is not there, a dress in the way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fitroom.data.search.cutouts import PARTS_OF_REGION, worn_mask
from fitroom.pipelines.lookbook.shelf import Article
from fitroom.pipelines.tryon.checks import Flag

UNSEEN, IN_DRESS = "piece-unseen", "photo-in-dress"
LEAST_SEEN = 0.02
"""Of the photo: where the parser sees less of a piece's place, the piece is flagged."""
# A parser does not tell a shirt from a light jacket for sure, nor a dress from a top and a skirt.
SEEN_AS: Mapping[str, tuple[str, ...]] = {
    "bottom": ("bottom", "dress"), "dress": ("dress", "top", "bottom"), "top": ("top", "outerwear", "dress"),
    "outerwear": ("outerwear", "top", "dress"),
}  # fmt: skip
Shares = Mapping[str, float]
"""Of a photo, that is clothes of each region, in [0, 1]."""


def shares_of(parse: np.ndarray) -> Shares:
    """Of a parse, (H, W) uint8 of :class:`~fitroom.contracts.Part`."""
    return {region: float(worn_mask(parse, region).mean()) for region in PARTS_OF_REGION}


def seen_of(article: Article, shares: Shares) -> float:
    """Share of the picture that is clothes where the article is worn, in [0, 1]."""
    return sum(shares[region] for region in SEEN_AS[article.region or "top"])


def is_in_dress(shares: Shares) -> bool:
    """Whether most of the clothes that a photo shows are a dress."""
    return shares["dress"] > LEAST_SEEN and shares["dress"] > sum(shares.values()) / 2


def judge_piece(article: Article, shares: Shares, photo: Shares | None) -> list[Flag]:
    """What to say of a picture in which an article was put on.

    Args:
        article: that was put on last.
        shares: of the picture.
        photo: of the shopper's photo, where the article is the first; else None.
    """
    flags = []
    if photo is not None and article.region != "dress" and is_in_dress(photo):
        said = "the photo shows a dress, and its skirt stays to be seen: take a photo in trousers and a close top"
        flags.append(Flag(IN_DRESS, said))
    if (seen := seen_of(article, shares)) < LEAST_SEEN:
        said = f"next to nothing is worn where the {article.piece.words()} should be ({seen:.1%} of the picture)"
        flags.append(Flag(UNSEEN, said))
    return flags
