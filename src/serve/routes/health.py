"""``/health/live``, ``/health/ready`` and ``/metrics``: for whoever watches the server, without a key."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from serve.problems import documented
from serve.schemas.models import Health
from serve.service import Service

_METRICS = {
    "schema": {"type": "string"},
    "example": 'fitroom_requests_total{method="POST",route="/v1/try-on",status="200"} 17.0\n',
}


def health_routes(service: Service) -> APIRouter:
    """The routes of a watcher."""
    router = APIRouter(tags=["health"])

    @router.get("/health/live", summary="Is the process alive?")
    async def live() -> Health:
        """Answers while models load and while they compute."""
        return Health(status="alive")

    @router.get("/health/ready", summary="May requests be sent?", responses=documented("not-ready", "stopping"))
    async def ready() -> Health:
        """503 until every model is loaded and has answered once, and from SIGTERM on."""
        service.desk.require_ready()
        return Health(status="ready")

    @router.get(
        "/metrics", summary="Figures for Prometheus", response_class=Response,
        responses={200: {"content": {"text/plain": _METRICS}, "description": "Text format"}},
    )  # fmt: skip
    async def metrics() -> Response:
        """Requests, queue, stages and batches, worker crashes."""
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router
