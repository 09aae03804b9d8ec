"""``POST /v1/try-on``: person and garment in, the worn picture out, within the request."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from serve.bodies import body
from serve.problem_codes import BODY, IMAGE, MEASURES, SERVER
from serve.problems import documented
from serve.service import Service
from serve.tryon_form import TRY_ON
from serve.tryon_request import answered, read_try_on
from serve.tryon_schemas import TryOnAnswer, TryOnRequest
from serve.waiting import made_for

_PICTURE = {"schema": {"type": "string", "format": "binary"}}
PICTURES = {f"image/{kind}": _PICTURE for kind in ("jpeg", "png", "webp")}
EXAMPLES: dict[str, dict[str, Any]] = {
    "two photos": {"person": "/9j/4AAQSkZJRgABAQAA...", "garment": "/9j/4AAQSkZJRgABAQAA..."},
    "registered garment, size and body": {
        "person": "/9j/4AAQSkZJRgABAQAA...",
        "garment_id": "tee-4711",
        "size": "M",
        "body_cm": {"height": 172, "chest": 96, "waist": 80},
        "seed": 7,
    },
}
TRY_ON_PROBLEMS = (*BODY, *IMAGE, *MEASURES, *SERVER, "person-missing", "unknown-model", "unknown-garment")
TRY_ON_BODY = body(TRY_ON, TryOnRequest, ["person"], EXAMPLES)


def tryon_routes(service: Service) -> APIRouter:
    """The routes that try on at once."""
    router = APIRouter(prefix="/v1", tags=["try-on"])

    @router.post(
        "/try-on",
        summary="Try a garment on",
        response_model=TryOnAnswer,
        responses={
            200: {"content": PICTURES},
            **documented(*TRY_ON_PROBLEMS),
        },
        openapi_extra=TRY_ON_BODY,
    )
    async def try_on(request: Request) -> Response:
        """Takes both photos as multipart fields or as base64 in JSON; `garment_id` in place of the garment's photo.

        JSON by default; with `Accept: image/*` (or image/jpeg, image/png, image/webp) the picture itself, and what JSON
        would say of it in headers. A size needs a size chart, or `garment_cm`; with `body_cm` the answer tells the fit.
        """
        with service.desk.admit():
            accept = request.headers.get("accept")
            asked = await read_try_on(request, service.settings, service.opened, service.garments, accept)
            made, job = await made_for(request, service.desk, asked.work)
            return answered(request, asked.answer(made, job.queue_s))

    return router
