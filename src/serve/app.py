"""The HTTP API. Nothing of a photo is written to disk or to a log, and nothing a client sends makes it fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from fitroom import __version__
from serve import problems
from serve.guard import Guard
from serve.openapi import openapi
from serve.request_log import RequestLog
from serve.routes.advice import advice_routes
from serve.routes.garment import garment_routes
from serve.routes.health import health_routes
from serve.routes.outfit import outfit_routes
from serve.routes.page import page_routes
from serve.routes.recognize import recognize_routes
from serve.routes.search import search_routes
from serve.routes.tryon import tryon_routes
from serve.routes.tryon_job import tryon_job_routes
from serve.service import Service
from serve.settings import Settings

_DESCRIPTION = (
    "Shows people in garments, names garments, advises sizes, puts outfits together and finds products. Errors are "
    "RFC 9457 problem details with a stable `code`. Nothing of a photo is written to disk or logged; every made "
    "picture says in its metadata that it is AI-generated."
)


def create_app(settings: Settings) -> FastAPI:
    """The server as an ASGI app. Models are loaded after start-up, in the background; see ``/health/ready``.

    Raises:
        BundleError: a bundle does not open, two have the same name, or it is of a kind that is not served.
    """
    service = Service(settings)
    app = FastAPI(
        title="fitroom",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )
    app.state.service = service
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(RequestLog, metrics=service.metrics, log_requests=settings.access_log)
    problems.install(app)
    for routes in (
        tryon_routes, tryon_job_routes, garment_routes, recognize_routes, advice_routes, outfit_routes, search_routes,
        health_routes,
    ):  # fmt: skip
        app.include_router(routes(service))
    app.include_router(page_routes())
    app.openapi = lambda: openapi(app, bool(settings.api_keys))  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await service.backend.start()
    line = asyncio.create_task(service.desk.run())
    try:
        yield
    finally:
        line.cancel()
        await service.backend.stop()
