"""``POST /v1/try-on``: person and garment in, the worn picture out, within the request."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from serve.bodies import FILE, body
from serve.problem_codes import BODY, IMAGE, MEASURES, SERVER
from serve.problems import documented
from serve.schemas.tryon import TryOnAnswer, TryOnRequest
from serve.service import Service
from serve.tryon_form import TRY_ON
from serve.tryon_request import answered, read_try_on
from serve.waiting import made_for

_PICTURE = {"schema": {"type": "string", "format": "binary"}, "example": FILE}
PICTURES: dict[str, Any] = {
    "content": {f"image/{kind}": _PICTURE for kind in ("jpeg", "png", "webp")},
    "headers": {
        name: {"description": f"With a picture: {what}", "schema": {"type": "string", "examples": [example]}}
        for name, what, example in (
            ("X-Fitroom-Model", "the model's name", "tryon-compact"),
            ("X-Fitroom-Bundle-SHA256", "the hash of its bundle", "0f" * 32),
            ("X-Fitroom-Pose-SHA256", "the hash of the pose model that looked for the person, if one did", "5c" * 32),
            ("X-Fitroom-Seed", "of the noise", "0"),
            ("X-Fitroom-Steps", "denoising steps", "1"),
            ("X-Fitroom-Warnings", "codes, a comma between", "garment-on-person"),
            ("X-Fitroom-Fit", "as in JSON, or null", "null"),
            ("X-Fitroom-AI-Generated", "always true", "true"),
            ("Server-Timing", "milliseconds by stage", "queue;dur=0.1, worn;dur=180"),
        )
    },
}
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
            200: PICTURES,
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
