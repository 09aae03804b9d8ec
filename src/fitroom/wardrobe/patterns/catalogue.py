"""The catalogue of designs: every garment is a function of its index."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.patterns.details import details_for
from fitroom.wardrobe.patterns.dresses import draft_dress
from fitroom.wardrobe.patterns.menus import MENUS, Menu, Odds, seasons_for
from fitroom.wardrobe.patterns.numbers import numbers_for
from fitroom.wardrobe.patterns.outerwear import draft_outerwear
from fitroom.wardrobe.patterns.pattern import CATEGORIES, Category, Design, Pattern
from fitroom.wardrobe.patterns.skirts import draft_skirt
from fitroom.wardrobe.patterns.tops import draft_top
from fitroom.wardrobe.patterns.trousers import draft_trousers
from fitroom.wardrobe.plan import check_index

NUM_DESIGNS = 4096
_STREAM = 7301  # keeps this catalogue's random numbers apart from others'


def design(index: int) -> Design:
    """Design number ``index``, the same on every machine.

    Raises:
        ConfigError: the index is outside [0, NUM_DESIGNS).
    """
    check_index("design", index, NUM_DESIGNS)
    rng = np.random.default_rng([index, _STREAM])
    category: Category = CATEGORIES[int(rng.choice(len(CATEGORIES), p=_shares()))]
    menu = MENUS[category]
    sex = _draw(rng, menu.sex)
    words = {
        name: _draw(rng, _worn_by(menu, getattr(menu, name), sex)) for name in ("cut", "neckline", "sleeve", "length")
    }
    style = _draw(rng, menu.style)
    bare = Design(
        index=index,
        category=category,
        region=menu.region,
        sex=sex,  # type: ignore[arg-type]
        cut=words["cut"],
        sleeve=words["sleeve"],
        neckline=words["neckline"],
        length="cropped" if words["cut"] == "cropped" else words["length"],
        numbers={},
        seasons=seasons_for(menu, words["sleeve"], words["neckline"]),
        style=style,
    )
    return details_for(numbers_for(bare, rng), rng)


def draft(design: Design, size: str) -> Pattern:
    """The pattern of a design in one size.

    Raises:
        FitroomError: no such size.
    """
    if design.category in ("trousers", "shorts"):
        return draft_trousers(design, size)
    if design.category == "skirt":
        return draft_skirt(design, size)
    if design.region == "outerwear":
        return draft_outerwear(design, size)
    return draft_dress(design, size) if design.region == "dress" else draft_top(design, size)


def _shares() -> np.ndarray:
    weights = np.array([MENUS[category].weight for category in CATEGORIES])
    return weights / weights.sum()


def _worn_by(menu: Menu, odds: Odds, sex: str) -> Odds:
    return odds if sex == "female" else {name: share for name, share in odds.items() if name not in menu.women_only}


def _draw(rng: np.random.Generator, odds: Odds) -> str:
    shares = np.array(list(odds.values()), float)
    return list(odds)[int(rng.choice(len(shares), p=shares / shares.sum()))]
