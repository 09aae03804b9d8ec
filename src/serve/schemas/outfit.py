"""What outfits are asked with and what is answered, as types; OpenAPI is made of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from serve.schemas.models import ModelRef
from serve.schemas.tryon import Centimetres, Options

MAX_ITEMS, MAX_OUTFITS = 300, 20
_Word = Annotated[str, Field(min_length=1, max_length=60)]
_ItemId = Annotated[str, Field(min_length=1, max_length=128)]
_Number = Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
Season = Literal["spring", "summer", "autumn", "winter"]
Weather = Literal["hot", "mild", "cold", "rain"]
Occasion = Literal["everyday", "office", "sport", "evening", "outdoor"]


class OutfitItem(Options):
    """One piece of a catalogue; all but `item_id` and `category` can be left out."""

    item_id: _ItemId = Field(examples=["a1"])
    category: _Word = Field(examples=["trousers"])
    attributes: dict[_Word, _Word | list[_Word]] = Field(
        default_factory=dict,
        max_length=20,
        description="color, pattern, material, season, style, department; `GET /v1/models` lists the model's words",
        examples=[{"color": "beige", "material": "linen", "season": ["spring", "summer"]}],
    )
    price: Centimetres | None = Field(default=None, description="In the shop's own currency, above 0", examples=[59])
    embedding: list[_Number] | None = Field(
        default=None, max_length=4096, description="Of its photo, where the model learned from such"
    )


class OutfitsRequest(Options):
    """A catalogue, and what the outfits are for."""

    items: list[OutfitItem] = Field(
        min_length=1,
        max_length=MAX_ITEMS,
        description="What outfits may be made of",
        examples=[
            [
                {"item_id": "a1", "category": "trousers", "attributes": {"color": "beige", "material": "linen"}},
                {"item_id": "b7", "category": "shirt", "attributes": {"color": "white"}, "price": 45},
            ]
        ],
    )
    season: Season | None = Field(default=None, description="Items of other seasons are left out; null = all one")
    weather: Weather | None = Field(default=None, description="In cold and rain every outfit has outerwear")
    occasion: Occasion | None = None
    given: list[_ItemId] = Field(
        default_factory=list, max_length=6, description="Ids of items to be in every outfit", examples=[["a1"]]
    )
    category: _Word | None = Field(
        default=None, description="Of the one item that is looked for; null = whatever completes them"
    )
    num: int = Field(5, ge=1, le=MAX_OUTFITS, description="Outfits at most")
    model: str | None = Field(
        default=None, max_length=200, description="Name of the outfit model", examples=["outfits"]
    )


class NamedItem(BaseModel):
    """A piece of an outfit."""

    item_id: str = Field(examples=["a1"])
    words: str = Field(examples=["beige linen trousers"])


class OutfitReason(BaseModel):
    """One thing that was known, and by how much it moves the score."""

    about: str = Field(
        description="The piece in words, or season, weather, occasion", examples=["beige linen trousers"]
    )
    name: str = Field(examples=["material"])
    words: list[str] = Field(examples=[["linen"]])
    moved: float = Field(description="Of the outfit's logit; above 0 speaks for it", examples=[0.41])


class RankedOutfit(BaseModel):
    """An outfit, and why it ranks where it does."""

    items: list[NamedItem] = Field(description="Given ones first")
    probability: float = Field(
        ge=0, le=1, description="That its pieces go together, against pieces swapped by chance", examples=[0.83]
    )
    why: str = Field(
        description="The strongest reasons as a sentence", examples=["Linen speaks for it in beige linen trousers."]
    )
    reasons: list[OutfitReason] = Field(description="Most first")


class OutfitTimings(BaseModel):
    """Milliseconds a stage took on the server; transfer is not in them."""

    queue: float = Field(ge=0, description="Waiting for its turn", examples=[0.1])
    read: float = Field(ge=0, description="The items", examples=[0.4])
    rank: float = Field(ge=0, description="Building, ranking and explaining", examples=[12.2])
    total: float = Field(ge=0, description="All of these", examples=[12.7])


class Outfits(BaseModel):
    """Ranked outfits, best first."""

    outfits: list[RankedOutfit]
    model: ModelRef
    timings_ms: OutfitTimings
