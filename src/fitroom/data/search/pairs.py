"""Worn pictures of a wardrobe, each with the shop photo of what is worn: what the embedding network learns from."""

from __future__ import annotations

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
from fitroom.wardrobe.truth.encode import decode_labels, decode_picture

COLUMNS = ("case_id", "person_id", "garment_id", "design_id", "split", "region", "worn", "worn_parse", "garment")
HIDDEN = 0.01  # of the worn picture: of less garment than that nobody could say which it is


@dataclass(frozen=True, eq=False)
class WornPairs:
    """Cut-outs of N worn pictures, and of the M products that they show.

    Attributes:
        manifest: one row a worn picture, in their order: its case, the hash of its pixels, and the garment as group.
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
    """Every worn picture of a split in which the garment is seen, once, with its product.

    Args:
        folder: of a wardrobe, or of several.
        split: "train", "validation" or "test".
        spec: size of the cut-outs.

    Raises:
        DataError: as :class:`~fitroom.data.wardrobe.WardrobeDataset`, or no garment is seen.
    """
    rows: list[tuple[Any, ...]] = []
    worn: list[Cutout] = []
    products: dict[str, tuple[int, Cutout, str]] = {}
    seen: set[str] = set()
    dataset = WardrobeDataset(folder, split, COLUMNS)
    for cells in (dataset.cells(index) for index in range(len(dataset))):
        image_u8 = decode_picture(cells["worn"]["bytes"])
        mask = worn_mask(decode_labels(cells["worn_parse"]["bytes"]), cells["region"])
        digest = pixel_sha256(image_u8)
        if digest in seen or mask.mean() < HIDDEN:
            continue
        seen.add(digest)
        if cells["garment_id"] not in products:
            photo_u8 = decode_picture(cells["garment"]["bytes"])
            cut = cut_out(photo_u8, product_mask(photo_u8), spec)
            products[cells["garment_id"]] = (len(products), cut, pixel_sha256(photo_u8))
        worn.append(cut_out(image_u8, mask, spec))
        height, width = image_u8.shape[:2]
        rows.append((cells["case_id"], digest, width, height, cells["garment_id"], split))
    if not rows:
        raise DataError("no worn garment can be seen", where=folder, rule=f"some in {split}")
    table = pd.DataFrame(rows, columns=["sample_id", "sha256", "width_px", "height_px", "group", "split"])
    text = {name: "str" for name in ("sample_id", "sha256", "group", "split")}
    return WornPairs(
        Manifest(Path(folder), table.astype(text), []),
        [digest for _, _, digest in products.values()],
        worn,
        [cut for _, cut, _ in products.values()],
        list(products),
        np.array([products[garment][0] for garment in table["group"]]),
    )
