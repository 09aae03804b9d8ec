"""Plans shop photos of garments alone: each category equally often, everything from its split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from fitroom.errors import ConfigError
from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.config import MAX_SIDE_PX
from fitroom.wardrobe.fabrics.describe import describe
from fitroom.wardrobe.fabrics.materials import fabric
from fitroom.wardrobe.fabrics.palettes import NAMED
from fitroom.wardrobe.fabrics.prints import print_
from fitroom.wardrobe.outfits import SEASONS, Stylist, Wearer
from fitroom.wardrobe.patterns.pattern import CATEGORIES, SIZES, Category
from fitroom.wardrobe.plan import GarmentPlan, Split
from fitroom.wardrobe.registry import SPLITS, NothingFits, Registry

SHARES: Mapping[Split, float] = {"train": 0.75, "validation": 0.10, "test": 0.15}
SIZE_SHARES = (0.05, 0.10, 0.70, 0.08, 0.05, 0.02)  # of SIZES
VARIED_SHARE = 1 / 3
CLOTH_GROUND_SHARE = 0.5  # of the varied ones
MAX_TURN_DEG, TURN_SIGMA_DEG = 25.0, 9.0
LEAST_WINDOW = 0.86
# The class each category is filed under in the ten-class set of phone photos, which has hats and shoes besides.
CLOTHING_CLASSES: Mapping[Category, str] = {
    "t-shirt": "t-shirt", "polo": "t-shirt", "tank": "t-shirt", "longsleeve": "longsleeve", "sweater": "longsleeve",
    "hoodie": "longsleeve", "shirt": "shirt", "blouse": "shirt", "jacket": "outwear", "coat": "outwear",
    "trousers": "pants", "shorts": "shorts", "skirt": "skirt", "dress": "dress",
}  # fmt: skip
_DESIGNS, _ITEM, _LOOK = 82_001, 82_002, 82_003


@dataclass(frozen=True)
class GarmentsConfig:
    """Which photos.

    Attributes:
        count: about how many; every category gets the same number of them in a split, and one at least.
        seed: of every choice; another seed is another set.
        height_px, width_px: of the photos.
    """

    count: int = 2400
    seed: int = 0
    height_px: int = 320
    width_px: int = 240

    def __post_init__(self) -> None:
        if self.count < 1 or self.seed < 0:
            raise ConfigError(
                "there is nothing to photograph",
                rule="count of at least 1, seed of at least 0",
                got=(self.count, self.seed),
            )
        if not (16 <= self.height_px <= MAX_SIDE_PX and 16 <= self.width_px <= MAX_SIDE_PX):
            raise ConfigError(
                "the picture's size does not fit",
                rule=f"16 to {MAX_SIDE_PX} px a side",
                got=(self.height_px, self.width_px),
            )


@dataclass(frozen=True)
class Look:
    """How a photo differs from the studio's own white one.

    Attributes:
        light: index for ``studio.lights.light``.
        turn_deg: by which the garment lies askew.
        window: (left, top, side), the part of the photo that is kept, as shares of it.
        color: name of the ground's colour, or None.
        cloth: fabric and print of the ground, or None.
    """

    light: int
    turn_deg: float
    window: tuple[float, float, float]
    color: str | None
    cloth: tuple[int, int] | None


@dataclass(frozen=True)
class GarmentItem:
    """One photo.

    Attributes:
        item_id: "test-dress-00003".
        split: everything in it belongs to that split.
        garment: what it shows.
        look: None = the studio's own.
    """

    item_id: str
    split: Split
    garment: GarmentPlan
    look: Look | None

    @property
    def file(self) -> str:
        """Path inside the folder."""
        return f"images/{self.split}/{self.item_id}.jpg"


class GarmentPlanner:
    """Plans photos; the same photo whoever asks, in whatever order, and however many others there are.

    Args:
        config: of the set.
        catalogues: what there is to draw from.
    """

    def __init__(self, config: GarmentsConfig, catalogues: Catalogues) -> None:
        self.config, self.catalogues = config, catalogues
        self.registry: Registry = catalogues.registry()
        self._places = [
            (split, category, number)
            for split in SPLITS
            for category in CATEGORIES
            for number in range(max(1, round(config.count * SHARES[split] / len(CATEGORIES))))
        ]
        self._designs = cache(self._shuffled_designs)

    def __len__(self) -> int:
        return len(self._places)

    def item(self, place: int) -> GarmentItem:
        """The photo at a place from 0 to ``len(self) - 1``.

        Raises:
            NothingFits: the split has no design of the category, or nothing to make it of.
        """
        split, category, number = self._places[place]
        key = [self.config.seed, SPLITS.index(split), CATEGORIES.index(category), number]
        return GarmentItem(
            f"{split}-{category}-{number:05d}",
            split,
            self._garment(split, category, number, np.random.default_rng([*key, _ITEM])),
            self._look(split, np.random.default_rng([*key, _LOOK])),
        )

    def _garment(self, split: Split, category: Category, number: int, rng: np.random.Generator) -> GarmentPlan:
        """Each design once before any comes again."""
        designs = self._designs(split, category)
        index = int(designs[number % len(designs)])
        seasons = self.catalogues.design(index).seasons or SEASONS
        stylist = Stylist(self.catalogues, self.registry, rng)
        size = str(rng.choice(SIZES, p=SIZE_SHARES))
        return stylist.made(index, size, Wearer(0, str(rng.choice(seasons)), split))

    def _shuffled_designs(self, split: Split, category: Category) -> np.ndarray:
        indices = self.registry.indices("design", split)
        found = np.array([i for i in indices if self.catalogues.design(int(i)).category == category], dtype=int)
        if not len(found):
            raise NothingFits(f"the {split} split has no design of a {category}", rule="at least one", got="none")
        key = [self.config.seed, SPLITS.index(split), CATEGORIES.index(category), _DESIGNS]
        return np.random.default_rng(key).permutation(found)

    def _look(self, split: Split, rng: np.random.Generator) -> Look | None:
        if rng.random() >= VARIED_SHARE:
            return None
        side = float(rng.uniform(LEAST_WINDOW, 1.0))
        left, top = (float(rng.uniform(0.0, 1.0 - side)) for _ in range(2))
        turn_deg = float(np.clip(rng.normal(0.0, TURN_SIGMA_DEG), -MAX_TURN_DEG, MAX_TURN_DEG))
        look = Look(self.registry.draw("light", split, rng), turn_deg, (left, top, side), None, None)
        if rng.random() < CLOTH_GROUND_SHARE:
            cloth = self.registry.draw("fabric", split, rng), self.registry.draw("print", split, rng)
            return replace(look, cloth=cloth)
        return replace(look, color=str(rng.choice(list(NAMED))))


def label_row(item: GarmentItem, catalogues: Catalogues) -> dict[str, str]:
    """What is known of a photo, as text by column; several seasons are joined by "|"."""
    garment = item.garment
    labels = describe(catalogues.design(garment.design), fabric(garment.fabric), print_(garment.print))
    return {
        "path": item.file,
        "split": item.split,
        "group": str(garment.design),
        "category": labels.category,
        "clothing_class": CLOTHING_CLASSES[catalogues.design(garment.design).category],
        "cut": labels.cut,
        "material": labels.material,
        "sleeve": labels.sleeve,
        "neckline": labels.neckline,
        "length": labels.length,
        "pattern": labels.pattern,
        "color": labels.color,
        "season": "|".join(labels.season) or "|",
        "style": labels.style,
        "drape": f"{labels.drape:.4f}",
        "color_name": labels.color_name,
        "size": garment.size,
        "photo": garment.photo,
        "look": "varied" if item.look else "studio",
    }
