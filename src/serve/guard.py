"""Who may ask, and how often: API keys and a limit a client, looked at before a byte of the body is read."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from serve.clients import NOBODY
from serve.problems import Problem, problem_response
from serve.settings import Settings

GUARDED = "/v1/"


class ApiKeys:
    """Client names by key; how long a look takes does not tell how near a guess came.

    Args:
        by_key: names by key.
    """

    def __init__(self, by_key: Mapping[str, str]) -> None:
        self._names = {hashlib.sha256(key.encode()).digest(): name for key, name in by_key.items()}

    def name_of(self, key: str) -> str | None:
        """Whose key it is; None = nobody's. Every key is compared in full, also after one has fitted."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        found: str | None = None
        for known, name in self._names.items():
            if hmac.compare_digest(known, digest):
                found = name
        return found


@dataclass
class RateLimit:
    """A bucket of tokens for each client: full at first, filled evenly.

    Args:
        per_minute: tokens a minute.
        burst: tokens that a bucket holds.
        clock: seconds, monotonic.
    """

    per_minute: float
    burst: int
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait_s(self, client: str) -> float:
        """Takes a token: 0; or the seconds until there is one."""
        now = self.clock()
        tokens, since = self._buckets.get(client, (float(self.burst), now))
        tokens = min(tokens + (now - since) * self.per_minute / 60, self.burst)
        if tokens < 1:
            self._buckets[client] = (tokens, now)
            return (1 - tokens) * 60 / self.per_minute
        self._buckets[client] = (tokens - 1, now)
        return 0.0


class Guard:
    """Lets requests to /v1 pass that bring a known key and keep to its limit.

    Args:
        app: what it lies around.
        settings: keys and limit; with neither it lets everything pass.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.keys = ApiKeys(settings.api_keys) if settings.api_keys else None
        self.limit = RateLimit(settings.requests_per_minute, settings.burst) if settings.requests_per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] == "http" and scope["path"].startswith(GUARDED):
            try:
                scope.setdefault("state", {})["client"] = self._admitted(Headers(scope=scope))
            except Problem as problem:
                await problem_response(problem)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _admitted(self, headers: Headers) -> str:
        client = NOBODY
        if self.keys is not None:
            scheme, _, bearer = headers.get("authorization", "").partition(" ")
            name = self.keys.name_of(bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", ""))
            if name is None:
                raise Problem(
                    "unauthorized", "the API key is missing or not known", fix="send Authorization: Bearer KEY",
                    headers={"WWW-Authenticate": "Bearer", "Connection": "close"},
                )  # fmt: skip
            client = name
        wait_s = self.limit.wait_s(client) if self.limit is not None else 0.0
        if wait_s and self.limit is not None:
            raise Problem(
                "rate-limited", "too many requests", rule=f"{self.limit.per_minute:g} a minute",
                headers={"Retry-After": str(math.ceil(wait_s)), "Connection": "close"},
            )  # fmt: skip
        return client
