"""The HTTP API. Nothing of a photo is written to disk or to a log, and nothing a client sends makes it fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import FastAPI, Query, Request
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fitroom import __version__
from serve import problems
from serve.loaded import LoadedModels
from serve.problems import ProblemDetails, documented
from serve.schemas import Health, ModelList, RecognitionAnswer, RecognizeRequest
from serve.settings import Settings
from serve.uploads import JSON, MULTIPART, read_upload

RECOGNIZE_BODY = {
    "required": True,
    "content": {
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": ["image"],
                "properties": {
                    "image": {"type": "string", "format": "binary", "description": "The image file"},
                    "model": {"type": "string", "description": "Name of the model that is to answer"},
                },
            },
            "encoding": {
                "image": {"contentType": "image/jpeg, image/png, image/webp, image/bmp, image/tiff, image/gif"}
            },
        },
        JSON: {
            "schema": {"$ref": "#/components/schemas/RecognizeRequest"},
            "examples": {
                "first model": {"value": {"image": "/9j/4AAQSkZJRgABAQAA..."}},
                "named model": {"value": {"image": "/9j/4AAQSkZJRgABAQAA...", "model": "clothing-lite1"}},
            },
        },
    },
}
RECOGNIZE_PROBLEMS = [
    code for code in problems.PROBLEMS if code not in ("not-found", "method-not-allowed", "http-error")
]


def create_app(settings: Settings) -> FastAPI:
    """The server as an ASGI app. Models are loaded after start-up, in the background; see ``/health/ready``.

    Raises:
        BundleError: a bundle does not open, or two have the same name.
    """
    models = LoadedModels(settings)
    app = FastAPI(
        title="fitroom",
        version=__version__,
        description="Names what is on a photo of a garment. Errors are RFC 9457 problem details with a stable `code`.",
        lifespan=_lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )
    app.state.models = models
    app.add_middleware(NoStore)
    problems.install(app)
    _add_recognize(app, models)
    _add_health(app, models)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: anyio.to_thread.run_sync(app.state.models.load, abandon_on_cancel=True))
        yield
        tasks.cancel_scope.cancel()


def _add_recognize(app: FastAPI, models: LoadedModels) -> None:
    @app.post(
        "/v1/recognize",
        tags=["recognize"],
        summary="Name the garment on a photo",
        response_model=RecognitionAnswer,
        response_model_exclude_none=True,
        responses=documented(*RECOGNIZE_PROBLEMS),
        openapi_extra={"requestBody": RECOGNIZE_BODY},
    )
    async def recognize(
        request: Request, embedding: Annotated[bool, Query(description="Answer with the embedding too")] = False
    ) -> RecognitionAnswer:
        """Takes the photo as the multipart field `image`, or as base64 in JSON.

        JPEG, PNG, WebP, BMP, TIFF and still GIF, turned upright by their EXIF orientation, laid on white where
        transparent. An answer below the model's calibrated threshold has `unknown: true`.
        """
        with models.admit():
            upload = await read_upload(request, models.settings)
            return await models.recognize(upload.image, upload.model, embedding)

    @app.get("/v1/models", tags=["recognize"], summary="List the models")
    async def list_models() -> ModelList:
        """Every model by name, with the questions it answers."""
        return ModelList(models=models.describe())


def _add_health(app: FastAPI, models: LoadedModels) -> None:
    @app.get("/health/live", tags=["health"], summary="Is the process alive?")
    async def live() -> Health:
        """Answers while models load and while they compute."""
        return Health(status="alive")

    @app.get("/health/ready", tags=["health"], summary="May requests be sent?", responses=documented("not-ready"))
    async def ready() -> Health:
        """503 until every model is loaded and has answered once."""
        models.require_ready()
        return Health(status="ready")


class NoStore:
    """Forbids caches to keep an answer: it is about somebody's photo."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_no_store(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_no_store if scope["type"] == "http" else send)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's own description, with the schemas of what is read and answered by hand."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        for model in (ProblemDetails, RecognizeRequest):
            schema["components"]["schemas"][model.__name__] = model.model_json_schema()
        app.openapi_schema = schema
    return app.openapi_schema
