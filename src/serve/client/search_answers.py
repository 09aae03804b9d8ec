"""What a catalogue is asked with and what is found, as types of plain values; the server's OpenAPI says what each field
means."""

from __future__ import annotations

from typing import Literal, TypedDict

from serve.client.answers import ModelRef, Warning


class SearchOptions(TypedDict, total=False):
    """How much is wanted of a catalogue."""

    num: int
    category: str


class LookOptions(SearchOptions, total=False):
    """The same, and which garment of a person."""

    part: Literal["top", "outerwear", "dress", "bottom"]


class IndexRef(TypedDict):
    """Which catalogue was searched, to the byte."""

    sha256: str
    num_products: int


class IndexInfo(IndexRef):
    """The catalogue that is searched."""

    kind: Literal["exact", "graph", "qdrant"]
    num_vectors: int
    bundle_sha256: str | None
    categories: list[str]


class FoundProduct(TypedDict):
    """A product of the catalogue."""

    item_id: str
    words: str
    category: str
    attributes: dict[str, list[str]]
    price: float | None
    similarity: float | None
    fits: list[str]
    picture: str | None


class _Found(TypedDict):
    """Who searched, and how long it took."""

    model: ModelRef | None
    index: IndexRef
    timings_ms: dict[str, float]


class FoundByWords(_Found):
    """Products that words ask for, and what was understood of them."""

    products: list[FoundProduct]
    understood: dict[str, list[str]]
    unknown: list[str]


class FoundSimilar(_Found):
    """Products that look like one."""

    products: list[FoundProduct]
    item_id: str | None


class WornGarment(TypedDict):
    """A garment that somebody wears, and products like it."""

    part: Literal["top", "outerwear", "dress", "bottom"]
    products: list[FoundProduct]


class FoundLook(_Found):
    """What somebody wears, garment by garment."""

    worn: list[WornGarment]
    parser: ModelRef
    warnings: list[Warning]
