"""What a catalogue is asked with and what is found, as types; OpenAPI is made of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from serve.schemas.models import IndexRef, ModelRef
from serve.schemas.tryon import Options, Warning

MAX_FOUND, MAX_WORDS = 50, 200
Part = Literal["top", "outerwear", "dress", "bottom"]


class SearchOptions(Options):
    """How much is wanted; all of it can be left out."""

    num: int = Field(10, ge=1, le=MAX_FOUND, description="Products at most, of each garment", examples=[5])
    category: str | None = Field(
        default=None, max_length=60, examples=["dress"],
        description="Look among products of it alone; `GET /v1/models` lists the catalogue's",
    )  # fmt: skip


class WordsRequest(SearchOptions):
    """What is looked for, in English or Chinese or both."""

    words: str = Field(min_length=1, max_length=MAX_WORDS, examples=["red cotton dress for summer"])


class SimilarOptions(SearchOptions):
    """A product of the catalogue."""

    item_id: str | None = Field(default=None, max_length=200, description="Of a product of the catalogue",
                                examples=["a17"])  # fmt: skip


class SimilarRequest(SimilarOptions):
    """A product of the catalogue, or the shop photo of one that need not be in it."""

    image: str | None = Field(
        default=None, description="Shop photo on a plain ground, base64; or give `item_id`", examples=["/9j/4AAQ..."]
    )


class LookOptions(SearchOptions):
    """Which garment."""

    part: Part | None = Field(
        default=None, description="Look for one garment alone; null = all that are seen", examples=["bottom"]
    )


class LookRequest(LookOptions):
    """A photo of somebody who wears what is looked for."""

    person: str = Field(
        description="Photo of someone, base64; a `data:` URL is fine", examples=["/9j/4AAQSkZJRgABAQAA..."]
    )


class FoundProduct(BaseModel):
    """A product of the catalogue."""

    item_id: str = Field(examples=["a17"])
    words: str = Field(description="As a shop would call it", examples=["red poplin dress"])
    category: str = Field(examples=["dress"])
    attributes: dict[str, list[str]] = Field(
        description="As the catalogue says them", examples=[{"color": ["red"], "season": ["summer"]}]
    )
    price: float | None = Field(default=None, description="In the shop's own currency", examples=[59])
    similarity: float | None = Field(
        default=None, ge=-1, le=1, examples=[0.83],
        description="Cosine to what was asked with, to the middle of the best where words were asked; "
                    "null where the product has no photo",
    )  # fmt: skip
    fits: list[str] = Field(description="Attributes in which it is what the words ask for", examples=[["color"]])
    picture: str | None = Field(
        default=None, description="Path of its picture on this server; null where it has none to show",
        examples=["/v1/pictures/a17"],
    )  # fmt: skip


class SearchTimings(BaseModel):
    """Milliseconds a stage took on the server, 0 where it is not needed; transfer is not in them."""

    queue: float = Field(ge=0, description="Waiting for its turn", examples=[0.1])
    decode: float = Field(ge=0, description="Image file to pixels", examples=[4.2])
    parse: float = Field(ge=0, description="What somebody wears where", examples=[61.0])
    embed: float = Field(ge=0, description="Garments to vectors", examples=[20.5])
    search: float = Field(ge=0, description="Words or vectors to products", examples=[0.4])
    total: float = Field(ge=0, description="All of these", examples=[86.2])


class Found(BaseModel):
    """What every answer tells of who gave it."""

    model: ModelRef | None = Field(default=None, description="That made the vectors; null where there are none")
    index: IndexRef
    timings_ms: SearchTimings


class FoundByWords(Found):
    """Products that words ask for: those that fit in most attributes first, then those that look most like the best."""

    products: list[FoundProduct] = Field(description="Empty where none fits in anything")
    understood: dict[str, list[str]] = Field(
        description="Words of the catalogue by attribute, any of which fits",
        examples=[{"color": ["red"], "category": ["dress"]}],
    )
    unknown: list[str] = Field(description="Words that were passed over", examples=[["sparkly"]])


class FoundSimilar(Found):
    """Products that look like one, nearest first; one that was asked with by its id is not among them."""

    products: list[FoundProduct]
    item_id: str | None = Field(default=None, description="That was asked with", examples=["a17"])


class WornGarment(BaseModel):
    """A garment that somebody wears."""

    part: Part
    products: list[FoundProduct] = Field(description="That it may be, the likeliest first")


class FoundLook(Found):
    """What somebody wears, garment by garment."""

    worn: list[WornGarment] = Field(description="Empty where the part that was asked for is not seen")
    parser: ModelRef = Field(description="That told the garments apart")
    warnings: list[Warning] = Field(description="Why the answer deserves less trust", examples=[[]])
