"""What a shop would write beside a garment, and what the recogniser is asked about it."""

from __future__ import annotations

from dataclasses import dataclass

from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.prints import Print, printed_on
from fitroom.wardrobe.patterns.pattern import Design


@dataclass(frozen=True)
class Labels:
    """Answers to the recogniser's questions about one garment.

    Attributes:
        category, cut, sleeve, neckline, length, style: as in :class:`Design`.
        material: as in :class:`Fabric`.
        drape: the drape coefficient, in [0, 1].
        pattern: as in :class:`Print`, after what the material can carry.
        color: basic colour of the ground, one of :data:`palettes.BASIC_COLORS`.
        color_name: its name in the shop.
        colors: basic colours of ground and print, most covering first.
        season: the seasons it is sold for.
    """

    category: str
    cut: str
    material: str
    drape: float
    sleeve: str
    neckline: str
    length: str
    pattern: str
    color: str
    color_name: str
    colors: tuple[str, ...]
    season: tuple[str, ...]
    style: str


def describe(design: Design, fabric: Fabric, decor: Print) -> Labels:
    """The labels of a garment of that style, fabric and print."""
    worn = printed_on(decor, fabric.material)
    main = worn.palette[0]
    return Labels(
        category=design.category,
        cut=design.cut,
        material=fabric.material,
        drape=fabric.drape_coefficient,
        sleeve=design.sleeve,
        neckline=design.neckline,
        length=design.length,
        pattern=worn.pattern,
        color=main.basic,
        color_name=main.name,
        colors=tuple(dict.fromkeys(color.basic for color in worn.palette)),
        season=design.seasons,
        style=design.style,
    )
