"""The contract of outfits: pieces with their attributes, outfits of them with what they are for, and sets of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from fitroom.config import nearest
from fitroom.data.manifest import Manifest
from fitroom.data.source import FIXED_COLUMNS
from fitroom.errors import DataError

# What can be said of a piece besides its category; every one may be missing, and may have several values.
ATTRIBUTES = ("color", "pattern", "material", "season", "style", "department")
SEASONS = ("spring", "summer", "autumn", "winter")
WEATHERS = ("hot", "mild", "cold", "rain")
OCCASIONS = ("everyday", "office", "sport", "evening", "outdoor")
CONTEXT: Mapping[str, tuple[str, ...]] = {"season": SEASONS, "weather": WEATHERS, "occasion": OCCASIONS}
"""What an outfit can be for, each with its words."""
# Where a category is worn: the wardrobe's names, then the semantic categories of Polyvore Outfits.
ROLES: Mapping[str, str] = {
    "t-shirt": "top", "polo": "top", "shirt": "top", "longsleeve": "top", "tank": "top", "blouse": "top",
    "sweater": "top", "hoodie": "top", "jacket": "outerwear", "coat": "outerwear", "dress": "dress",
    "skirt": "bottom", "trousers": "bottom", "shorts": "bottom",
    "tops": "top", "bottoms": "bottom", "all-body": "dress", "outerwear": "outerwear", "shoes": "shoes", "bags": "bag",
    "hats": "hat", "jewellery": "jewellery", "sunglasses": "sunglasses", "scarves": "scarf", "accessories": "accessory",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One product.

    Attributes:
        piece_id: unique in its set.
        category: what it is, see :data:`ROLES`.
        attributes: values by name of :data:`ATTRIBUTES`; what is not there is not known.
        price: in the shop's own currency, above 0; None = not known.
        image: path of its photo, as its file says.
        embedding: of its photo, of any width, the same in a set.
        size_chart: finished measures in cm by size, or the path of a chart's file, as its file says; see
            :func:`~fitroom.data.outfits.charts.chart_of_piece`.
    """

    piece_id: str
    category: str
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    price: float | None = None
    image: str | None = None
    embedding: tuple[float, ...] | None = None
    size_chart: Mapping[str, Mapping[str, object]] | str | None = None

    @property
    def role(self) -> str:
        """Where it is worn; a category that nobody knows is its own role."""
        return ROLES.get(self.category, self.category)

    def values(self, name: str) -> tuple[str, ...]:
        """Of an attribute, or of "category"; empty = not known."""
        return (self.category,) if name == "category" else tuple(self.attributes.get(name, ()))

    def words(self) -> str:
        """As a shop would call it: "beige linen trousers"."""
        named = [*self.values("color")[:1], *self.values("pattern")[:1], *self.values("material")[:1]]
        return " ".join([*(word for word in named if word != "solid"), self.category])


@dataclass(frozen=True)
class Outfit:
    """Pieces that somebody put together.

    Attributes:
        outfit_id: unique in its set.
        piece_ids: two or more.
        context: season, weather, occasion by name of :data:`CONTEXT`; what is not there was not said.
        family: whose taste it is, where known.
    """

    outfit_id: str
    piece_ids: tuple[str, ...]
    context: Mapping[str, str] = field(default_factory=dict)
    family: str | None = None


@dataclass(frozen=True, eq=False)
class OutfitSet:
    """Pieces by id, and the outfits made of them.

    Attributes:
        root: file or folder it was read from.
        pieces: all of them, also those in no outfit.
        outfits: each of pieces that are there.
    """

    root: Path
    pieces: Mapping[str, Piece]
    outfits: list[Outfit]

    def of(self, outfit: Outfit) -> list[Piece]:
        """The pieces of an outfit."""
        return [self.pieces[piece_id] for piece_id in outfit.piece_ids]

    def by_category(self) -> dict[str, list[str]]:
        """Ids of the pieces of each category, sorted."""
        found: dict[str, list[str]] = {}
        for piece_id in sorted(self.pieces):
            found.setdefault(self.pieces[piece_id].category, []).append(piece_id)
        return found

    def sha256(self, outfit: Outfit) -> str:
        """Hash (hex) of all that is known of an outfit, whatever its pieces are called."""
        pieces = sorted(json.dumps(_content(piece), sort_keys=True) for piece in self.of(outfit))
        return hashlib.sha256(json.dumps([dict(sorted(outfit.context.items())), pieces]).encode()).hexdigest()

    def manifest(self, split: str) -> Manifest:
        """The outfits by hash alone, as a run keeps them."""
        rows = pd.DataFrame(
            {
                "sample_id": [outfit.outfit_id for outfit in self.outfits],
                "sha256": [self.sha256(outfit) for outfit in self.outfits],
                "width_px": 0, "height_px": 0, "group": [outfit.family for outfit in self.outfits], "split": split,
            }
        )  # fmt: skip
        types = {name: "int64" if name.endswith("_px") else "str" for name in FIXED_COLUMNS}
        return Manifest(self.root, rows.astype(types)[list(FIXED_COLUMNS)], [])


def _content(piece: Piece) -> list[object]:
    attributes = {name: list(values) for name, values in piece.attributes.items()}
    return [piece.category, attributes, piece.price, piece.embedding]


def check_context(context: Mapping[str, str], where: object, error: type[DataError] = DataError) -> dict[str, str]:
    """The context, if every word of it is known.

    Raises:
        DataError: another name or word, with the nearest.
    """
    for name, word in context.items():
        if name not in CONTEXT:
            raise error(f"an outfit cannot be for a {name!r}", where=where, fix=nearest(name, [*CONTEXT]),
                        code="unknown-word")  # fmt: skip
        if word not in CONTEXT[name]:
            raise error(
                f"there is no {name} {word!r}", where=where, rule=f"one of {', '.join(CONTEXT[name])}",
                fix=nearest(str(word), CONTEXT[name]), code="unknown-word",
            )  # fmt: skip
    return dict(context)


def check_outfit_size(piece_ids: Iterable[str], where: object) -> tuple[str, ...]:
    """The ids, if they are an outfit.

    Raises:
        DataError: fewer than two, or one twice.
    """
    ids = tuple(piece_ids)
    if len(ids) < 2:
        raise DataError(
            "an outfit of one piece says nothing about what goes together", where=where, rule="two pieces or more",
            got=len(ids), fix="add the other pieces, or leave the outfit out",
        )  # fmt: skip
    if len(set(ids)) < len(ids):
        raise DataError("a piece is in the outfit twice", where=where, got=", ".join(sorted(ids)))
    return ids
