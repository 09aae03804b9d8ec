"""Style families of the stylist: what each likes, in which proportions. Three are held out of training for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Likes = Mapping[str, float]  # word -> liking, 0 = does not care


@dataclass(frozen=True)
class Family:
    """One taste.

    Attributes:
        occasions: how often it dresses for each, in any unit.
        styles, colors, materials, patterns: what it likes or dislikes in pieces.
        categories: which it reaches for; of those not listed it takes any alike.
        tier: price it goes for, as log2 of the category's middle.
        hues: colours beside neutrals that it bears in one outfit.
    """

    occasions: Likes
    styles: Likes
    colors: Likes
    materials: Likes
    patterns: Likes
    categories: Likes
    tier: float = 0.0
    hues: int = 2


FAMILIES: Mapping[str, Family] = {
    "monochrome": Family(
        {"office": 3, "everyday": 3, "evening": 2}, {"elegant": 1, "business": 1},
        {"black": 2, "white": 1.5, "grey": 1.5},
        {"wool knit": 0.5, "twill": 0.5}, {"solid": 1.5}, {"coat": 1, "shirt": 0.5, "trousers": 0.5}, 0.6, 0,
    ),
    "classic office": Family(
        {"office": 6, "evening": 1}, {"business": 2, "elegant": 0.7, "street": -1, "sporty": -1.5},
        {"blue": 1, "white": 1.2, "grey": 1, "black": 0.5}, {"poplin": 1, "twill": 1, "wool knit": 0.5},
        {"solid": 0.8, "stripe": 0.5, "check": 0.3}, {"shirt": 1.5, "blouse": 1, "trousers": 1, "coat": 0.7}, 0.3, 1,
    ),
    "street": Family(
        {"everyday": 5, "sport": 1}, {"street": 2, "sporty": 0.8, "elegant": -1.5, "business": -1.5},
        {"black": 1, "grey": 0.7, "green": 0.5}, {"fleece": 1, "denim": 0.7, "jersey": 0.5},
        {"lettering": 1, "logo": 1, "print": 0.5}, {"hoodie": 1.5, "t-shirt": 0.7, "trousers": 0.5}, -0.2,
    ),
    "active": Family(
        {"sport": 5, "outdoor": 3, "everyday": 1}, {"sporty": 2.2, "elegant": -2, "business": -2},
        {"blue": 0.6, "black": 0.6, "red": 0.5}, {"jersey": 1.2, "fleece": 0.8, "satin": -1},
        {"solid": 0.4, "logo": 0.6}, {"shorts": 1, "tank": 0.8, "hoodie": 0.7, "t-shirt": 0.7}, -0.2,
    ),
    "romantic": Family(
        {"evening": 3, "everyday": 2}, {"elegant": 1.5, "sporty": -1.5, "street": -1},
        {"pink": 1.5, "white": 0.8, "red": 0.7, "purple": 0.7}, {"satin": 1, "poplin": 0.5},
        {"floral": 1.5, "dots": 0.8}, {"dress": 1, "blouse": 1, "skirt": 1}, 0.2,
    ),
    "workwear": Family(
        {"everyday": 4, "outdoor": 3}, {"casual": 1.2, "elegant": -1}, {"blue": 1.2, "brown": 1, "beige": 0.5},
        {"denim": 1.8, "leather": 0.8, "twill": 0.7}, {"check": 1, "solid": 0.4}, {"jacket": 0.8, "trousers": 0.7},
    ),
    "linen summer": Family(
        {"everyday": 3, "outdoor": 2, "office": 1}, {"casual": 0.8},
        {"white": 1, "beige": 1.5, "blue": 0.5, "green": 0.5},
        {"linen": 2.2, "poplin": 0.6, "leather": -1}, {"solid": 0.7, "stripe": 0.5},
        {"shorts": 0.4, "dress": 0.4}, 0.3, 1,
    ),
    "nordic knit": Family(
        {"outdoor": 3, "everyday": 3}, {"casual": 1}, {"beige": 1, "white": 0.8, "grey": 0.8, "blue": 0.5},
        {"wool knit": 2, "fleece": 0.7, "satin": -1}, {"stripe": 0.6, "solid": 0.4},
        {"sweater": 1.5, "coat": 0.5}, 0.3, 1,
    ),
    "color lover": Family(
        {"everyday": 4, "evening": 1}, {"casual": 0.6},
        {"red": 1, "yellow": 1, "green": 0.8, "orange": 0.8, "pink": 0.7, "purple": 0.7, "black": -0.5}, {},
        {"print": 0.6, "stripe": 0.5, "dots": 0.5}, {"dress": 0.4, "skirt": 0.4}, 0.0, 3,
    ),
    # Held out: each a taste of its own, with no family above that is the same under another name.
    "nautical": Family(
        {"everyday": 3, "outdoor": 2}, {"casual": 1}, {"blue": 1.5, "white": 1.5, "red": 1},
        {"jersey": 0.5, "twill": 0.5}, {"stripe": 2.2}, {"longsleeve": 1, "shorts": 0.4}, 0.1,
    ),
    "earthy": Family(
        {"outdoor": 3, "everyday": 3}, {"casual": 0.8, "business": -0.3},
        {"brown": 1.5, "green": 1.3, "orange": 1.2, "beige": 0.7},
        {"leather": 0.6, "wool knit": 0.5, "linen": 0.5}, {"solid": 0.5, "check": 0.6}, {"jacket": 0.5}, 0.1,
    ),
    "evening glamour": Family(
        {"evening": 6}, {"elegant": 2.2, "casual": -0.7, "sporty": -2, "street": -1.5},
        {"black": 1, "red": 1, "purple": 0.7, "blue": 0.4}, {"satin": 2, "leather": 0.7, "fleece": -2},
        {"solid": 0.8}, {"dress": 1, "skirt": 0.6, "coat": 0.6}, 0.9, 1,
    ),
}  # fmt: skip
HELD_OUT = ("nautical", "earthy", "evening glamour")
