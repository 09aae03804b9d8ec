"""The shipped catalogues, with what is dear to find out remembered: the sizes that bodies buy.

What needs the body model is imported where it is needed: counting and dividing the catalogues takes no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from fitroom.wardrobe.bodies.body import Sex
from fitroom.wardrobe.catalogues import NUM_BODIES, Catalogues
from fitroom.wardrobe.fabrics.fabric import Material
from fitroom.wardrobe.fabrics.materials import NUM_FABRICS, fabric
from fitroom.wardrobe.fabrics.prints import NUM_PRINTS, print_
from fitroom.wardrobe.patterns.catalogue import NUM_DESIGNS, design
from fitroom.wardrobe.patterns.grading import recommended_size
from fitroom.wardrobe.patterns.pattern import Design
from fitroom.wardrobe.people.appearance import NUM_APPEARANCES
from fitroom.wardrobe.studio.backdrops import NUM_BACKDROPS
from fitroom.wardrobe.studio.lights import NUM_LIGHTS


def shipped() -> Catalogues:
    """Everything the rooms below have on their shelves."""
    fonts = {index: font for index in range(NUM_PRINTS) if (font := print_(index).font) is not None}
    return Catalogues(
        counts={
            "body": NUM_BODIES, "appearance": NUM_APPEARANCES, "design": NUM_DESIGNS, "print": NUM_PRINTS,
            "fabric": NUM_FABRICS, "backdrop": NUM_BACKDROPS, "light": NUM_LIGHTS,
        },
        design=_design,
        material=_material,
        pattern=_pattern,
        fonts=fonts,
        sex=_sex,
        size=_size,
        poses=_poses,
    )  # fmt: skip


@cache
def _design(index: int) -> Design:
    return design(index)


@cache
def _material(index: int) -> Material:
    return fabric(index).material


@cache
def _pattern(index: int) -> str:
    return print_(index).pattern


@cache
def _drawn(body: int) -> tuple[Sex, Mapping[str, float]]:
    """Sex and measures a body was drawn with; solving the body itself takes a thousand times as long."""
    from fitroom.wardrobe.bodies.population import wanted_measures

    return wanted_measures(body)


def _sex(body: int) -> Sex:
    return _drawn(body)[0]


def _size(index: int, body: int) -> str:
    garment = _design(index)
    names = ("waist", "hip") if garment.region == "bottom" else ("chest", "waist")
    return recommended_size(_drawn(body)[1], garment.sex, names)


def _poses() -> tuple[str, ...]:
    from fitroom.wardrobe.bodies.poses import POSES

    return tuple(POSES)
