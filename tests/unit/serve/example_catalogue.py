"""A catalogue of the page's example garments, indexed by the shipped search bundle, their pictures beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from fitroom.bundles import open_bundle
from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import ATTRIBUTES, Piece
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.search.catalogue import write_catalogue
from fitroom.pipelines.search.embed import EmbedPipeline
from serve.routes.page import FOLDER

SEARCH = Path(__file__).parents[3] / "bundles/search"
UNSEEN = Piece("cap", "hat", {"color": ("red",)})  # has no photo


def write_example_catalogue(folder: Path) -> Path:
    """Writes items.jsonl, the pictures and the index into a folder; gives the index."""
    pieces, looks, embedder = [UNSEEN], {}, EmbedPipeline(open_bundle(SEARCH))
    (folder / "photos").mkdir(parents=True)
    for garment in json.loads((FOLDER / "examples/examples.json").read_text())["garments"]:
        photo, name = FOLDER / "examples" / garment["photo"], Path(garment["photo"]).stem
        shutil.copyfile(photo, folder / "photos" / photo.name)
        attributes = {key: tuple([garment[key]] if isinstance(garment[key], str) else garment[key])
                      for key in ATTRIBUTES if garment.get(key)}  # fmt: skip
        pieces.append(Piece(name, garment["category"], attributes, image=f"photos/{photo.name}"))
        looks[name] = embedder.product_look(decode_rgb_u8(photo))
    write_jsonl(folder / "items.jsonl", pieces, [])
    vectors = {name: look.vector_D for name, look in looks.items()}
    places = {name: look.places for name, look in looks.items() if look.places is not None}
    write_catalogue(
        folder / "index", folder / "items.jsonl", vectors, embedder.bundle.hash, "exact", places=places
    )  # fmt: skip
    return folder / "index"
