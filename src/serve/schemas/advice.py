"""What size advice is asked with and what is answered, as types; OpenAPI is made of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from serve.schemas.models import ModelRef
from serve.schemas.tryon import Centimetres, Id, Measures, Options, SizeChart

Region = Literal["top", "outerwear", "dress", "bottom"]
FitLabel = Literal["tight", "regular", "loose"]


class SizeAdviceOptions(Options):
    """A body as far as it is known, and a garment's sizes; of the body everything can be left out."""

    model: str | None = Field(
        default=None, max_length=200, description="Name of the size advisor", examples=["size-advisor"]
    )
    sex: Literal["female", "male"] | None = Field(
        default=None, description="As the body surveys know it; left out, both are allowed for"
    )
    body_cm: Measures = Field(
        default_factory=dict,
        max_length=40,
        description="Height and tape measures, any of them",
        examples=[{"height": 172, "waist": 80}],
    )
    weight_kg: Centimetres | None = Field(default=None, examples=[65])
    age_years: Centimetres | None = Field(default=None, examples=[34])
    measured: bool = Field(False, description="A trained hand measured: take the numbers as exact")
    size_chart: SizeChart | None = Field(
        default=None,
        max_length=40,
        description="Finished garment measures in cm by size, smallest first, girths whole; or give `garment_id`",
        examples=[{"S": {"chest": 100, "length": 68}, "M": {"chest": 104, "length": 70}}],
    )
    garment_id: Id | None = Field(
        default=None, description="A garment that was registered with its size chart", examples=["tee-4711"]
    )
    region: Region | None = Field(
        default=None, description="Where it is worn; else what the garment's category or the chart's measures say"
    )
    prefer: Literal["tighter", "regular", "looser"] = Field("regular", description="How the shopper likes to wear it")


class SizeAdviceRequest(SizeAdviceOptions):
    """What is told, and a photo of the shopper beside it."""

    person: str | None = Field(
        default=None,
        description="Photo of the shopper: one person, standing, facing the camera, head to feet; base64. `body_cm` "
        "must hold the height then",
        examples=["/9j/4AAQSkZJRgABAQAA..."],
    )


class PlaceFit(BaseModel):
    """One place of one size: garment less body in cm; negative = stretched."""

    ease_cm: float = Field(description="Median over the bodies that fit the answers", examples=[8.1])
    low_cm: float = Field(description="Lower end of the middle 80 %", examples=[4.9])
    high_cm: float = Field(description="Upper end of the middle 80 %", examples=[11.2])
    label: FitLabel = Field(description="The likeliest")
    shares: dict[FitLabel, float] = Field(
        description="Probability of each", examples=[{"tight": 0.02, "regular": 0.9, "loose": 0.08}]
    )


class Hem(BaseModel):
    """Where the garment's length ends on the body."""

    words: str = Field(examples=["between hip and crotch"])
    height_cm: float = Field(description="Above the floor, median", examples=[78.4])
    low_cm: float = Field(description="Lower end of the middle 80 %", examples=[76.9])
    high_cm: float = Field(description="Upper end of the middle 80 %", examples=[80.0])


class SizeFit(BaseModel):
    """One size of the chart on this body."""

    size: str = Field(examples=["M"])
    probability: float = Field(ge=0, le=1, description="That it is the best of the chart", examples=[0.71])
    places: dict[str, PlaceFit] = Field(
        description="By place, those that decide first",
        examples=[
            {
                "chest": {
                    "ease_cm": 8.1,
                    "low_cm": 4.9,
                    "high_cm": 11.2,
                    "label": "regular",
                    "shares": {"tight": 0.02, "regular": 0.9, "loose": 0.08},
                }
            }
        ],
    )
    hem: Hem | None = Field(default=None, description="Null where the chart has no length from a known place")


class BodyRange(BaseModel):
    """What is believed of one measure of the body."""

    median: float = Field(examples=[92.3])
    low: float = Field(description="Lower end of the middle 80 %", examples=[87.5])
    high: float = Field(description="Upper end of the middle 80 %", examples=[97.4])
    unit: Literal["cm", "kg", "years"]


class AdviceTimings(BaseModel):
    """Milliseconds a stage took on the server; transfer is not in them."""

    queue: float = Field(ge=0, description="Waiting for its turn", examples=[0.1])
    decode: float = Field(ge=0, description="Image file to pixels; 0 without a photo", examples=[4.2])
    read: float = Field(ge=0, description="The photo to readings of the body; 0 without a photo", examples=[410.0])
    body: float = Field(ge=0, description="From the answers to the body and its uncertainty", examples=[2.9])
    sizes: float = Field(ge=0, description="Every size of the chart on it", examples=[1.6])
    total: float = Field(ge=0, description="All of these", examples=[418.8])


class SizeAdvice(BaseModel):
    """The recommended size, and why."""

    size: str = Field(description="The recommended one", examples=["M"])
    probability: float = Field(ge=0, le=1, description="That it is the best of the chart", examples=[0.71])
    words: str = Field(
        description="All of it as a sentence", examples=["M (71%): chest right (8 cm of room), ends at the hip."]
    )
    region: Region
    prefer: Literal["tighter", "regular", "looser"]
    sizes: list[SizeFit] = Field(description="Every size, in the chart's order; probabilities add up to 1")
    body: dict[str, BodyRange] = Field(
        description="What follows from the answers, by measure",
        examples=[{"chest": {"median": 92.3, "low": 87.5, "high": 97.4, "unit": "cm"}}],
    )
    remarks: list[str] = Field(
        description="What to look at again: answers that fit the others badly, and how little a photo is to be trusted",
        examples=[[]],
    )
    garment_id: str | None = Field(default=None, description="Where its chart was registered", examples=["tee-4711"])
    model: ModelRef
    reader: ModelRef | None = Field(default=None, description="That read the photo; null = there was none")
    parser: ModelRef | None = Field(default=None, description="That told the photo's parts")
    timings_ms: AdviceTimings
