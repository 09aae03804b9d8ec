"""What a shop sells of every category: which cuts, necklines, sleeves, lengths, seasons and styles go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fitroom.wardrobe.patterns.pattern import Category, Region

Odds = Mapping[str, float]  # name -> how often, in any unit

_UPPER: Odds = {"regular": 5, "fitted": 3, "oversized": 2}
_CASUAL: Odds = {"casual": 6, "street": 2, "sporty": 2}


@dataclass(frozen=True)
class Menu:
    """Odds of one category; the names are those of :class:`Design`.

    Attributes:
        weight: how often the category is drawn.
        women_only: names that men's and unisex pieces do not have.
        year: seasons it is sold in where the sleeve does not decide.
    """

    region: Region
    weight: float
    sex: Odds
    cut: Odds
    neckline: Odds
    sleeve: Odds
    length: Odds
    style: Odds
    year: tuple[str, ...]
    women_only: frozenset[str] = frozenset()


_ALL_YEAR = ("spring", "summer", "autumn", "winter")
_MILD, _COLD, _WARM = ("spring", "summer", "autumn"), ("autumn", "winter"), ("spring", "summer")
_SHARED: Odds = {"female": 5, "male": 4, "unisex": 1.5}
_NONE: Odds = {"none": 1}

MENUS: Mapping[Category, Menu] = {
    "t-shirt": Menu(
        "top", 17, _SHARED, {**_UPPER, "cropped": 0.8}, {"crew": 7, "v": 2, "scoop": 1, "boat": 0.5},
        {"short": 9, "elbow": 1}, {"regular": 8, "long": 1}, _CASUAL, _MILD, frozenset({"cropped", "scoop", "boat"}),
    ),
    "polo": Menu(
        "top", 5, {"female": 2, "male": 5}, {"regular": 6, "fitted": 3}, {"collar": 1}, {"short": 8, "long": 1.5},
        {"regular": 1}, {"casual": 5, "sporty": 3, "business": 2}, _MILD,
    ),
    "shirt": Menu(
        "top", 9, {"female": 3, "male": 6, "unisex": 1}, {"regular": 5, "fitted": 3, "oversized": 1.5}, {"collar": 1},
        {"long": 7, "short": 3}, {"regular": 1}, {"business": 5, "casual": 5, "elegant": 1}, _ALL_YEAR,
    ),
    "longsleeve": Menu(
        "top", 8, _SHARED, _UPPER, {"crew": 5, "v": 2, "turtle": 2, "boat": 1, "scoop": 1}, {"long": 1},
        {"regular": 9, "long": 1}, _CASUAL, ("spring", "autumn", "winter"), frozenset({"boat", "scoop"}),
    ),
    "sweater": Menu(
        "top", 8, _SHARED, {"regular": 5, "oversized": 3, "fitted": 2, "cropped": 0.8},
        {"crew": 5, "v": 3, "turtle": 3}, {"long": 1}, {"regular": 1},
        {"casual": 6, "business": 2, "elegant": 1}, _COLD, frozenset({"cropped"}),
    ),
    "hoodie": Menu(
        "top", 6, {"female": 3, "male": 4, "unisex": 3}, {"regular": 5, "oversized": 4, "cropped": 0.6}, {"hood": 1},
        {"long": 1}, {"regular": 1}, {"street": 4, "sporty": 4, "casual": 4}, ("spring", "autumn", "winter"),
        frozenset({"cropped"}),
    ),
    "tank": Menu(
        "top", 5, {"female": 5, "male": 2}, {"fitted": 5, "regular": 4, "cropped": 1}, {"scoop": 6, "v": 2, "crew": 2},
        {"none": 1}, {"regular": 1}, {"sporty": 4, "casual": 6}, _WARM, frozenset({"cropped"}),
    ),
    "blouse": Menu(
        "top", 6, {"female": 1}, {"regular": 4, "a-line": 3, "fitted": 2},
        {"v": 3, "crew": 2, "collar": 3, "boat": 1.5},
        {"long": 5, "short": 3, "elbow": 2, "none": 1}, {"regular": 8, "long": 1.5},
        {"elegant": 4, "business": 4, "casual": 4}, _MILD,
    ),
    "jacket": Menu(
        "outerwear", 6, _SHARED, {"regular": 6, "oversized": 2, "fitted": 2}, {"collar": 5, "hood": 2, "crew": 2},
        {"long": 1}, {"regular": 1}, {"casual": 5, "street": 3, "sporty": 2, "business": 2},
        ("spring", "autumn", "winter"),
    ),
    "coat": Menu(
        "outerwear", 4, {"female": 5, "male": 4}, {"straight": 5, "a-line": 2, "oversized": 2},
        {"collar": 7, "hood": 2},
        {"long": 1}, {"regular": 3, "knee": 5, "maxi": 1.5}, {"elegant": 4, "business": 4, "casual": 4}, _COLD,
        frozenset({"a-line", "maxi"}),
    ),
    "dress": Menu(
        "dress", 11, {"female": 1}, {"a-line": 4, "fitted": 3, "straight": 3, "flared": 4},
        {"crew": 3, "v": 4, "scoop": 3, "boat": 1.5, "turtle": 0.7}, {"none": 4, "short": 4, "elbow": 1, "long": 3},
        {"mini": 2, "knee": 5, "midi": 4, "maxi": 1.5}, {"elegant": 5, "casual": 5, "business": 2}, _MILD,
    ),
    "skirt": Menu(
        "bottom", 6, {"female": 1}, {"a-line": 4, "straight": 4, "flared": 3}, _NONE, _NONE,
        {"mini": 3, "knee": 5, "midi": 4, "maxi": 1}, {"casual": 5, "elegant": 3, "business": 3}, _ALL_YEAR,
    ),
    "trousers": Menu(
        "bottom", 12, {"female": 5, "male": 5, "unisex": 0.7},
        {"straight": 5, "slim": 4, "wide": 2.5, "flared": 1.5, "tapered": 2}, _NONE, _NONE, {"long": 8, "cropped": 1.5},
        {"casual": 6, "business": 3, "street": 2, "sporty": 1}, _ALL_YEAR, frozenset({"flared", "cropped"}),
    ),
    "shorts": Menu(
        "bottom", 5, {"female": 4, "male": 5}, {"straight": 5, "wide": 2, "slim": 2}, _NONE, _NONE,
        {"short": 4, "regular": 5, "bermuda": 2}, {"casual": 6, "sporty": 4, "street": 1}, _WARM,
    ),
}  # fmt: skip
"""Every category once."""


def seasons_for(menu: Menu, sleeve: str, neckline: str) -> tuple[str, ...]:
    """Seasons of a piece: a turtle neck or long sleeves shorten the summer, bare arms the winter."""
    if neckline in ("turtle", "hood"):
        return tuple(season for season in ("autumn", "winter", "spring") if season in menu.year or season != "spring")
    if menu.region in ("top", "dress") and sleeve in ("none", "short"):
        return tuple(season for season in menu.year if season != "winter") or _WARM
    if menu.region in ("top", "dress") and sleeve == "long" and "summer" in menu.year:
        return ("spring", "autumn")
    return menu.year
