"""The HTTP API. Nothing of a photo is written to disk or to a log, and nothing a client sends makes it fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fitroom import __version__
from serve import problems
from serve.bodies import REFERENCE, REQUESTS
from serve.garment_routes import garment_routes
from serve.garments import Garments
from serve.loaded import LoadedModels
from serve.page_routes import page_routes
from serve.problems import ProblemDetails, documented
from serve.recognize_routes import recognize_routes
from serve.schemas import Health
from serve.settings import Settings
from serve.tryon_routes import tryon_routes


def create_app(settings: Settings) -> FastAPI:
    """The server as an ASGI app. Models are loaded after start-up, in the background; see ``/health/ready``.

    Raises:
        BundleError: a bundle does not open, or two have the same name.
    """
    models = LoadedModels(settings)
    app = FastAPI(
        title="fitroom",
        version=__version__,
        description="Shows people in garments, and names garments. Errors are RFC 9457 problem details with a stable "
        "`code`. Nothing of a photo is written to disk or logged.",
        lifespan=_lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )
    app.state.models = models
    app.add_middleware(NoStore)
    problems.install(app)
    garments = Garments(settings.max_garments, settings.max_garments_bytes)
    app.include_router(tryon_routes(models, garments))
    app.include_router(garment_routes(models, garments))
    app.include_router(recognize_routes(models))
    app.include_router(page_routes())
    _add_health(app, models)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: anyio.to_thread.run_sync(app.state.models.load, abandon_on_cancel=True))
        yield
        tasks.cancel_scope.cancel()


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
        for model in (ProblemDetails, *REQUESTS):
            schema["components"]["schemas"][model.__name__] = model.model_json_schema(ref_template=REFERENCE)
        app.openapi_schema = schema
    return app.openapi_schema
