"""Pictures of a wardrobe's people, each with the shop photo of what is worn: what the search network learns from.

A case has two: the worn picture, and the person's in the source garment, where some case has the shop photo of that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitroom.contracts import Preprocessing
from fitroom.data.manifest import Manifest
from fitroom.data.search.cutouts import Cutout, cut_out, product_mask, worn_mask
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import DataError
from fitroom.images import pixel_sha256
from fitroom.wardrobe.plan import GarmentPlan
from fitroom.wardrobe.truth.encode import decode_labels, decode_picture

COLUMNS = (
    "case_id", "person_id", "garment_id", "design_id", "split", "region", "plan", "source_labels", "worn", "worn_parse",
    "person", "person_parse", "garment",
)  # fmt: skip
HIDDEN = 0.01  # of the picture: of less garment than that nobody could say which it is


@dataclass(frozen=True, eq=False)
class WornPairs:
    """Cut-outs of N worn pictures, and of the M products that they show.

    Attributes:
        manifest: one row a picture, in their order: its case (and "/person"), the hash of its pixels, and the garment
            as group.
        product_hashes: of the pixels of the shop photos.
        worn: N.
        products: M.
        product_ids: M, of the garments.
        product_of_N: (N,) int, place of the product that each shows.
    """

    manifest: Manifest
    product_hashes: list[str]
    worn: list[Cutout]
    products: list[Cutout]
    product_ids: list[str]
    product_of_N: np.ndarray

    def __len__(self) -> int:
        return len(self.worn)


def read_pairs(folder: str | Path, split: str, spec: Preprocessing) -> WornPairs:
    """Every picture of a split in which a garment is seen, once, with its product.

    Args:
        folder: of a wardrobe, or of several.
        split: "train", "validation" or "test".
        spec: size of the cut-outs.

    Raises:
        DataError: as :class:`~fitroom.data.wardrobe.WardrobeDataset`, or no garment is seen.
    """
    dataset = WardrobeDataset(folder, split, COLUMNS)
    products = _products(dataset, spec)
    places = {name: place for place, name in enumerate(products)}
    rows: list[tuple[Any, ...]] = []
    worn: list[Cutout] = []
    seen: set[tuple[str, str]] = set()
    for sample_id, name, region, image, parse in _shown(dataset):
        if name not in products:
            continue
        image_u8 = decode_picture(image)
        mask, digest = worn_mask(decode_labels(parse), region), pixel_sha256(image_u8)
        if (digest, region) in seen or mask.mean() < HIDDEN:
            continue
        seen.add((digest, region))
        worn.append(cut_out(image_u8, mask, spec))
        height, width = image_u8.shape[:2]
        rows.append((sample_id, digest, width, height, name, split))
    if not rows:
        raise DataError("no worn garment can be seen", where=folder, rule=f"some in {split}")
    table = pd.DataFrame(rows, columns=["sample_id", "sha256", "width_px", "height_px", "group", "split"])
    text = {name: "str" for name in ("sample_id", "sha256", "group", "split")}
    return WornPairs(
        Manifest(Path(folder), table.astype(text), []),
        [digest for _, digest in products.values()],
        worn,
        [cut for cut, _ in products.values()],
        list(products),
        np.array([places[name] for name in table["group"]]),
    )


def name_of(plan: GarmentPlan) -> str:
    """The id of a planned garment: same design, fabric and print, whatever the size."""
    return f"design{plan.design}-fabric{plan.fabric}-print{plan.print}"


def source_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Id and region of the garment that the person of a row wears in their photo."""
    return name_of(GarmentPlan(**row["plan"]["source"])), str(row["source_labels"]["region"])


def _products(dataset: WardrobeDataset, spec: Preprocessing) -> dict[str, tuple[Cutout, str]]:
    """Cut-out and hash of the shop photo of every garment that has one, by its id."""
    found: dict[str, tuple[Cutout, str]] = {}
    for cells in (dataset.cells(index) for index in range(len(dataset))):
        if cells["garment_id"] not in found:
            photo_u8 = decode_picture(cells["garment"]["bytes"])
            cut = cut_out(photo_u8, product_mask(photo_u8), spec)
            found[cells["garment_id"]] = cut, pixel_sha256(photo_u8)
    return found


def _shown(dataset: WardrobeDataset) -> Iterator[tuple[str, str, str, bytes, bytes]]:
    """Name of the picture, garment, region, picture and parse of all that people wear, worn picture and person's."""
    for cells in (dataset.cells(index) for index in range(len(dataset))):
        worn, person = ((cells[name]["bytes"], cells[f"{name}_parse"]["bytes"]) for name in ("worn", "person"))
        yield cells["case_id"], cells["garment_id"], cells["region"], *worn
        plain = {name: json.loads(cells[name]) for name in ("plan", "source_labels")}
        yield f"{cells['case_id']}/person", *source_of(plain), *person
