"""Makes the catalogue of ``search@1`` once: the garments of the frozen cases, and others of the test split beside them.

``python -m fitroom.evaluation.search.freeze --photos FOLDER --count 372``: photos are taken into FOLDER, in the
studio's own light, a category after the other; those that are there are kept, and a garment that fails is left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fitroom.data.wardrobe import WardrobeDataset
from fitroom.evaluation.search.cases import CATALOGUE, write_products
from fitroom.images import decode_rgb_u8, encode_jpeg
from fitroom.progress import log, track
from fitroom.runinfo import seed_everything
from fitroom.wardrobe.atelier import Atelier
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.garment_plan import SHARES, GarmentItem, GarmentPlanner, GarmentsConfig, label_row
from fitroom.wardrobe.patterns.pattern import CATEGORIES
from fitroom.wardrobe.shelves import shipped

SEED = 7
PER_CATEGORY = 70
TAKEN_PX, KEPT_PX = (512, 384), (256, 192)  # height and width
_QUALITY = 90


def main(argv: Sequence[str] | None = None) -> int:
    """Takes the photos that are missing, and writes the catalogue."""
    parser = argparse.ArgumentParser(prog="python -m fitroom.evaluation.search.freeze", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="gone on with if there")
    parser.add_argument("--count", type=int, default=372, metavar="N", help="garments beside those of the cases (372)")
    parser.add_argument("--wardrobe", type=Path, default=Path("benchmarks/wardrobe"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/search"), metavar="FOLDER")
    args = parser.parse_args(argv)
    rows = {row["garment_id"]: row for row in (*_of_cases(args.wardrobe), *_taken(args.photos, args.count))}
    write_products(args.out / CATALOGUE, [rows[name] for name in sorted(rows)])
    log.info("wrote %s: %d products", args.out / CATALOGUE, len(rows))
    return 0


def _of_cases(wardrobe: Path) -> Iterator[dict[str, Any]]:
    dataset = WardrobeDataset(wardrobe, "test", ("garment_id", "category", "garment"))
    for cells in (dataset[index] for index in range(len(dataset))):
        yield _row(cells["garment_id"], cells["category"], cells["garment"])


def _taken(photos: Path, count: int) -> Iterator[dict[str, Any]]:
    photos.mkdir(parents=True, exist_ok=True)
    planner = GarmentPlanner(GarmentsConfig(_count_for(PER_CATEGORY), SEED, *TAKEN_PX), shipped())
    items = [item for item in map(planner.item, range(len(planner))) if item.split == "test"]
    items.sort(key=lambda item: item.item_id.rsplit("-", 1)[1])  # one of each category, then the next
    atelier = Atelier(body_model(), SimulationSettings(*TAKEN_PX, *TAKEN_PX))
    for item in track(items[:count], "photographing garments", total=count):
        path = photos / f"{item.item_id}.jpg"
        if path.is_file() or _take(atelier, item, path, planner):
            plan = item.garment
            name = f"design{plan.design}-fabric{plan.fabric}-print{plan.print}"
            yield _row(name, label_row(item, planner.catalogues)["category"], decode_rgb_u8(path))


def _take(atelier: Atelier, item: GarmentItem, path: Path, planner: GarmentPlanner) -> bool:
    seed_everything(0)
    try:
        image_u8 = atelier.photo(item.garment).frame.image_u8
    except Exception as error:  # whatever a garment comes to in the making
        log.warning("%s is left out: %s", item.item_id, error)
        return False
    path.write_bytes(encode_jpeg(image_u8, 92))
    labels = label_row(item, planner.catalogues) | {"plan": asdict(item.garment)}
    path.with_suffix(".json").write_text(json.dumps(labels), encoding="utf-8")
    return True


def _row(name: str, category: str, photo_u8: np.ndarray) -> dict[str, Any]:
    small = Image.fromarray(photo_u8).resize(KEPT_PX[::-1], Image.Resampling.LANCZOS)
    return {"garment_id": name, "category": category, "photo": encode_jpeg(np.asarray(small), _QUALITY)}


def _count_for(per_category: int) -> int:
    """Of all splits together, so that the test split gets so many a category."""
    return round(per_category * len(CATEGORIES) / SHARES["test"])


if __name__ == "__main__":
    raise SystemExit(main())
