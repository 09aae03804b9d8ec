"""``POST /v1/recognize`` and ``GET /v1/models``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from serve.bodies import body
from serve.problem_codes import BODY, IMAGE, SERVER
from serve.problems import documented
from serve.products import index_info
from serve.schemas.models import ModelList, RecognitionAnswer, RecognizeRequest
from serve.service import Service
from serve.tryon_form import RECOGNIZE
from serve.uploads import read_upload
from serve.waiting import made_for
from serve.workers.opened import RECOGNIZER
from serve.workers.work import Work

_EXAMPLES = {
    "first model": {"image": "/9j/4AAQSkZJRgABAQAA..."},
    "named model": {"image": "/9j/4AAQSkZJRgABAQAA...", "model": "clothing-lite1"},
}


def recognize_routes(service: Service) -> APIRouter:
    """The recogniser's routes."""
    router = APIRouter(prefix="/v1", tags=["recognize"])

    @router.post(
        "/recognize",
        summary="Name the garment on a photo",
        response_model=RecognitionAnswer,
        response_model_exclude_none=True,
        responses=documented(*BODY, *IMAGE, *SERVER, "unknown-model", "invalid-parameter"),
        openapi_extra=body(RECOGNIZE, RecognizeRequest, ["image"], _EXAMPLES),
    )
    async def recognize(
        request: Request, embedding: Annotated[bool, Query(description="Answer with the embedding too")] = False
    ) -> RecognitionAnswer:
        """Takes the photo as the multipart field `image`, or as base64 in JSON.

        JPEG, PNG, WebP, BMP, TIFF and still GIF, turned upright by their EXIF orientation, laid on white where
        transparent. An answer below the model's calibrated threshold has `unknown: true`.
        """
        with service.desk.admit():
            upload = await read_upload(request, service.settings, RECOGNIZE)
            blobs = {"image": upload.image("image")}
            model = service.opened.named(RECOGNIZER, upload.values.get("model")).spec.name
            made, _ = await made_for(request, service.desk, Work("recognize", model, {"embedding": embedding}, blobs))
            return RecognitionAnswer(**made.values)

    @router.get("/models", summary="List the models", responses=documented("unauthorized", "rate-limited"))
    async def list_models() -> ModelList:
        """Every model by name: what it does, its hash, its card; the pose model; and the catalogue that is searched."""
        opened = service.opened
        index = index_info(opened.index, service.products)
        return ModelList(models=opened.describe(), pose_sha256=opened.pose_sha256, index=index)

    return router
