"""A request's body to an image file in memory: multipart or base64 JSON, capped while it streams in.

Nothing is written to disk: web frameworks spool large multipart files to a temporary one, so the parts are read here.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from serve.problems import Problem
from serve.settings import Settings

FIELDS = ("image", "model")
MULTIPART, JSON = "multipart/form-data", "application/json"


@dataclass(frozen=True)
class Upload:
    """What a client sent.

    Attributes:
        image: the image file's bytes.
        model: name of the model that is to answer; None = the first.
    """

    image: bytes
    model: str | None = None


async def read_upload(request: Request, settings: Settings) -> Upload:
    """Reads and checks the body, down to the image file's bytes.

    Raises:
        Problem: malformed-body, malformed-base64, body-too-large, unsupported-media-type, missing-field, invalid-field
            or upload-timeout.
    """
    content_type, options = parse_options_header(request.headers.get("content-type"))
    encoding = request.headers.get("content-encoding", "identity")
    media_type = content_type.decode("latin-1").lower()
    if media_type not in (MULTIPART, JSON) or encoding.lower() != "identity":
        raise Problem(
            "unsupported-media-type",
            "bodies of this type are not understood",
            rule=f"{MULTIPART} or {JSON}, not compressed",
            got=ascii(media_type)[1:-1][:100] if encoding.lower() == "identity" else "a compressed body",
            fix="send the photo as the multipart field `image`",
        )
    try:
        with anyio.fail_after(settings.upload_timeout_s):
            if media_type == MULTIPART:
                fields = await _read_multipart(request, options.get(b"boundary"), settings)
            else:
                fields = await _read_json(request, settings)
    except TimeoutError:
        raise Problem(
            "upload-timeout", "the body took too long to arrive", rule=f"within {settings.upload_timeout_s:g} s"
        ) from None
    except ClientDisconnect:
        raise Problem("malformed-body", "the body ends early") from None
    return _checked(fields, settings)


async def _body(request: Request, limit: int, settings: Settings) -> AsyncIterator[bytes]:
    """The body piece by piece; stops at the limit, whatever Content-Length said or left out."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise _too_large(settings)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit:
            raise _too_large(settings)
        yield chunk


async def _read_json(request: Request, settings: Settings) -> dict[str, object]:
    body = bytearray()
    async for chunk in _body(request, settings.max_json_bytes, settings):
        body += chunk
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(
            "malformed-body", "the body is not JSON", rule='{"image": "<base64>"}', got=type(error).__name__
        ) from None
    if not isinstance(values, dict):
        raise Problem("malformed-body", "the body is not a JSON object", rule='{"image": "<base64>"}')
    if isinstance(values.get("image"), str):
        values["image"] = _decoded(values["image"])
    return values


def _decoded(text: str) -> bytes:
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(
            "malformed-base64",
            "the image is not base64",
            rule="the standard alphabet with padding, no line breaks; a data: URL is fine",
        ) from None


async def _read_multipart(request: Request, boundary: bytes | None, settings: Settings) -> dict[str, object]:
    if not boundary:
        raise Problem(
            "malformed-body", "the Content-Type names no multipart boundary", fix="let the client library set it"
        )
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async for chunk in _body(request, settings.max_multipart_bytes, settings):
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise Problem("malformed-body", "the body is not multipart of the boundary named") from None
    if not form.complete:
        raise Problem("malformed-body", "the multipart body ends early")
    try:
        return {name: bytes(v) if name == "image" else v.decode() for name, v in form.fields.items()}
    except UnicodeDecodeError:
        raise Problem("invalid-field", "a field is not UTF-8") from None


@dataclass
class _Form:
    """Collects the parts of a multipart body in memory."""

    fields: dict[str, bytearray] = field(default_factory=dict)
    complete: bool = False
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    part: bytearray = field(default_factory=bytearray)

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_field": lambda data, start, end: self.header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self.value.extend(data[start:end]),
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_part_data": lambda data, start, end: self.part.extend(data[start:end]),
            "on_end": self.on_end,
        }

    def on_part_begin(self) -> None:
        self.disposition = b""

    def on_header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            self.disposition = bytes(self.value)
        self.header.clear()
        self.value.clear()

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self.disposition)
        name = options.get(b"name", b"").decode("latin-1")
        if name in self.fields:
            raise Problem("invalid-field", f"{name!a} is given twice", rule="one photo a request")
        self.part = self.fields[name] = bytearray()

    def on_end(self) -> None:
        self.complete = True


def _checked(fields: dict[str, object], settings: Settings) -> Upload:
    for name in fields:
        if name not in FIELDS:
            raise Problem(
                "invalid-field", "a field is not known", rule=f"of {', '.join(FIELDS)}", got=ascii(name)[:100]
            )
    image, model = fields.get("image"), fields.get("model")
    if image is None:
        raise Problem("missing-field", "the field `image` is missing", fix="send the photo as the field `image`")
    if not isinstance(image, bytes) or not (model is None or isinstance(model, str)):
        raise Problem("invalid-field", "a field is of the wrong type", rule="`image` and `model` are text")
    if len(image) > settings.max_image_bytes:
        raise _too_large(settings)
    return Upload(image, model)


def _too_large(settings: Settings) -> Problem:
    # The rest of the body is not read, so the connection cannot be used again.
    return Problem(
        "body-too-large",
        "the image file is too large",
        rule=f"at most {settings.max_image_bytes / 2**20:.3g} MiB",
        fix="scale the photo down, or send it as JPEG",
        headers={"Connection": "close"},
    )
