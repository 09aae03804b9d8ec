"""Fields of a request to checked options and settings; every fault names its field."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from fastapi import Path
from pydantic import TypeAdapter, ValidationError

from fitroom.config import nearest
from fitroom.data.sizing.measures import checked_measures, drape_of
from fitroom.errors import ConfigError
from fitroom.pipelines.tryon.checked import TryOnSettings
from serve.problems import Problem, from_told
from serve.schemas.tryon import ID_PATTERN, GarmentOptions, Id, Options, TryOnOptions
from serve.uploads import Form

_TEXTS = ("model", "category", "size", "fabric", "garment_id", "format")
TRY_ON = Form(
    images=("person", "garment"),
    texts=_TEXTS,
    values=("size_chart", "garment_cm", "body_cm", "drape", "steps", "guidance", "seed", "visible_label"),
)
GARMENT = Form(images=("garment",), texts=("model", "category", "fabric"), values=("size_chart", "drape"))
RECOGNIZE = Form(images=("image",), texts=("model",))

Said = TypeVar("Said", bound=Options)
_ID = TypeAdapter(Id)


def options_of(kind: type[Said], values: dict[str, Any]) -> Said:
    """The options that fields say.

    Raises:
        Problem: invalid-field.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part)[:40] for part in first["loc"])
        raise Problem("invalid-field", f"`{ascii(where)[1:-1]}` cannot be used", rule=first["msg"]) from None


def checked_id(id: str) -> str:
    """An id that clients chose.

    Raises:
        Problem: invalid-field.
    """
    try:
        return _ID.validate_python(id)
    except ValidationError:
        raise Problem(
            "invalid-field",
            "the id cannot be used",
            rule="1 to 128 letters, digits, '.', '_', '-'",
            got=ascii(id)[:140],
        ) from None


def path_id(example: str) -> Any:
    """What OpenAPI says of such an id in a path. It is told there and not checked: :func:`checked_id` says more."""
    return Path(
        description="Chosen by the client: letters, digits, '.', '_', '-'",
        examples=[example],
        json_schema_extra={"pattern": ID_PATTERN},
    )


def check_garment(options: GarmentOptions) -> None:
    """Looks at all that is said of a garment.

    Raises:
        Problem: invalid-field.
    """
    try:
        TryOnSettings(category=options.category, drape_coefficient=drape_told(options))
        for size, measures in (options.size_chart or {}).items():
            checked_measures(measures, "garment", f"size_chart.{size}")
    except ConfigError as error:
        raise from_told(error) from None


def drape_told(options: GarmentOptions) -> float | None:
    """The drape coefficient of what was said; None = nothing was.

    Raises:
        ConfigError: see :func:`check_garment`, which comes first.
    """
    return drape_of(options.fabric, options.drape, "fabric, drape")


def settings_of(options: TryOnOptions, garment: GarmentOptions) -> TryOnSettings:
    """The pipeline's settings.

    Args:
        options: of the request.
        garment: what was said when the garment was registered; the request's own word goes first.

    Raises:
        Problem: invalid-field.
    """
    said = garment if options.fabric is None and options.drape is None else options
    try:
        return TryOnSettings(
            category=options.category or garment.category,
            garment_cm=_garment_cm(options, options.size_chart or garment.size_chart),
            body_cm=checked_measures(options.body_cm, "body", "body_cm") if options.body_cm else None,
            drape_coefficient=drape_told(said),
            steps=options.steps,
            guidance=options.guidance,
            seed=options.seed,
        )
    except ConfigError as error:
        raise from_told(error) from None


def plain(settings: TryOnSettings) -> dict[str, Any]:
    """Settings as JSON values."""
    return dataclasses.asdict(settings)


def _garment_cm(options: TryOnOptions, chart: dict[str, dict[str, float]] | None) -> dict[str, float] | None:
    if options.garment_cm is not None:
        return checked_measures(options.garment_cm, "garment", "garment_cm")
    if options.size is None:
        return None
    sizes = {label.casefold(): (label, measures) for label, measures in (chart or {}).items()}
    found = sizes.get(options.size.strip().casefold())
    if found is None:
        raise ConfigError(
            "the size is not on the garment's size chart" if chart else "a size means nothing without a size chart",
            rule=f"one of {', '.join(chart)}"
            if chart
            else "a size chart with the garment or the request, or garment_cm",
            got=options.size,
            fix=nearest(options.size, list(chart)) if chart else None,
        )
    return checked_measures(found[1], "garment", f"size_chart.{found[0]}")
