"""Around every request: its id, its time, a count, a line in the log, and no caching of what is answered."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fitroom.progress import log
from serve.logs import FIELDS
from serve.metrics import Metrics

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UNMATCHED = "unmatched"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # HTTP allows any word


class RequestLog:
    """Outermost layer of the app.

    Args:
        app: what it lies around.
        metrics: counts.
        log_requests: whether a line is logged for each.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, log_requests: bool) -> None:
        self.app, self.metrics, self.log_requests = app, metrics, log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500
        given = Headers(scope=scope).get("x-request-id", "")
        id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = id

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"], headers["Cache-Control"] = id, "no-store"
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        finally:
            self._note(scope, id, status, time.perf_counter() - start)

    def _note(self, scope: Scope, id: str, status: int, seconds: float) -> None:
        # The route and not the path: a path may hold anything.
        route = getattr(scope.get("route"), "path", UNMATCHED)
        method = scope["method"] if route != UNMATCHED and scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(route, method, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if self.log_requests:
            fields: dict[str, Any] = {
                "request_id": id, "method": method, "route": route, "status": status,
                "seconds": round(seconds, 4), "client": scope["state"].get("client", ""),
            }  # fmt: skip
            log.info("request", extra={FIELDS: fields})
