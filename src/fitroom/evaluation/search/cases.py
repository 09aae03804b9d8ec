"""The frozen cases: pictures of ``benchmarks/wardrobe``, and a catalogue that holds what they show, and more.

catalogue.parquet    garment_id, category, and photo: JPEG or WebP; one row a product
questions.json       which pictures are asked about: [{"case_id", "picture", "garment_id", "region"}, ...];
                     where it is not there, the worn picture of every case
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from fitroom.config import read_typed
from fitroom.contracts import Preprocessing
from fitroom.data.search.cutouts import Cutout, cut_out, product_mask, worn_mask
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import EvaluationError
from fitroom.evaluation.flat.frozen import digest_of, require_frozen
from fitroom.evaluation.search.protocol import SearchProtocol
from fitroom.images import decode_rgb_u8, pixel_sha256
from fitroom.wardrobe.truth.encode import decode_labels, decode_picture

CATALOGUE, QUESTIONS, MANIFEST = "catalogue.parquet", "questions.json", "manifest.json"
Picture = Literal["worn", "person"]
PICTURES: tuple[Picture, ...] = ("worn", "person")
_COLUMNS = ("case_id", "garment_id", "region", *PICTURES, *(f"{picture}_parse" for picture in PICTURES))


@dataclass(frozen=True)
class Question:
    """Which picture of which case is asked about: a row of ``questions.json``.

    Attributes:
        case_id: of the wardrobe.
        picture: the worn one, or the person's, who wears the source garment.
        garment_id, region: what is looked for, and where it is worn.
    """

    case_id: str
    picture: Picture
    garment_id: str
    region: str


@dataclass(frozen=True)
class WornCase:
    """One question, with its picture.

    Attributes:
        case_id, garment_id: of the picture, and what it shows.
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
    fix = "take the repository's folder of products for this version (--catalogue), unaltered"
    require_frozen(protocol.digest, found, f"{wardrobe}, {folder}", fix)
    table = parquet.read_table(folder / CATALOGUE).to_pylist()
    products = {row["garment_id"]: decode_rgb_u8(row["photo"]) for row in table}
    worn = list(_asked(wardrobe, folder))
    if lost := sorted({case.garment_id for case in worn} - set(products)):
        raise EvaluationError("a worn garment is not in the catalogue", where=folder / CATALOGUE, got=", ".join(lost))
    return SearchCases(worn, products, found)


def digest(wardrobe: Path, folder: Path) -> str:
    """SHA-256 (hex) that stands for pictures, products and questions.

    Raises:
        EvaluationError: a file is not there.
    """
    asked = folder / QUESTIONS
    return digest_of([wardrobe / MANIFEST, folder / CATALOGUE, *([asked] if asked.is_file() else [])])


def write_products(path: Path, rows: list[dict[str, object]]) -> None:
    """Writes a catalogue: garment_id, category and photo of each."""
    schema = pa.schema({"garment_id": pa.string(), "category": pa.string(), "photo": pa.binary()})
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def _asked(wardrobe: Path, folder: Path) -> Iterator[WornCase]:
    dataset = WardrobeDataset(wardrobe, "test", _COLUMNS)
    rows = {cells["case_id"]: cells for cells in (dataset.cells(index) for index in range(len(dataset)))}
    for one in _questions(folder / QUESTIONS, list(rows.values())):
        if one.case_id not in rows:
            raise EvaluationError("a question asks about a case that is not there", where=folder, got=one.case_id)
        image_u8 = decode_picture(rows[one.case_id][one.picture]["bytes"])
        parse = decode_labels(rows[one.case_id][f"{one.picture}_parse"]["bytes"])
        name = one.case_id if one.picture == "worn" else f"{one.case_id}/{one.picture}"
        yield WornCase(name, one.garment_id, one.region, image_u8, parse, pixel_sha256(image_u8))


def _questions(path: Path, rows: list[dict[str, Any]]) -> list[Question]:
    if not path.is_file():
        return [Question(cells["case_id"], "worn", cells["garment_id"], cells["region"]) for cells in rows]
    values = json.loads(path.read_text(encoding="utf-8"))
    return [read_typed(Question, value, f"{path.name}[{i}]", EvaluationError) for i, value in enumerate(values)]
