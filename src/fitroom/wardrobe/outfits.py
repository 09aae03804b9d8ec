"""What goes together: garments that suit a person, a season and each other, in cloth they are really made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.fabrics.fabric import Material
from fitroom.wardrobe.patterns.pattern import SIZES, Category, Design, Region
from fitroom.wardrobe.plan import GarmentPlan, Split
from fitroom.wardrobe.registry import Registry

SEASONS = ("spring", "summer", "autumn", "winter")
# How often a category is sold in a material. No chiffon below the waist or on one layer: nobody is seen through.
MATERIALS_OF: Mapping[Category, Mapping[Material, float]] = {
    "t-shirt": {"jersey": 9, "linen": 1},
    "polo": {"jersey": 9, "wool knit": 1},
    "shirt": {"poplin": 5, "linen": 2, "twill": 2, "denim": 1, "satin": 0.5},
    "longsleeve": {"jersey": 7, "wool knit": 1},
    "sweater": {"wool knit": 7, "fleece": 1.5, "jersey": 1.5},
    "hoodie": {"fleece": 5, "jersey": 3},
    "tank": {"jersey": 7, "linen": 1, "satin": 1},
    "blouse": {"poplin": 4, "satin": 3, "linen": 2},
    "jacket": {"denim": 3, "leather": 2, "twill": 4, "fleece": 1, "wool knit": 1},
    "coat": {"twill": 4, "wool knit": 4, "leather": 0.5},
    "dress": {"jersey": 3, "poplin": 3, "satin": 2, "linen": 2, "wool knit": 1, "denim": 0.5},
    "skirt": {"twill": 2, "denim": 2, "satin": 1.5, "poplin": 1.5, "linen": 1.5, "leather": 0.7, "jersey": 0.7},
    "trousers": {"denim": 4, "twill": 4, "linen": 1.5, "jersey": 1, "leather": 0.3},
    "shorts": {"twill": 3, "denim": 2, "linen": 1.5, "jersey": 2},
}
TOO_WARM: frozenset[Material] = frozenset({"wool knit", "fleece", "leather"})  # in summer
TOO_THIN: frozenset[Material] = frozenset({"linen", "chiffon"})  # in winter
PATTERNS = ("solid", "stripe", "check", "floral", "dots", "print", "logo", "lettering", "photo")
PATTERNS_OF: Mapping[Category, tuple[float, ...]] = {
    "t-shirt": (40, 12, 0, 3, 2, 8, 15, 15, 5),
    "polo": (65, 25, 0, 0, 2, 3, 5, 0, 0),
    "shirt": (45, 20, 20, 5, 4, 6, 0, 0, 0),
    "longsleeve": (45, 25, 0, 3, 2, 5, 10, 10, 0),
    "sweater": (60, 22, 4, 0, 0, 6, 4, 4, 0),
    "hoodie": (50, 4, 0, 0, 0, 4, 20, 22, 0),
    "tank": (50, 18, 0, 6, 4, 8, 6, 6, 2),
    "blouse": (40, 12, 5, 20, 12, 11, 0, 0, 0),
    "jacket": (85, 0, 10, 0, 0, 5, 0, 0, 0),
    "coat": (80, 0, 20, 0, 0, 0, 0, 0, 0),
    "dress": (40, 8, 6, 25, 8, 11, 0, 0, 2),
    "skirt": (50, 6, 12, 15, 6, 10, 0, 0, 1),
    "trousers": (85, 6, 7, 1, 0, 1, 0, 0, 0),
    "shorts": (70, 8, 8, 5, 0, 9, 0, 0, 0),
}
# Worn under outerwear, and tucked into skirts.
LIGHT_TOPS: frozenset[Category] = frozenset({"t-shirt", "polo", "shirt", "longsleeve", "blouse", "tank"})
# How far the size worn is from the recommended one.
SIZE_OFFSETS: Mapping[int, float] = {-2: 0.05, -1: 0.17, 0: 0.50, 1: 0.18, 2: 0.10}
FLAT_SHARE = 0.6
Fit = Literal["recommended", "any"]


@dataclass(frozen=True)
class Wearer:
    """Whom an outfit is for: number of the body, the season, the split all of it belongs to."""

    body: int
    season: str
    split: Split


class Stylist:
    """Draws garments of one split by chance, for one group.

    Args:
        catalogues: what there is.
        registry: what belongs to the split.
        rng: source of randomness.
    """

    def __init__(self, catalogues: Catalogues, registry: Registry, rng: np.random.Generator) -> None:
        self.catalogues, self.registry, self.rng = catalogues, registry, rng

    def season(self) -> str:
        """One of :data:`SEASONS`."""
        return str(self.rng.choice(SEASONS))

    def garment(
        self,
        wearer: Wearer,
        region: Region,
        *,
        fit: Fit = "any",
        besides: tuple[int, ...] = (),
        under: bool = False,
        category: Category | None = None,
    ) -> GarmentPlan:
        """A garment for someone.

        Args:
            wearer: who.
            region: where it is worn.
            fit: "any" = often a size or two beside the recommended one.
            besides: designs not wanted.
            under: only what fits under a jacket.
            category: only of this; None = any of the region.
        """
        sex = self.catalogues.sex(wearer.body)

        def suits(index: int) -> bool:
            design = self.catalogues.design(index)
            return (
                design.region == region
                and design.sex in (sex, "unisex")
                and (not design.seasons or wearer.season in design.seasons)
                and (not under or design.category in LIGHT_TOPS)
                and index not in besides
                and category in (None, design.category)
            )

        index = self.registry.draw("design", wearer.split, self.rng, suits)
        size = self.catalogues.size(index, wearer.body)
        if fit == "any":
            size = self.near(size)
        return self.made(index, size, wearer)

    def made(self, index: int, size: str, wearer: Wearer) -> GarmentPlan:
        """A design in a size, in cloth and print of its kind."""
        design = self.catalogues.design(index)
        photo: Literal["flat", "ghost"] = "flat" if self.rng.random() < FLAT_SHARE else "ghost"
        fabric, pattern = self._fabric(design, wearer), self.print_(index, wearer.split)
        return GarmentPlan(index, size, fabric, pattern, photo)

    def near(self, size: str) -> str:
        """A size at most two beside ``size``, most often itself."""
        offset = int(self.rng.choice(list(SIZE_OFFSETS), p=list(SIZE_OFFSETS.values())))
        return SIZES[int(np.clip(SIZES.index(size) + offset, 0, len(SIZES) - 1))]

    def print_(self, design: int, split: Split) -> int:
        """A print such as its category is sold with."""
        weights = np.array(PATTERNS_OF[self.catalogues.design(design).category], dtype=float)
        wanted = str(self.rng.choice(PATTERNS, p=weights / weights.sum()))
        prints = self.registry.indices("print", split)
        if not any(self.catalogues.pattern(int(index)) == wanted for index in prints):
            wanted = "solid"  # a small split may hold no lettering: its fonts are all elsewhere
        return self.registry.draw("print", split, self.rng, lambda index: self.catalogues.pattern(index) == wanted)

    def _fabric(self, design: Design, wearer: Wearer) -> int:
        weights = dict(MATERIALS_OF[design.category])
        unsuited = {"summer": TOO_WARM, "winter": TOO_THIN}.get(wearer.season, frozenset())
        fitting = {name: weight for name, weight in weights.items() if name not in unsuited} or weights
        stocked = {self.catalogues.material(int(i)) for i in self.registry.indices("fabric", wearer.split)}
        fitting = {name: weight for name, weight in fitting.items() if name in stocked} or fitting
        shares = np.array(list(fitting.values()))
        material = str(self.rng.choice(list(fitting), p=shares / shares.sum()))
        return self.registry.draw(
            "fabric", wearer.split, self.rng, lambda index: self.catalogues.material(index) == material
        )
