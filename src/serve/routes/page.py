"""The page at ``/``: files of this package, read once, served from memory, under a strict policy."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from serve.problems import Problem

FOLDER = Path(__file__).parent.parent / "page"
INDEX = "index.html"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Said here, since a machine's own table may know less, and a module of the wrong type does not run.
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        content: its bytes.
        media_type: e.g. "text/css".
    """

    content: bytes
    media_type: str

    def response(self) -> Response:
        """The answer that brings it."""
        return Response(self.content, media_type=self.media_type, headers=HEADERS)


def page_files(folder: Path = FOLDER) -> dict[str, PageFile]:
    """All files of the page by their path below its folder, e.g. "examples/person-1.jpg"."""
    return {
        path.relative_to(folder).as_posix(): PageFile(path.read_bytes(), _media_type(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def page_routes() -> APIRouter:
    """The routes of the page; anyone may load it, whoever may ask the models."""
    router, files = APIRouter(include_in_schema=False), page_files()

    @router.get("/")
    async def index() -> Response:
        return files[INDEX].response()

    @router.get("/page/{path:path}")
    async def file(path: str) -> Response:
        if path not in files:
            raise Problem("not-found", "nothing is at this path", fix="the page is at /")
        return files[path].response()

    return router


def _media_type(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
