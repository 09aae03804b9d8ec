"""A request's body to its fields in memory: multipart or base64 JSON, capped while it streams in.

Nothing is written to disk: web frameworks spool large multipart files to a temporary one, so the parts are read in
``serve.multipart``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import anyio
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from serve.multipart import read_parts, too_large, unknown_field
from serve.problems import Problem
from serve.settings import Settings

MULTIPART, JSON = "multipart/form-data", "application/json"
MAX_TEXT_BYTES = 16 * 1024  # of one field that is no image
MAX_VALUES = 10_000  # objects and lists in JSON, and what is in them beside images: read, each is many times its size


@dataclass(frozen=True)
class Form:
    """What a body may hold.

    Attributes:
        images: fields that are image files.
        texts: fields that are text.
        values: fields that are numbers, truth values or objects: JSON, also as a part of a multipart body.
        max_json_bytes: of a body without images, which is JSON alone.
    """

    images: tuple[str, ...]
    texts: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    max_json_bytes: int = 64 * 1024

    @property
    def fields(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.images, *self.texts, *self.values)

    @property
    def media_types(self) -> tuple[str, ...]:
        """Types of bodies that can hold it."""
        return (MULTIPART, JSON) if self.images else (JSON,)


@dataclass(frozen=True)
class Upload:
    """What a client sent.

    Attributes:
        images: image files by field.
        values: everything else by field; what was given as null is left out.
    """

    images: dict[str, bytes] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def image(self, name: str) -> bytes:
        """An image that must be there.

        Raises:
            Problem: missing-field.
        """
        if name not in self.images:
            raise Problem(
                "missing-field", f"the field `{name}` is missing", fix=f"send the photo as the field `{name}`"
            )
        return self.images[name]


async def read_upload(request: Request, settings: Settings, form: Form) -> Upload:
    """Reads and checks the body, down to the image files' bytes.

    Raises:
        Problem: malformed-body, malformed-base64, body-too-large, unsupported-media-type, invalid-field or
            upload-timeout.
    """
    content_type, options = parse_options_header(request.headers.get("content-type"))
    encoding = request.headers.get("content-encoding", "identity")
    media_type = content_type.decode("latin-1").lower()
    if media_type not in form.media_types or encoding.lower() != "identity":
        raise Problem(
            "unsupported-media-type",
            "bodies of this type are not understood",
            rule=f"{' or '.join(form.media_types)}, not compressed",
            got=ascii(media_type)[1:-1][:100] if encoding.lower() == "identity" else "a compressed body",
            fix=f"send the photo as the multipart field `{form.images[0]}`" if form.images else "send a JSON object",
        )
    try:
        with anyio.fail_after(settings.upload_timeout_s):
            if media_type == MULTIPART:
                return await _read_multipart(request, options.get(b"boundary"), settings, form)
            return await _read_json(request, settings, form)
    except TimeoutError:
        raise Problem(
            "upload-timeout", "the body took too long to arrive", rule=f"within {settings.upload_timeout_s:g} s"
        ) from None
    except ClientDisconnect:
        raise Problem("malformed-body", "the body ends early") from None


async def _body(request: Request, limit: int, beyond: Problem) -> AsyncIterator[bytes]:
    """The body piece by piece; stops at the limit, whatever Content-Length said or left out."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise beyond
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise beyond
        yield chunk


async def _read_json(request: Request, settings: Settings, form: Form) -> Upload:
    body, rule = bytearray(), f'{{"{form.images[0]}": "<base64>"}}' if form.images else "a JSON object"
    limit = settings.max_json_bytes(len(form.images)) if form.images else form.max_json_bytes
    beyond = _large_image(settings) if form.images else too_large("the JSON", limit, "send fewer items")
    async for chunk in _body(request, limit, beyond):
        body += chunk
    _require_few(body, form)
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem("malformed-body", "the body is not JSON", rule=rule, got=type(error).__name__) from None
    if not isinstance(values, dict):
        raise Problem("malformed-body", "the body is not a JSON object", rule=rule)
    for name in values:
        if name not in form.fields:
            raise unknown_field(name, form.fields)
    given = {name: value for name, value in values.items() if value is not None}
    images = {name: _decoded(name, given.pop(name), settings) for name in form.images if name in given}
    for name in form.texts:
        if not isinstance(given.get(name, ""), str):
            raise Problem("invalid-field", "a field is of the wrong type", rule=f"`{name}` is text")
    return Upload(images, given)


def _decoded(name: str, text: object, settings: Settings) -> bytes:
    if not isinstance(text, str):
        raise Problem("invalid-field", "a field is of the wrong type", rule=f"`{name}` is base64 text")
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return _within_cap(base64.b64decode(text, validate=True), settings)
    except (binascii.Error, ValueError):
        raise Problem(
            "malformed-base64",
            "the image is not base64",
            rule="the standard alphabet with padding, no line breaks; a data: URL is fine",
        ) from None


def _require_few(body: bytearray, form: Form) -> None:
    """Raises a problem where JSON is made of too many values to be worth the time and memory of reading it."""
    counted = b"{[," if form.images else b"{["  # without images, lists of numbers may be long
    if sum(body.count(mark) for mark in counted) > MAX_VALUES:
        raise Problem("body-too-large", "the JSON holds too many values", rule=f"at most {MAX_VALUES}")


async def _read_multipart(request: Request, boundary: bytes | None, settings: Settings, form: Form) -> Upload:
    chunks = _body(request, settings.max_multipart_bytes(len(form.images)), _large_image(settings))
    caps = {name: settings.max_image_bytes if name in form.images else MAX_TEXT_BYTES for name in form.fields}
    parts = await read_parts(chunks, boundary, caps)
    images = {name: bytes(parts[name]) for name in form.images if name in parts}
    try:
        texts = {name: part.decode() for name, part in parts.items() if name not in images}
    except UnicodeDecodeError:
        raise Problem("invalid-field", "a field is not UTF-8") from None
    values = {name: _value(name, text) if name in form.values else text for name, text in texts.items()}
    return Upload(images, {name: value for name, value in values.items() if value is not None})


def _value(name: str, text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        raise Problem(
            "invalid-field", f"`{name}` cannot be read", rule="JSON: a number, true, false or an object",
            got=ascii(text[:60]),
        ) from None  # fmt: skip


def _within_cap(image: bytes, settings: Settings) -> bytes:
    if len(image) > settings.max_image_bytes:
        raise _large_image(settings)
    return image


def _large_image(settings: Settings) -> Problem:
    return too_large("the image file", settings.max_image_bytes, "scale the photo down, or send it as JPEG")
