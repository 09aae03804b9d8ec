"""Every error the server answers with: RFC 9457 problem JSON, with a ``code`` that clients may build on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from fitroom.errors import ConfigError, DataError, FitroomError, ImageError
from fitroom.progress import log
from serve.problem_codes import PROBLEMS

MEDIA_TYPE = "application/problem+json"
CLIENT_GONE = 499  # what proxies write into their logs for it; nobody receives it


class ProblemDetails(BaseModel):
    """Problem details as of RFC 9457; ``rule``, ``got``, ``fix`` and ``where`` are there where they help."""

    type: str = Field(
        description="`urn:fitroom:problem:` and the code", examples=["urn:fitroom:problem:image-too-small"]
    )
    title: str = Field(description="What this code means", examples=["The image is too small"])
    status: int = Field(description="The HTTP status", examples=[422])
    code: str = Field(description="Stable, for programs", examples=["image-too-small"])
    detail: str = Field(description="What was wrong this time, for people", examples=["the image is too small"])
    rule: str | None = Field(None, description="What would have been right", examples=["each side at least 16 px"])
    got: str | None = Field(None, description="What was found instead", examples=["1 x 1 px"])
    fix: str | None = Field(None, description="What to do about it", examples=["use a larger photo"])
    where: str | None = Field(None, description="Which part of the request", examples=["items.3"])


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Problem(Exception):
    """An error to answer with.

    Args:
        code: of ``serve.problem_codes``.
        detail: what was wrong this time.
        rule, got, fix, where: as in :class:`fitroom.errors.FitroomError`.
        headers: further response headers.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        rule: str | None = None,
        got: object = None,
        fix: str | None = None,
        where: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.where = where
        self.code, self.detail, self.rule, self.got, self.fix = code, detail, rule, got, fix
        self.headers = dict(headers or {})


def problem_response(problem: Problem, status: int | None = None) -> JSONResponse:
    """The response to a problem."""
    details = details_of(problem, status)
    return JSONResponse(
        details.model_dump(exclude_none=True),
        status_code=details.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def details_of(error: Problem | FitroomError, status: int | None = None) -> ProblemDetails:
    """What clients are told of an error.

    Args:
        error: a problem, or what a pipeline raised over what a client sent.
        status: the HTTP status, where it is not the code's own.
    """
    problem = error if isinstance(error, Problem) else _from_pipeline(error)
    known_status, title = PROBLEMS[problem.code]
    return ProblemDetails(
        type=problem_type(problem.code),
        title=title,
        status=status or known_status,
        code=problem.code,
        detail=problem.detail,
        rule=problem.rule,
        got=None if problem.got is None else str(problem.got),
        fix=problem.fix,
        where=problem.where,
    )


def problem_type(code: str) -> str:
    """The problem's ``type``: a name, not an address, so that it stays the same on every host."""
    return f"urn:fitroom:problem:{code}"


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of a path that may answer with these problems, an example of each."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status, title = PROBLEMS[code]
        response = responses.setdefault(
            status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA}, "examples": {}}},
                **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
            },
        )
        example = {"type": problem_type(code), "title": title, "status": status, "code": code, "detail": title}
        response["content"][MEDIA_TYPE]["examples"][code] = {"summary": title, "value": example}
        response["description"] = "; ".join(filter(None, [response["description"], f"`{code}`: {title}"]))
    return responses


PROBLEM_SCHEMA = "#/components/schemas/ProblemDetails"
_AGAIN = {
    "Retry-After": {
        "description": "Seconds after which it is worth trying again",
        "required": True,
        "schema": {"type": "integer", "minimum": 1, "examples": [1]},
    }
}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": "Bearer"}}},
    429: _AGAIN,
    503: _AGAIN,
}


def install(app: FastAPI) -> None:
    """Makes the app answer every error as a problem."""

    async def on_problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return problem_response(error)

    async def on_image_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ImageError)
        return problem_response(_from_image_error(error))

    async def on_config_error(_: Request, error: Exception) -> JSONResponse:
        # Beyond start-up, only what a client sent can be wrong with a setting.
        assert isinstance(error, ConfigError)
        return problem_response(from_told(error))

    async def on_validation_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        return problem_response(
            Problem("invalid-parameter", f"{first['loc'][-1]}: {first['msg']}", fix="see /openapi.json")
        )

    async def on_http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return problem_response(_from_http(error, _allowed(request, error)), error.status_code)

    async def on_failure(request: Request, error: Exception) -> JSONResponse:
        # The traceback is for the log; it holds no photo, and the client learns nothing of the server's inside.
        log.error("%s failed: %s", getattr(request.scope.get("route"), "path", "a request"), type(error).__name__)
        # What nobody foresaw is answered from outside the request's log, which names every other answer.
        id = request.scope.get("state", {}).get("request_id")
        what = "the server failed; nothing was wrong with the request"
        return problem_response(Problem("internal", what, headers={"X-Request-ID": id} if id else None))

    async def on_client_gone(_: Request, __: Exception) -> Response:
        return Response(status_code=CLIENT_GONE)

    app.add_exception_handler(ClientGone, on_client_gone)
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(ImageError, on_image_error)
    app.add_exception_handler(ConfigError, on_config_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(FitroomError, on_failure)
    app.add_exception_handler(Exception, on_failure)


def _from_pipeline(error: FitroomError) -> Problem:
    if isinstance(error, ImageError):
        return _from_image_error(error)
    if isinstance(error, ConfigError):
        return from_told(error)
    return Problem("internal", "the server failed; nothing was wrong with the request")


def from_told(error: ConfigError | DataError) -> Problem:
    """What a pipeline says of a setting, of measures or of items that a client told, as a problem."""
    code = error.code if error.code in PROBLEMS else "invalid-field"
    got, where = (None if part is None else ascii(str(part))[1:-1][:200] for part in (error.got, error.where))
    return Problem(code, error.what, rule=error.rule, got=got, fix=error.fix, where=where)


def _from_image_error(error: ImageError) -> Problem:
    code = error.code if error.code in PROBLEMS else "image-unreadable"
    return Problem(code, error.what, rule=error.rule, got=error.got, fix=error.fix)


def _allowed(request: Request, error: HTTPException) -> str:
    """Methods of the path, of all routes that share it; the router's own header names those of the first alone."""
    told = request.app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", None))
    return ", ".join(sorted(map(str.upper, told))) if told else (error.headers or {}).get("Allow", "GET")


def _from_http(error: HTTPException, allowed: str) -> Problem:
    if error.status_code == 404:
        return Problem("not-found", "nothing is at this path", fix="see /openapi.json")
    if error.status_code == 405:
        return Problem(
            "method-not-allowed", "this path does not answer this method", rule=allowed, headers={"Allow": allowed}
        )
    return Problem("http-error", str(error.detail), headers=error.headers)
