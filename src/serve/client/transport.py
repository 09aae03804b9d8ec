"""One request and its answer over HTTP; who is too busy is asked again when it says."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from typing import Any

from serve.client.errors import ApiError, Busy, NotReady, Unreachable, error_of

LONGEST_PAUSE_S, FIRST_PAUSE_S = 60.0, 0.5


@dataclass
class Transport:
    """Requests to one server; may be used from several threads.

    Args:
        address: e.g. "https://try-on.example.com", with a path where the server lies under one.
        api_key: sent with each request; None = none is needed.
        timeout_s: of one try.
        max_wait_s: how long a server that is busy (429) or not ready (503) is asked again, all tries together.
        sleep, clock: of the waiting, seconds.
    """

    address: str
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 60.0
    max_wait_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def ask(
        self,
        method: str,
        path: str,
        *,
        values: Mapping[str, Any] | None = None,
        photos: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """The body of the answer.

        Args:
            method, path: of HTTP.
            values: what is sent; what is None is left out.
            photos: image files by field; with them the body is multipart, else JSON.

        Raises:
            ApiError: the server answered with a problem.
            Unreachable: it did not answer.
        """
        body, kind = _encoded({k: v for k, v in (values or {}).items() if v is not None}, photos)
        end, pause_s = self.clock() + self.max_wait_s, FIRST_PAUSE_S
        while True:
            try:
                return self.ask_once(method, path, body if values is not None or photos else None, kind)
            except (Busy, NotReady) as error:
                # Refused before anything was computed, so asking again does nothing twice.
                pause_s = min(error.retry_after_s if error.retry_after_s is not None else 2 * pause_s, LONGEST_PAUSE_S)
                if error.code == "stopping" or self.clock() + pause_s > end:
                    raise
                self.sleep(pause_s)

    def ask_json(self, method: str, path: str, **sent: Any) -> Any:
        """As :meth:`ask`; the answer read as JSON, None where it is empty."""
        body = self.ask(method, path, **sent)
        return json.loads(body) if body else None

    def ask_once(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        """As :meth:`ask`, without waiting for who is busy.

        Args:
            method, path: of HTTP.
            body: to send; None = none.
            kind: its Content-Type.
        """
        headers = {"Accept": "application/json", **({"Content-Type": kind} if body is not None else {})}
        if self.api_key is not None:
            headers["Authorization"] = f"Bearer {self.api_key}"
        request = urllib.request.Request(self.address.rstrip("/") + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_s) as answer:
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as error:
            raise self._told(error) from None
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{self.address}: {error}") from error

    def _told(self, error: urllib.error.HTTPError) -> ApiError | Unreachable:
        with error:
            try:
                return _problem(error.code, error.read(), error.headers)
            except (OSError, HTTPException) as broken:
                return Unreachable(f"{self.address}: {broken}")


def _problem(status: int, body: bytes, headers: Message) -> ApiError:
    problem: Any = None
    with contextlib.suppress(ValueError):
        problem = json.loads(body)
    if not isinstance(problem, dict):
        problem = {"detail": f"the server answered with {status} and no problem details"}
    wait = headers.get("Retry-After", "")
    return error_of(status, problem, float(wait) if wait.isdecimal() else None, headers.get("X-Request-ID"))


def _encoded(values: Mapping[str, Any], photos: Mapping[str, bytes] | None) -> tuple[bytes, str]:
    """Body and its Content-Type."""
    if photos is None:
        return json.dumps(values).encode(), "application/json"
    boundary = uuid.uuid4().hex
    parts = [(f'name="{name}"; filename="{name}"', photo) for name, photo in photos.items()]
    for name, value in values.items():
        parts.append((f'name="{name}"', (value if isinstance(value, str) else json.dumps(value)).encode()))
    lines = [
        f"--{boundary}\r\nContent-Disposition: form-data; {told}\r\n\r\n".encode() + content + b"\r\n"
        for told, content in parts
    ]
    return b"".join([*lines, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
