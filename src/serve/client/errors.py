"""What can go wrong for a client, as types; each holds the problem as the server told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """The server answered with a problem (RFC 9457).

    Args:
        problem: the problem details.
        retry_after_s: when to try again, where the server said so.

    Attributes:
        code: stable, e.g. "image-too-small"; build on this.
        status: of HTTP.
        detail, rule, got, fix, where: for people; None = not told.
        request_id: by which the server's log knows the request.
    """

    def __init__(
        self, problem: Mapping[str, Any], retry_after_s: float | None = None, request_id: str | None = None
    ) -> None:
        self.problem, self.retry_after_s, self.request_id = dict(problem), retry_after_s, request_id
        self.code = str(problem.get("code", "http-error"))
        self.status = int(problem.get("status", 0))
        self.detail, self.rule, self.got, self.fix, self.where = (
            problem.get(part) for part in ("detail", "rule", "got", "fix", "where")
        )
        parts = [("rule", self.rule), ("got", self.got), ("fix", self.fix), ("where", self.where)]
        super().__init__("\n".join([f"{self.code}: {self.detail}", *(f"  {k}: {v}" for k, v in parts if v)]))


class Refused(ApiError):
    """400, 405, 408, 415, 422: something of the request cannot be used."""


class NotAllowed(ApiError):
    """401: the API key is missing or not known."""


class NotFound(ApiError):
    """404: no such model, garment, try-on or path."""


class Conflict(ApiError):
    """409: the id is taken by another request, or no more garments fit in."""


class TooLarge(ApiError):
    """413: too many bytes or pixels."""


class Busy(ApiError):
    """429: too many requests; it was tried again for as long as the client waits."""


class ServerFailed(ApiError):
    """500: not the request's fault."""


class NotReady(ApiError):
    """503: models are being loaded, or the server is being stopped."""


class JobFailed(ApiError):
    """A try-on that was asked for by an id ended with a problem."""


class Unreachable(Exception):
    """Nobody answers at the server's address, or the answer broke off."""


_OF_STATUS: Mapping[int, type[ApiError]] = {
    401: NotAllowed, 404: NotFound, 409: Conflict, 413: TooLarge, 429: Busy, 503: NotReady,
}  # fmt: skip


def error_of(status: int, problem: Mapping[str, Any], retry_after_s: float | None, request_id: str | None) -> ApiError:
    """The error of an answer that is none."""
    kind = _OF_STATUS.get(status, ServerFailed if status >= 500 else Refused)
    return kind({**problem, "status": status}, retry_after_s, request_id)
