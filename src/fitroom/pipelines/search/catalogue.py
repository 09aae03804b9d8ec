"""A catalogue that can be searched: its products, and an index of their vectors, in one folder.

folder/
    search.json     version, kind of index, width and number of vectors, the bundle that made them
    items.jsonl     the products, see ``data.outfits.jsonl``; a product's key is its place in this file, from 0
    vectors.*       as the kind of index keeps them; Qdrant keeps them elsewhere
    codes.npy, shares.npy    for the second stage, see ``places``; on this disk whatever the kind
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fitroom.config import read_typed
from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError
from fitroom.pipelines.search.index import VectorIndex
from fitroom.pipelines.search.kinds import Kind, make_index, open_index
from fitroom.pipelines.search.places import PlaceCodes, open_places, write_places
from fitroom.writing import folder_beside

SPEC, ITEMS = "search.json", "items.jsonl"
VERSION = 1


@dataclass(frozen=True)
class CatalogueSpec:
    """What ``search.json`` says.

    Attributes:
        version: of this form.
        kind: of index; see ``kinds``.
        dim: width of the vectors; 0 = there are none, and words are all that can be asked.
        num_vectors: products that have one.
        bundle: SHA-256 of the bundle.json whose network made the vectors; "" = none did.
        location, collection: of a Qdrant index.
        second_stage: whether codes for it are there; an index of before there was one has none.
    """

    version: int
    kind: Kind
    dim: int
    num_vectors: int
    bundle: str
    location: str = ""
    collection: str = ""
    second_stage: bool = False


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Products by key, and their index.

    Attributes:
        folder: it was read from.
        index: of the products that have a vector; None where none has.
        places: of all products, in their order, for the second stage; None where there are none.
    """

    folder: Path
    spec: CatalogueSpec
    products: list[Piece]
    index: VectorIndex | None
    places: PlaceCodes | None = None

    def key(self, product_id: str) -> int:
        """Of a product.

        Raises:
            DataError: there is none of that id.
        """
        for key, product in enumerate(self.products):
            if product.piece_id == product_id:
                return key
        raise DataError(f"the catalogue has no product {product_id!r}", where=self.folder / ITEMS)


def write_catalogue(
    folder: Path, items: Path, vectors: Mapping[str, np.ndarray], bundle: str, kind: Kind = "graph",
    location: str = "", collection: str = "fitroom", places: Mapping[str, PlaceCodes] | None = None,
) -> CatalogueSpec:  # fmt: skip
    """Writes a catalogue; it appears complete or not at all.

    Args:
        folder: new.
        items: JSON lines, copied as they are.
        vectors: (D,) float32 of unit length by product id; empty = search by words alone.
        bundle: see :class:`CatalogueSpec`.
        kind, location, collection: of the index.
        places: for the second stage, of the products that have a vector.

    Raises:
        DataError: as :func:`check_place`, the collection holds vectors already, or the items do not fit.
    """
    check_place(folder, kind, location)
    products = list(read_jsonl(items).pieces.values())
    keys = [key for key, product in enumerate(products) if product.piece_id in vectors]
    dim = len(next(iter(vectors.values()))) if vectors else 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder_beside(folder) as stage:
        shutil.copyfile(items, stage / ITEMS)
        if keys:
            index = make_index(kind, dim, location, collection)
            if len(index):  # what another catalogue counts on would be overwritten, or found beside ours
                raise DataError(
                    "the collection holds vectors already", where=f"{location}, {collection}", rule="a new one",
                    got=f"{len(index)} vectors", fix="another --collection, or remove this one from the server",
                )  # fmt: skip
            index.add(np.array(keys), np.stack([vectors[products[key].piece_id] for key in keys]))
            index.save(stage)
        if places:
            write_places(stage, {key: places[products[key].piece_id] for key in keys}, len(products))
        is_elsewhere = kind == "qdrant"
        spec = CatalogueSpec(
            VERSION, kind, dim, len(keys), bundle, location * is_elsewhere, collection * is_elsewhere, bool(places)
        )  # fmt: skip
        (stage / SPEC).write_text(json.dumps(asdict(spec), indent=1) + "\n", encoding="utf-8")
        stage.rename(folder)
    return spec


def check_place(folder: Path, kind: Kind, location: str) -> None:
    """Before photos are looked at for long.

    Raises:
        DataError: the folder is there already, or nobody says where a Qdrant server is.
    """
    if folder.exists():
        raise DataError("there is something of that name already", where=folder, fix="remove it, or another --out")
    if kind == "qdrant" and not location:
        raise DataError(
            "nobody says where the vectors go", rule="with --kind qdrant a --location, e.g. http://host:6333"
        )


def read_spec(folder: Path) -> CatalogueSpec:
    """What a catalogue says of itself, without its products and vectors.

    Raises:
        DataError: it is no such folder, or of another version.
    """
    try:
        values = json.loads((folder / SPEC).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "this is no catalogue that can be searched", where=folder, rule=f"a folder with {SPEC}", got=str(error),
            fix="fitroom search index CATALOGUE --out DIR makes one",
        ) from error  # fmt: skip
    spec = read_typed(CatalogueSpec, values, SPEC, DataError)
    if spec.version != VERSION:
        raise DataError("the catalogue is of another version", where=folder, rule=str(VERSION), got=spec.version,
                        fix="make it again")  # fmt: skip
    return spec


def open_catalogue(folder: Path) -> Catalogue:
    """What :func:`write_catalogue` wrote.

    Raises:
        DataError: it is no such folder, of another version, or incomplete.
    """
    spec = read_spec(folder)
    products = list(read_jsonl(folder / ITEMS).pieces.values())
    index = open_index(spec.kind, spec.dim, folder, spec.location, spec.collection) if spec.dim else None
    if index is not None and len(index) != spec.num_vectors:
        raise DataError("vectors are missing from the index", where=folder, rule=str(spec.num_vectors), got=len(index),
                        fix="make it again")  # fmt: skip
    places = open_places(folder, len(products)) if spec.second_stage else None
    return Catalogue(folder, spec, products, index, places)
