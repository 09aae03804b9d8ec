"""What is sent and answered, as types of plain values; the server's OpenAPI says what each field means."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Measures = dict[str, float]
SizeChart = dict[str, Measures]


class GarmentOptions(TypedDict, total=False):
    """What may be said of a garment beside its photo."""

    model: str
    category: str
    size_chart: SizeChart
    fabric: str
    drape: float


class TryOnOptions(GarmentOptions, total=False):
    """What may be said beside the photos of a try-on."""

    size: str
    garment_cm: Measures
    body_cm: Measures
    steps: int
    guidance: float
    seed: int
    format: Literal["jpeg", "png", "webp"]
    visible_label: bool


class AdviceOptions(TypedDict, total=False):
    """What may be said of a body and of how it likes its clothes."""

    model: str
    sex: Literal["female", "male"]
    body_cm: Measures
    weight_kg: float
    age_years: float
    measured: bool
    region: Literal["top", "outerwear", "dress", "bottom"]
    prefer: Literal["tighter", "regular", "looser"]


class OutfitItem(TypedDict):
    """One piece of a catalogue."""

    item_id: str
    category: str
    attributes: NotRequired[dict[str, str | list[str]]]
    price: NotRequired[float]
    embedding: NotRequired[list[float]]


class OutfitOptions(TypedDict, total=False):
    """What outfits are for, and what is in each."""

    season: Literal["spring", "summer", "autumn", "winter"]
    weather: Literal["hot", "mild", "cold", "rain"]
    occasion: Literal["everyday", "office", "sport", "evening", "outdoor"]
    given: list[str]
    category: str
    num: int
    model: str


class ModelRef(TypedDict):
    """Which model answered, to the bit."""

    name: str
    revision: str
    bundle_sha256: str


class ModelInfo(ModelRef):
    """A model that is loaded."""

    kind: Literal["recognizer", "tryon", "parser", "sizing", "outfits", "search"]
    default: bool
    license: str
    runtime: Literal["torch", "onnx"]
    heads: list[dict[str, Any]]
    input_size_px: list[int] | None
    steps: int | None
    categories: list[str] | None
    measures: list[str] | None
    words: dict[str, list[str]] | None
    card: str


class Warning(TypedDict):
    """Why an answer deserves less trust."""

    code: str
    message: str


class Fit(TypedDict):
    """How the garment fits, from its measures and the body's."""

    region: str
    ease_cm: Measures
    labels: dict[str, str]
    garment_cm: Measures
    body_cm: Measures


class TryOnAnswer(TypedDict):
    """The person in the garment; :func:`serve.client.picture_of` gives the picture's bytes."""

    image: str
    media_type: str
    width_px: int
    height_px: int
    ai_generated: bool
    model: ModelRef
    pose_sha256: str | None
    seed: int
    steps: int
    garment_id: str | None
    category: str | None
    size: str | None
    fit: Fit | None
    warnings: list[Warning]
    timings_ms: dict[str, float]


class TryOnJob(TypedDict):
    """A try-on that was asked for by an id."""

    id: str
    state: Literal["queued", "running", "done", "failed"]
    position: int | None
    created_utc: str
    result: TryOnAnswer | None
    problem: dict[str, Any] | None


class Garment(TypedDict):
    """A garment that was registered."""

    id: str
    sha256: str
    width_px: int
    height_px: int
    model: ModelRef
    category: str | None
    sizes: list[str]
    size_chart: SizeChart | None
    drape: float | None
    warnings: list[Warning]


class RecognitionAnswer(TypedDict):
    """What is on a photo."""

    category: str
    confidence: float
    unknown: bool
    probabilities: dict[str, float]
    attributes: dict[str, dict[str, Any]]
    model: ModelRef
    timings_ms: dict[str, float]
    embedding: NotRequired[list[float]]


class PlaceFit(TypedDict):
    """One place of one size: garment less body in cm."""

    ease_cm: float
    low_cm: float
    high_cm: float
    label: Literal["tight", "regular", "loose"]
    shares: dict[str, float]


class Hem(TypedDict):
    """Where the garment's length ends on the body."""

    words: str
    height_cm: float
    low_cm: float
    high_cm: float


class SizeFit(TypedDict):
    """One size of the chart on this body."""

    size: str
    probability: float
    places: dict[str, PlaceFit]
    hem: Hem | None


class SizeAdvice(TypedDict):
    """The recommended size, and why."""

    size: str
    probability: float
    words: str
    region: str
    prefer: str
    sizes: list[SizeFit]
    body: dict[str, dict[str, Any]]
    remarks: list[str]
    garment_id: str | None
    model: ModelRef
    reader: ModelRef | None
    parser: ModelRef | None
    timings_ms: dict[str, float]


class RankedOutfit(TypedDict):
    """An outfit, and why it ranks where it does."""

    items: list[dict[str, str]]
    probability: float
    why: str
    reasons: list[dict[str, Any]]


class Outfits(TypedDict):
    """Ranked outfits, best first."""

    outfits: list[RankedOutfit]
    model: ModelRef
    timings_ms: dict[str, float]
