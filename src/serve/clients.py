"""Who asks: the name of an API key, or nobody where the server knows no keys."""

from __future__ import annotations

from starlette.requests import Request

NOBODY = ""


def client_of(request: Request) -> str:
    """The client's name; what it registers belongs to it."""
    return str(request.scope.get("state", {}).get("client", NOBODY))
