"""The frozen cases: worn pictures of ``benchmarks/wardrobe``, and a catalogue that holds what they show, and more.

catalogue.parquet    garment_id, category, and photo: JPEG of 256 x 192 px; one row a product
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from fitroom.contracts import Preprocessing
from fitroom.data.search.cutouts import Cutout, cut_out, product_mask, worn_mask
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import EvaluationError
from fitroom.evaluation.search.protocol import SearchProtocol
from fitroom.images import pixel_sha256
from fitroom.wardrobe.truth.encode import decode_labels, decode_picture

CATALOGUE, MANIFEST = "catalogue.parquet", "manifest.json"
_COLUMNS = ("case_id", "garment_id", "region", "worn", "worn_parse")


@dataclass(frozen=True)
class WornCase:
    """One question.

    Attributes:
        case_id, garment_id: of the worn picture, and what it shows.
        region: where that is worn.
        image_u8, parse: (H, W, 3) and (H, W) uint8.
        sha256: of the picture's pixels.
    """

    case_id: str
    garment_id: str
    region: str
    image_u8: np.ndarray
    parse: np.ndarray
    sha256: str

    def cutout(self, spec: Preprocessing) -> Cutout:
        """Of the garment that is asked for."""
        return cut_out(self.image_u8, worn_mask(self.parse, self.region), spec)


@dataclass(frozen=True, eq=False)
class SearchCases:
    """Worn pictures, the products' photos (H, W, 3) uint8 by garment id, and SHA-256 that stands for both."""

    worn: list[WornCase]
    products: dict[str, np.ndarray]
    digest: str

    def catalogue(self, spec: Preprocessing) -> list[Cutout]:
        """Cut-outs of the products, in their order."""
        return [cut_out(photo_u8, product_mask(photo_u8), spec) for photo_u8 in self.products.values()]


def read_cases(wardrobe: Path, folder: Path, protocol: SearchProtocol) -> SearchCases:
    """The cases of two folders.

    Raises:
        EvaluationError: they are not those the protocol is frozen for, or a worn garment is not in the catalogue.
        DataError: files that do not fit.
    """
    found = digest(wardrobe, folder)
    if protocol.digest != found:
        raise EvaluationError(
            "these are not the cases that the protocol is frozen for", where=f"{wardrobe}, {folder}",
            rule=f"digest {protocol.digest[:12]}", got=found[:12],
            fix="take benchmarks/wardrobe and benchmarks/search unaltered",
        )  # fmt: skip
    table = parquet.read_table(folder / CATALOGUE).to_pylist()
    products = {row["garment_id"]: decode_picture(row["photo"]) for row in table}
    worn = list(_worn(wardrobe))
    if lost := sorted({case.garment_id for case in worn} - set(products)):
        raise EvaluationError("a worn garment is not in the catalogue", where=folder / CATALOGUE, got=", ".join(lost))
    return SearchCases(worn, products, found)


def digest(wardrobe: Path, folder: Path) -> str:
    """SHA-256 (hex) that stands for worn pictures and catalogue.

    Raises:
        EvaluationError: a file is not there.
    """
    parts = []
    for path in (wardrobe / MANIFEST, folder / CATALOGUE):
        if not path.is_file():
            raise EvaluationError("a file of the cases is not there", where=path, fix="take the repository's")
        parts.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def write_products(path: Path, rows: list[dict[str, object]]) -> None:
    """Writes a catalogue: garment_id, category and photo of each."""
    schema = pa.schema({"garment_id": pa.string(), "category": pa.string(), "photo": pa.binary()})
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def _worn(wardrobe: Path) -> Iterator[WornCase]:
    dataset = WardrobeDataset(wardrobe, "test", _COLUMNS)
    for cells in (dataset.cells(index) for index in range(len(dataset))):
        image_u8 = decode_picture(cells["worn"]["bytes"])
        parse = decode_labels(cells["worn_parse"]["bytes"])
        yield WornCase(
            cells["case_id"], cells["garment_id"], cells["region"], image_u8, parse, pixel_sha256(image_u8)
        )  # fmt: skip
