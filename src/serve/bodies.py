"""What OpenAPI says of the bodies that are read by hand, with an example of each."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from serve.schemas.advice import SizeAdviceRequest
from serve.schemas.models import RecognizeRequest
from serve.schemas.outfit import OutfitsRequest
from serve.schemas.search import LookRequest, SimilarRequest, WordsRequest
from serve.schemas.tryon import GarmentRequest, TryOnRequest
from serve.uploads import JSON, MULTIPART, Form

REFERENCE = "#/components/schemas/{model}"
FILE = "(the image file)"
_IMAGES = "image/jpeg, image/png, image/webp, image/bmp, image/tiff, image/gif"
REQUESTS: tuple[type[BaseModel], ...] = (
    RecognizeRequest, TryOnRequest, GarmentRequest, SizeAdviceRequest, OutfitsRequest, WordsRequest, SimilarRequest,
    LookRequest,
)  # fmt: skip


def body(
    form: Form, request: type[BaseModel], required: list[str], examples: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The ``openapi_extra`` of a route.

    Args:
        form: the fields.
        request: the JSON form.
        required: fields that must be there, of the multipart form; there is one where the form has images.
        examples: JSON bodies by title.
    """
    reference = {"$ref": REFERENCE.format(model=request.__name__)}
    named = {title: {"value": value} for title, value in examples.items()}
    content: dict[str, Any] = {JSON: {"schema": reference, "examples": named}}
    if form.images:
        files = {
            title: {"value": {**value, **{name: FILE for name in form.images if name in value}}}
            for title, value in examples.items()
        }
        content = {MULTIPART: {**_multipart(form, request, required), "examples": files}, **content}
    return {"requestBody": {"required": True, "content": content}}


def _multipart(form: Form, request: type[BaseModel], required: list[str]) -> dict[str, Any]:
    schema = request.model_json_schema(ref_template=REFERENCE)
    properties = {
        name: {"type": "string", "format": "binary", "description": "The image file"}
        if name in form.images
        else schema["properties"][name]
        for name in form.fields
    }
    return {
        "schema": {"type": "object", "required": required, "properties": properties, "additionalProperties": False},
        "encoding": {
            **{name: {"contentType": _IMAGES} for name in form.images},
            **{name: {"contentType": JSON} for name in form.values},
        },
    }
