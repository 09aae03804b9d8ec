"""What planning must know of the catalogues below: how long they are, and a few facts of each thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fitroom.wardrobe.bodies.body import Sex
from fitroom.wardrobe.fabrics.fabric import Material
from fitroom.wardrobe.patterns.pattern import Design
from fitroom.wardrobe.registry import Kind, Registry

NUM_BODIES = 8192


@dataclass(frozen=True)
class Catalogues:
    """The shelves that cases are drawn from.

    Attributes:
        counts: how many things each catalogue holds.
        design: design by number.
        material: what a fabric is made of, by its number.
        pattern: what a print shows ("solid", "stripe" ...), by its number.
        fonts: names of fonts by number of print, where it has one.
        sex: of a body, by its number.
        size: the size a shop would recommend, for numbers of design and body.
        poses: gives the names of all poses.
    """

    counts: Mapping[Kind, int]
    design: Callable[[int], Design]
    material: Callable[[int], Material]
    pattern: Callable[[int], str]
    fonts: Mapping[int, str]
    sex: Callable[[int], Sex]
    size: Callable[[int, int], str]
    poses: Callable[[], tuple[str, ...]]

    def registry(self) -> Registry:
        """Which of the things belong to which split."""
        return Registry(self.counts, self.fonts)
