"""What try-on and garment requests hold and what is answered, as types; OpenAPI is made of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fitroom.pipelines.tryon import MAX_STEPS
from fitroom.pipelines.tryon.checked import MAX_GUIDANCE
from serve.problems import ProblemDetails
from serve.schemas.models import ModelRef

MAX_SEED = 2**53 - 1  # beyond it JavaScript rounds
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
Id = Annotated[str, Field(pattern=ID_PATTERN, examples=["tee-4711"])]
Centimetres = Annotated[float, Field(allow_inf_nan=False)]
Measures = dict[Annotated[str, Field(max_length=40)], Centimetres]
SizeChart = dict[Annotated[str, Field(min_length=1, max_length=20)], Measures]
PictureFormat = Literal["jpeg", "png", "webp"]


class Options(BaseModel):
    """What clients say: numbers may not come as text, and a field that nobody reads is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", strict=True)


class GarmentOptions(Options):
    """What may be said of a garment beside its photo; all of it can be left out."""

    model: str | None = Field(
        default=None, max_length=200, description="Name of the try-on model", examples=["tryon-compact"]
    )
    category: str | None = Field(
        default=None, max_length=40, description="What it is; else a recogniser says", examples=["t-shirt"]
    )
    size_chart: SizeChart | None = Field(
        default=None,
        max_length=40,
        description="Finished garment measures in cm by size, girths whole",
        examples=[{"M": {"chest": 104, "length": 70}, "L": {"chest": 108, "length": 72}}],
    )
    fabric: str | None = Field(
        default=None, max_length=40, description="Its material: how it hangs", examples=["denim"]
    )
    drape: Centimetres | None = Field(default=None, ge=0, le=1, description="The same as a number: 0 limp to 1 stiff")


class TryOnOptions(GarmentOptions):
    """All that may be said beside the photos; all of it can be left out."""

    size: str | None = Field(
        default=None, max_length=20, description="A size of the garment's size chart", examples=["M"]
    )
    garment_cm: Measures | None = Field(
        default=None, description="Finished measures of the size that is tried on, in place of size and chart"
    )
    body_cm: Measures | None = Field(
        default=None, description="Tape measures of the body", examples=[{"height": 172, "chest": 96, "waist": 80}]
    )
    steps: int | None = Field(
        default=None, ge=1, le=MAX_STEPS, description="Denoising steps; the model's own where left out"
    )
    guidance: Centimetres | None = Field(default=None, ge=0, le=MAX_GUIDANCE, description="Above 1 stresses the sizes")
    seed: int = Field(0, ge=0, le=MAX_SEED, description="Of the noise: the same request and seed give one picture")
    format: PictureFormat = Field("jpeg", description="Of the picture")
    visible_label: bool = Field(False, description='Writes "AI-generated" on the picture; its metadata always says so')


class TryOnRequest(TryOnOptions):
    """The JSON form of a try-on; multipart has the same fields, objects and numbers written as JSON."""

    person: str = Field(
        description="Photo of someone, base64; a `data:` URL is fine", examples=["/9j/4AAQSkZJRgABAQAA..."]
    )
    garment: str | None = Field(
        default=None, description="Product photo, base64; or give `garment_id`", examples=["/9j/4AAQ..."]
    )
    garment_id: Id | None = Field(default=None, description="A garment registered by `PUT /v1/garments/{id}`")


class GarmentRequest(GarmentOptions):
    """The JSON form of a garment's registration."""

    garment: str = Field(
        description="Product photo, base64; a `data:` URL is fine", examples=["/9j/4AAQSkZJRgABAQAA..."]
    )


class Warning(BaseModel):
    """Why an answer deserves less trust."""

    code: str = Field(description="Stable, for programs", examples=["garment-on-person"])
    message: str = Field(description="For people", examples=["the garment photo seems to show a person"])


class Fit(BaseModel):
    """How the garment fits, from its measures and the body's."""

    region: Literal["top", "bottom", "dress", "outerwear"]
    ease_cm: dict[str, float] = Field(
        description="Garment less body by place, cm; negative = stretched", examples=[{"chest": 8.0, "waist": 20.0}]
    )
    labels: dict[str, Literal["tight", "regular", "loose"]] = Field(
        description="By place, and `overall` where the deciding places are known",
        examples=[{"chest": "regular", "waist": "regular", "overall": "regular"}],
    )
    garment_cm: dict[str, float] = Field(
        description="Measures that were used", examples=[{"chest": 104.0, "waist": 100.0}]
    )
    body_cm: dict[str, float] = Field(description="Measures that were used", examples=[{"chest": 96.0, "waist": 80.0}])


class TryOnTimings(BaseModel):
    """Milliseconds a stage took on the server; transfer is not in them."""

    queue: float = Field(ge=0, description="Waiting for its turn", examples=[0.1])
    decode: float = Field(ge=0, description="Image files to pixels", examples=[4.2])
    check: float = Field(ge=0, description="Who is in the photo, is the garment alone, what is it", examples=[21.5])
    garment: float = Field(ge=0, description="The garment's features; near 0 where they are known", examples=[0.1])
    worn: float = Field(ge=0, description="The picture", examples=[180.3])
    encode: float = Field(ge=0, description="Pixels to the image file", examples=[6.4])
    total: float = Field(ge=0, description="All of these", examples=[212.6])


class TryOnAnswer(BaseModel):
    """The person in the garment."""

    image: str = Field(description="The picture, base64", examples=["/9j/4AAQSkZJRgABAQAA..."])
    media_type: Literal["image/jpeg", "image/png", "image/webp"]
    width_px: int = Field(description="The person photo's, turned upright", examples=[384])
    height_px: int = Field(examples=[512])
    ai_generated: Literal[True] = Field(True, description="The file's metadata says so too (IPTC DigitalSourceType)")
    model: ModelRef
    pose_sha256: str | None = Field(
        default=None,
        description="Of the pose model that looked for the person in the photo; null = none did",
        examples=["5c" * 32],
    )
    seed: int = Field(examples=[7])
    steps: int = Field(examples=[1])
    garment_id: str | None = Field(default=None, description="Where it was registered")
    category: str | None = Field(
        default=None, description="That was told or recognised; null = not known", examples=["t-shirt"]
    )
    size: str | None = Field(default=None, description="That was tried on", examples=["M"])
    fit: Fit | None = Field(
        default=None,
        description="Null where garment or body measures or the category are not known",
        examples=[
            {
                "region": "top",
                "ease_cm": {"chest": 8.0, "waist": 20.0},
                "labels": {"chest": "regular", "waist": "regular", "overall": "regular"},
                "garment_cm": {"chest": 104.0, "waist": 100.0},
                "body_cm": {"chest": 96.0, "waist": 80.0},
            }
        ],
    )
    warnings: list[Warning]
    timings_ms: TryOnTimings


class TryOnJob(BaseModel):
    """A try-on that was asked for by an id."""

    id: str = Field(examples=["order-17"])
    state: Literal["queued", "running", "done", "failed"]
    position: int | None = Field(
        default=None, ge=1, description="In line, 1 = next; null once it is computed", examples=[3]
    )
    created_utc: str = Field(examples=["2026-01-31T09:30:00.000Z"])
    result: TryOnAnswer | None = Field(default=None, description="Where it is done")
    problem: ProblemDetails | None = Field(default=None, description="Where it failed")


class Garment(BaseModel):
    """A garment that was registered."""

    id: str = Field(examples=["tee-4711"])
    sha256: str = Field(description="Of the image file", examples=["a3" * 32])
    width_px: int = Field(examples=[600])
    height_px: int = Field(examples=[800])
    model: ModelRef
    category: str | None = Field(
        default=None, description="That was told or recognised; null = not known", examples=["t-shirt"]
    )
    sizes: list[str] = Field(description="Of its size chart", examples=[["S", "M", "L"]])
    size_chart: SizeChart | None = Field(
        default=None,
        description="As it was told",
        examples=[
            {"S": {"chest": 100, "length": 68}, "M": {"chest": 104, "length": 70}, "L": {"chest": 108, "length": 72}}
        ],
    )
    drape: float | None = Field(default=None, description="As it was told, or of the fabric", examples=[0.35])
    warnings: list[Warning]


class GarmentList(BaseModel):
    """All garments of this client."""

    garments: list[Garment]
