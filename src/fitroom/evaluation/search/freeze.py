"""Makes the cases of ``search@2`` once: what the frozen cases show, and other garments of the test split beside it.

``python -m fitroom.evaluation.search.freeze --photos FOLDER``: photos are taken into FOLDER, in the studio's own light,
of what people wear first, then a category after the other; those that are there are kept, and a garment that fails is
left out. Both pictures of a case are asked about, each once: the worn one, and the person's in the source garment.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fitroom.data.search.cutouts import worn_mask
from fitroom.data.search.pairs import HIDDEN
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.evaluation.search.cases import CATALOGUE, PICTURES, QUESTIONS, Question, write_products
from fitroom.images import decode_rgb_u8, encode_jpeg, encode_webp, pixel_sha256
from fitroom.progress import log, track
from fitroom.runinfo import seed_everything
from fitroom.wardrobe.atelier import Atelier
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.garment_plan import SHARES, GarmentPlanner, GarmentsConfig, label_row
from fitroom.wardrobe.patterns.pattern import CATEGORIES
from fitroom.wardrobe.plan import GarmentPlan
from fitroom.wardrobe.shelves import shipped

SEED = 7
PER_CATEGORY = 90
BOTH_KINDS = 372  # garments of the plan whose photos are flat or on a mannequin; later ones are taken flat, undraped
TAKEN_PX, KEPT_PX = (512, 384), (384, 288)  # height and width
TAKEN_QUALITY, KEPT_QUALITY = 92, 88
_COLUMNS = (
    "case_id", "garment_id", "category", "region", "plan", "source_labels", "garment", "worn", "worn_parse", "person",
    "person_parse",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Takes the photos that are missing, and writes products and questions."""
    parser = argparse.ArgumentParser(prog="python -m fitroom.evaluation.search.freeze", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="gone on with if there")
    parser.add_argument("--total", type=int, default=1000, metavar="N", help="products (1000)")
    parser.add_argument("--wardrobe", type=Path, default=Path("benchmarks/wardrobe"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/search2"), metavar="FOLDER")
    args = parser.parse_args(argv)
    args.photos.mkdir(parents=True, exist_ok=True)
    dataset = WardrobeDataset(args.wardrobe, "test", _COLUMNS)
    cases = [dataset[index] for index in range(len(dataset))]
    rows = {name: _row(name, category, photo_u8) for name, category, photo_u8 in _shown(cases)}
    for name, category, photo_u8 in track(_taken(cases, args.photos), "photographing garments", total=args.total):
        if len(rows) == args.total:
            break
        rows.setdefault(name, _row(name, category, photo_u8))
    questions = list(_questions(cases, rows))
    write_products(args.out / CATALOGUE, [rows[name] for name in sorted(rows)])
    (args.out / QUESTIONS).write_text(json.dumps([asdict(one) for one in questions], indent=0) + "\n", encoding="utf-8")
    log.info("wrote %s: %d products, %d questions", args.out, len(rows), len(questions))
    return 0


def _shown(cases: list[dict[str, Any]]) -> Iterator[tuple[str, str, np.ndarray]]:
    for case in cases:
        yield case["garment_id"], case["category"], case["garment"]


def _taken(cases: list[dict[str, Any]], photos: Path) -> Iterator[tuple[str, str, np.ndarray]]:
    """Name, category and photo of garments: those that people wear in their photos, then those of the plan."""
    planner = GarmentPlanner(GarmentsConfig(_count_for(PER_CATEGORY), SEED, *TAKEN_PX), shipped())
    atelier = Atelier(body_model(), SimulationSettings(*TAKEN_PX, *TAKEN_PX))
    known = {case["garment_id"] for case in cases}
    for case in cases:
        source = GarmentPlan(**case["plan"]["source"])
        if (name := _name(source)) not in known:
            known.add(name)
            yield from _photo(atelier, source, photos / f"source-{name}", case["source_labels"])
    items = [item for item in map(planner.item, range(len(planner))) if item.split == "test"]
    items.sort(key=lambda item: item.item_id.rsplit("-", 1)[1])  # one of each category, then the next
    for item in (*items[:BOTH_KINDS], *(item for item in items[BOTH_KINDS:] if item.garment.photo == "flat")):
        yield from _photo(atelier, item.garment, photos / item.item_id, label_row(item, planner.catalogues))


def _photo(
    atelier: Atelier, plan: GarmentPlan, path: Path, labels: dict[str, Any]
) -> Iterable[tuple[str, str, np.ndarray]]:
    file = path.with_suffix(".jpg")
    if not file.is_file():
        seed_everything(0)
        try:
            image_u8 = atelier.photo(plan).frame.image_u8
        except Exception as error:  # whatever a garment comes to in the making
            log.warning("%s is left out: %s", path.name, error)
            return
        file.write_bytes(encode_jpeg(image_u8, TAKEN_QUALITY))
    yield _name(plan), labels["category"], decode_rgb_u8(file)


def _questions(cases: list[dict[str, Any]], products: Iterable[str]) -> Iterator[Question]:
    """Every picture once that shows enough of a product; worn pictures first, as ``search@1`` asks about them all."""
    known, seen = set(products), set[str]()
    for picture in PICTURES:
        for case in cases:
            name, region = case["garment_id"], case["region"]
            if picture == "person":
                name, region = _name(GarmentPlan(**case["plan"]["source"])), case["source_labels"]["region"]
            digest = pixel_sha256(case[picture])
            shown = worn_mask(case[f"{picture}_parse"], region).mean() >= HIDDEN
            if name in known and digest not in seen and (shown or picture == "worn"):
                seen.add(digest)
                yield Question(case["case_id"], picture, name, region)


def _name(plan: GarmentPlan) -> str:
    """The id of a planned garment: same design, fabric and print, whatever the size."""
    return f"design{plan.design}-fabric{plan.fabric}-print{plan.print}"


def _row(name: str, category: str, photo_u8: np.ndarray) -> dict[str, Any]:
    small = Image.fromarray(photo_u8).resize(KEPT_PX[::-1], Image.Resampling.LANCZOS)
    return {"garment_id": name, "category": category, "photo": encode_webp(np.asarray(small), KEPT_QUALITY)}


def _count_for(per_category: int) -> int:
    """Of all splits together, so that the test split gets so many a category."""
    return round(per_category * len(CATEGORIES) / SHARES["test"])


if __name__ == "__main__":
    raise SystemExit(main())
