"""What a parser sees worn in a picture, by region, and what follows: a piece that is not there, a skirt in the way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fitroom.contracts import Part
from fitroom.data.search.cutouts import PARTS_OF_REGION, worn_mask
from fitroom.pipelines.lookbook.shelf import Article
from fitroom.pipelines.tryon.checks import Flag

UNSEEN, IN_SKIRT = "piece-unseen", "photo-in-skirt"
LEAST_SEEN = 0.02
"""Of the photo: where the parser sees less of a piece's place, the piece is flagged."""
# A parser does not tell a shirt from a light jacket for sure, nor a dress from a top and a skirt.
SEEN_AS: Mapping[str, tuple[str, ...]] = {
    "bottom": ("bottom", "dress"), "dress": ("dress", "top", "bottom"), "top": ("top", "outerwear", "dress"),
    "outerwear": ("outerwear", "top", "dress"),
}  # fmt: skip
Shares = Mapping[str, float]
"""Of a photo, that is clothes of each region, in [0, 1]; "skirt" is a part of "bottom"."""


def shares_of(parse: np.ndarray) -> Shares:
    """Of a parse, (H, W) uint8 of :class:`~fitroom.contracts.Part`."""
    skirt = {"skirt": float((parse == Part.SKIRT).mean())}
    return {region: float(worn_mask(parse, region).mean()) for region in PARTS_OF_REGION} | skirt


def seen_of(article: Article, shares: Shares) -> float:
    """Share of the picture that is clothes where the article is worn, in [0, 1]."""
    return sum(shares[region] for region in SEEN_AS[article.region or "top"])


def shows_through(article: Article, photo: Shares) -> bool:
    """Whether the photo shows a dress or a skirt that an article does not cover: a dress under anything else, a skirt
    under trousers or shorts."""
    if article.region == "dress" or article.piece.category == "skirt":
        return False
    dress, skirt = photo["dress"], photo["skirt"] if article.region == "bottom" else 0.0
    return max(dress, skirt) > LEAST_SEEN and dress + skirt > (photo["bottom"] + photo["dress"]) / 2


def judge_piece(article: Article, shares: Shares, photo: Shares | None) -> list[Flag]:
    """What to say of a picture in which an article was put on.

    Args:
        article: that was put on last.
        shares: of the picture.
        photo: of the shopper's photo, where the article is the first; else None.
    """
    flags = []
    if photo is not None and shows_through(article, photo):
        said = "the photo shows a dress or a skirt, which shows through: take a photo in trousers and a close top"
        flags.append(Flag(IN_SKIRT, said))
    if (seen := seen_of(article, shares)) < LEAST_SEEN:
        said = f"next to nothing is worn where the {article.piece.words()} should be ({seen:.1%} of the picture)"
        flags.append(Flag(UNSEEN, said))
    return flags
