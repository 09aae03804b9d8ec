"""What OpenAPI says of the bodies that are read by hand, with an example of each."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from serve.schemas import RecognizeRequest
from serve.tryon_schemas import GarmentRequest, TryOnRequest
from serve.uploads import JSON, MULTIPART, Form

REFERENCE = "#/components/schemas/{model}"
_IMAGES = "image/jpeg, image/png, image/webp, image/bmp, image/tiff, image/gif"
REQUESTS: tuple[type[BaseModel], ...] = (RecognizeRequest, TryOnRequest, GarmentRequest)


def body(
    form: Form, request: type[BaseModel], required: list[str], examples: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The ``openapi_extra`` of a route.

    Args:
        form: the fields.
        request: the JSON form.
        required: fields that must be there, of the multipart form.
        examples: JSON bodies by title.
    """
    schema = request.model_json_schema(ref_template=REFERENCE)
    properties = {
        name: {"type": "string", "format": "binary", "description": "The image file"}
        if name in form.images
        else schema["properties"][name]
        for name in form.fields
    }
    multipart = {
        "schema": {"type": "object", "required": required, "properties": properties, "additionalProperties": False},
        "encoding": {
            **{name: {"contentType": _IMAGES} for name in form.images},
            **{name: {"contentType": JSON} for name in form.values},
        },
    }
    reference = {"$ref": REFERENCE.format(model=request.__name__)}
    named = {title: {"value": value} for title, value in examples.items()}
    return {
        "requestBody": {
            "required": True,
            "content": {MULTIPART: multipart, JSON: {"schema": reference, "examples": named}},
        }
    }
