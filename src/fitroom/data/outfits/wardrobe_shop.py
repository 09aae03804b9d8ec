"""A simulated wardrobe as a shop and its customers: what outfits, search and lookbooks are tried with.

python -m fitroom.data.outfits.wardrobe_shop --wardrobe benchmarks/wardrobe --out shop

shop/
    items.jsonl         every garment once, with its photo and the size chart of its own sewing pattern
    garments/*.jpg
    people/<id>.jpg     people seen from head to foot
    people/<id>.yaml    what `fitroom lookbook --shopper` is told of them: sex, height, weight, a tape measure or two
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fitroom.config import parse_config
from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import Piece
from fitroom.data.outfits.wardrobe_pieces import wardrobe_piece
from fitroom.data.wardrobe import stream
from fitroom.errors import DataError
from fitroom.images import encode_jpeg
from fitroom.progress import log
from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.grading import SIZES
from fitroom.writing import folder_beside

COLUMNS = ("garment_id", "person_id", "garment", "person", "category", "material", "pattern", "colors", "plan")
TAPE = ("chest", "waist", "hip")
_QUALITY = 90


@dataclass
class ShopConfig:
    """Writes a shop out of a wardrobe."""

    out: str
    """Folder to write, new."""
    wardrobe: str = "benchmarks/wardrobe"
    """Folder of a wardrobe."""
    split: str = "test"
    """Whose cases."""


def size_chart(index: int) -> dict[str, dict[str, float]]:
    """Finished measures in cm of a design, by size, smallest first."""
    drawn = design(index)
    return {
        size: {name: round(float(value), 1) for name, value in draft(drawn, size).measures_cm.items()} for size in SIZES
    }


def shop_piece(row: Mapping[str, Any], image: str) -> Piece:
    """The garment of a row of a wardrobe; its price is invented."""
    index = row["plan"]["target"]["design"]
    drawn = design(index)
    attributes = {
        "color": tuple(row["colors"][:2]), "pattern": (row["pattern"],), "material": (row["material"],),
        "season": drawn.seasons, "style": (drawn.style,), "department": (drawn.sex,),
    }  # fmt: skip
    price = wardrobe_piece(index).price
    return Piece(row["garment_id"], row["category"], attributes, price, image, None, size_chart(index))


def shopper_of(row: Mapping[str, Any], photo: str) -> dict[str, Any]:
    """What the person of a row would tell: sex, height, weight, and a tape round chest, waist and hip."""
    from fitroom.wardrobe.bodies.population import wanted_measures

    sex, drawn = wanted_measures(row["plan"]["person"]["body"])
    body = {name: round(float(row["body_cm"][name]), 1) for name in TAPE}
    height, weight = round(float(row["body_cm"]["height"]), 1), round(float(drawn["mass"]), 1)
    return {"photo": photo, "sex": sex, "height": height, "weight": weight, "body": body}


def write_shop(wardrobe: Path, split: str, out: Path) -> tuple[int, int]:
    """Writes a shop; it appears complete or not at all.

    Returns:
        How many garments and how many people there are in it.

    Raises:
        DataError: the wardrobe cannot be read, or there is something of that name already.
    """
    if out.exists():
        raise DataError("there is something of that name already", where=out, fix="remove it, or another --out")
    pieces: dict[str, Piece] = {}
    people: set[str] = set()
    with folder_beside(out) as stage:
        for folder in ("garments", "people"):
            (stage / folder).mkdir()
        for row in stream(wardrobe, split, (*COLUMNS, "body_cm")):
            name, person = row["garment_id"], row["person_id"]
            if name not in pieces:
                pieces[name] = shop_piece(row, f"garments/{name}.jpg")
                (stage / "garments" / f"{name}.jpg").write_bytes(encode_jpeg(row["garment"], _QUALITY))
            if person not in people and row["plan"]["person"]["framing"] == "full":
                people.add(person)
                _write_person(stage / "people" / person, row)
        write_jsonl(stage / "items.jsonl", (pieces[name] for name in sorted(pieces)), [])
        out.parent.mkdir(parents=True, exist_ok=True)
        stage.rename(out)
    return len(pieces), len(people)


def _write_person(path: Path, row: Mapping[str, Any]) -> None:
    path.with_name(f"{path.name}.jpg").write_bytes(encode_jpeg(row["person"], _QUALITY))
    text = yaml.safe_dump(shopper_of(row, f"{path.name}.jpg"), sort_keys=False)
    path.with_name(f"{path.name}.yaml").write_text(text, encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """``--out FOLDER [any field of ShopConfig]``."""
    config = parse_config(ShopConfig, list(argv or []), prog="python -m fitroom.data.outfits.wardrobe_shop")
    garments, people = write_shop(Path(config.wardrobe), config.split, Path(config.out))
    log.info("%s: %d garments, %d people", config.out, garments, people)
    return 0


if __name__ == "__main__":
    import sys

    from fitroom.progress import setup_logging

    setup_logging()
    raise SystemExit(main(sys.argv[1:]))
