"""Which models answer, what the recogniser answers, and how the server is, as types; OpenAPI is made of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class ModelRef(BaseModel):
    """Which model answered, to the bit."""

    name: str = Field(examples=["clothing-lite1"])
    revision: str = Field(description="First 12 hex digits of the SHA-256 of its weights", examples=["dcb9fa41f69f"])
    bundle_sha256: str = Field(
        description="Names everything in the bundle, preprocessing and calibration included", examples=["0f" * 32]
    )


class ClassAttribute(BaseModel):
    """An attribute that is one of several classes."""

    label: str = Field(description="The most likely class, or `unknown` below the threshold", examples=["cotton"])
    confidence: float = Field(ge=0, le=1, examples=[0.91])
    unknown: bool = Field(examples=[False])


class LabelConfidence(BaseModel):
    """One of several labels."""

    label: str = Field(examples=["pocket"])
    confidence: float = Field(ge=0, le=1, examples=[0.84])


class LabelsAttribute(BaseModel):
    """An attribute that may have any number of labels, most likely first."""

    labels: list[LabelConfidence]


class NumberAttribute(BaseModel):
    """An attribute that is a number, in its own unit."""

    value: float = Field(examples=[0.41])


class Timings(BaseModel):
    """Milliseconds a stage took on the server; waiting and transfer are not in them."""

    decode: float = Field(ge=0, description="Image file to pixels", examples=[2.1])
    preprocess: float = Field(ge=0, description="Pixels to the network's input", examples=[1.4])
    infer: float = Field(ge=0, description="The network", examples=[7.6])


class RecognitionAnswer(BaseModel):
    """What is on the photo."""

    category: str = Field(
        description="The most likely class, or `unknown` below the bundle's threshold", examples=["dress"]
    )
    confidence: float = Field(
        ge=0, le=1, description="Calibrated probability of the most likely class", examples=[0.973]
    )
    unknown: bool = Field(description="True where the confidence is below the bundle's threshold", examples=[False])
    probabilities: dict[str, float] = Field(
        description="Calibrated, by class", examples=[{"dress": 0.973, "skirt": 0.027}]
    )
    attributes: dict[str, ClassAttribute | LabelsAttribute | NumberAttribute] = Field(
        description="One entry for each further question the model answers",
        examples=[{"drape": {"value": 0.41}}],
    )
    model: ModelRef
    timings_ms: Timings
    embedding: list[float] | None = Field(
        None, description="Of unit length, for retrieval by dot product; only with `?embedding=true`"
    )


class HeadInfo(BaseModel):
    """A question the model answers."""

    name: str = Field(examples=["category"])
    kind: Literal["single", "multi", "regression"]
    classes: list[str] = Field(examples=[["dress", "skirt"]])


class ModelInfo(ModelRef):
    """A model that is loaded."""

    kind: Literal["recognizer", "tryon", "parser", "sizing", "body_photo", "outfits", "search"] = Field(
        description="What it does", examples=["tryon"]
    )
    default: bool = Field(
        description="True for the one that answers where a request names none of its kind", examples=[True]
    )
    license: str = Field(examples=["Apache-2.0"])
    runtime: Literal["torch", "onnx"]
    heads: list[HeadInfo] = Field(
        description="Questions that a recogniser answers; empty for other kinds", examples=[[]]
    )
    input_size_px: tuple[int, int] | None = Field(
        None, description="Width and height of the network's input; null for models without pictures",
        examples=[(192, 256)],
    )  # fmt: skip
    steps: int | None = Field(None, description="Denoising steps of a try-on model where the request does not say")
    categories: list[str] | None = Field(None, description="Words for garments that a try-on model knows")
    measures: list[str] | None = Field(None, description="What a size advisor may be told of a body")
    words: dict[str, list[str]] | None = Field(
        None, description="Words that an outfit model knows, by attribute, season, weather and occasion",
        examples=[{"color": ["black", "white"], "occasion": ["office"]}],
    )  # fmt: skip
    card: str = Field(description="The model card, Markdown", examples=["# tryon-compact"])


class IndexRef(BaseModel):
    """Which catalogue was searched, to the byte."""

    sha256: str = Field(description="Of all files of the index", examples=["5e" * 32])
    num_products: int = Field(ge=1, examples=[443])


class IndexInfo(IndexRef):
    """The catalogue that is searched."""

    kind: Literal["exact", "graph", "qdrant"] = Field(description="How vectors are looked for", examples=["graph"])
    num_vectors: int = Field(ge=0, description="Products with a photo; 0 = only words can be asked", examples=[441])
    bundle_sha256: str | None = Field(
        default=None, description="Of the model that made the vectors; null = there are none", examples=["0f" * 32]
    )
    categories: list[str] = Field(description="Of its products", examples=[["dress", "shirt"]])


class ModelList(BaseModel):
    """All models that are loaded, or being loaded."""

    models: list[ModelInfo]
    pose_sha256: str | None = Field(
        default=None, description="Of the pose model that finds the person for try-on models; null = there is none",
        examples=["5c" * 32],
    )  # fmt: skip
    index: IndexInfo | None = Field(default=None, description="The catalogue that is searched; null = there is none")


class Health(BaseModel):
    """State of the server."""

    status: Literal["alive", "ready"]


class RecognizeRequest(BaseModel):
    """The JSON form of a request; multipart spares a third of the bytes."""

    image: str = Field(
        description="The image file in base64; a `data:` URL is fine", examples=["/9j/4AAQSkZJRgABAQAA..."]
    )
    model: str | None = Field(None, description="Name of the model that is to answer", examples=["clothing-lite1"])
