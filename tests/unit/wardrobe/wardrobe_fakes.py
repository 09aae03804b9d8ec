"""A wardrobe without bodies and cloth: small catalogues, and simulations that take no time, die, hang or fail.

Importable by name, because worker processes import what they are to call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.fabrics.fabric import MATERIALS
from fitroom.wardrobe.garment_plan import GarmentItem, GarmentsConfig
from fitroom.wardrobe.outfits import PATTERNS, SEASONS
from fitroom.wardrobe.patterns.pattern import CATEGORIES, SIZES, Category, Design, Region
from fitroom.wardrobe.plan import GroupPlan
from fitroom.wardrobe.rows import Rejection, Row

MARKS = "FITROOM_TEST_MARKS"  # folder in which a fake notes what it was asked for
REGION_OF: dict[Category, Region] = {
    **dict.fromkeys(("t-shirt", "polo", "shirt", "longsleeve", "sweater", "hoodie", "tank", "blouse"), "top"),
    **dict.fromkeys(("jacket", "coat"), "outerwear"),
    **dict.fromkeys(("skirt", "trousers", "shorts"), "bottom"),
    "dress": "dress",
}  # type: ignore[dict-item]
FOR_WOMEN = {"dress", "skirt", "blouse"}


def design(index: int) -> Design:
    category = CATEGORIES[index % len(CATEGORIES)]
    sex = "female" if category in FOR_WOMEN else ("female", "male", "unisex")[index // len(CATEGORIES) % 3]
    seasons = () if index % 5 else SEASONS[:3]
    return Design(index, category, REGION_OF[category], sex, "straight", "none", "none", "regular", {}, {}, seasons)  # type: ignore[arg-type]


def catalogues() -> Catalogues:
    return Catalogues(
        counts={
            "body": 600, "appearance": 200, "design": 1200, "print": 600, "fabric": 400, "backdrop": 100, "light": 60,
        },
        design=design,
        material=lambda index: MATERIALS[index % len(MATERIALS)],
        pattern=lambda index: PATTERNS[index % len(PATTERNS)],
        fonts={index: f"font{index % 7}" for index in range(600) if PATTERNS[index % len(PATTERNS)] == "lettering"},
        sex=lambda body: "female" if body % 2 else "male",
        size=lambda design, body: SIZES[body // 2 % len(SIZES)],
        poses=lambda: ("standing", "hands on hips", "walking"),
    )  # fmt: skip


def simulate(group: GroupPlan, settings: SimulationSettings) -> Iterator[Row | Rejection]:
    """Pictures of noise that depends on the group's seed; every seventh design is rejected."""
    mark(group)
    rng = np.random.default_rng(group.seed)
    for case in group.cases:
        if case.target.design % 7 == 0:
            yield Rejection(case.case_id, "overstretched", {"strain_p99": 0.7})
            continue
        yield Row(case, columns(case.target.size, settings, rng), {"drape": 0.2, "render": 0.1})


def columns(size: str, settings: SimulationSettings, rng: np.random.Generator) -> dict[str, Any]:
    shape = (settings.height_px, settings.width_px)
    pictures = {name: rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for name in ("person", "garment", "worn")}
    return {
        **pictures,
        "size": size,
        "category": "t-shirt",
        "region": "top",
        "fit": {"overall": "regular"},
        "ease_cm": {"chest": float(rng.normal())},
    }


def mark(group: GroupPlan) -> None:
    if folder := os.environ.get(MARKS):
        (Path(folder) / f"{group.group_id}.{os.getpid()}").touch()


def marked(folder: Path) -> set[str]:
    return {path.name.split(".")[0] for path in folder.iterdir()}


def slow(group: GroupPlan, settings: SimulationSettings) -> Iterator[Row | Rejection]:
    time.sleep(0.15)
    yield from simulate(group, settings)


def dies(group: GroupPlan, settings: SimulationSettings) -> Iterator[Row | Rejection]:
    """As by a segmentation fault, in the third group."""
    if group.group_id.endswith("000002"):
        os.kill(os.getpid(), 11)
    yield from simulate(group, settings)


def hangs(group: GroupPlan, settings: SimulationSettings) -> Iterator[Row | Rejection]:
    if group.group_id.endswith("000002"):
        time.sleep(3600)
    yield from simulate(group, settings)


def fails(group: GroupPlan, settings: SimulationSettings) -> Iterator[Row | Rejection]:
    """With some rows already given."""
    yield from simulate(group, settings)
    if group.group_id.endswith("000002"):
        raise ValueError("a sleeve has no end\nand more")


def always_fails(group: GroupPlan, settings: SimulationSettings) -> Iterator[Row | Rejection]:
    raise ValueError("no cloth")
    yield


def broken_catalogues() -> Catalogues:
    if os.environ.get("FITROOM_TEST_PARENT") != str(os.getpid()):
        raise ImportError("no module named anny")
    return catalogues()


def photograph(item: GarmentItem, config: GarmentsConfig) -> np.ndarray:
    """A picture of noise that depends on the garment; coats cannot be photographed."""
    if "coat" in item.item_id:
        raise ValueError("a coat has no hanger\nand more")
    if folder := os.environ.get(MARKS):
        (Path(folder) / f"{item.item_id}.{os.getpid()}").touch()
    rng = np.random.default_rng([item.garment.design, item.garment.print])
    return rng.integers(0, 256, (config.height_px, config.width_px, 3), dtype=np.uint8)


def photographs_nothing(item: GarmentItem, config: GarmentsConfig) -> np.ndarray:
    raise ValueError("no light")
