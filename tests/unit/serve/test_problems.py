"""What a client may do wrong: every answer is a problem with a stable code, and never a 500."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from serve.problem_codes import PROBLEMS

PhotoBytes = Callable[..., bytes]


def upload(image: bytes, name: str = "image") -> dict[str, Any]:
    return {"files": {name: ("photo.jpg", image, "image/jpeg")}}


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0" * 64))]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def saved(width: int, height: int, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 20, 30)).save(buffer, format, **options)
    return buffer.getvalue()


def animated(format: str) -> bytes:
    frames = [Image.new("RGB", (40, 40), color) for color in ((255, 0, 0), (0, 255, 0))]
    return saved_frames(frames, format)


def saved_frames(frames: list[Image.Image], format: str) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, format, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def refused(client: TestClient, code: str, **request: Any) -> dict[str, Any]:
    """Sends a request that must be refused with this code; returns the problem."""
    answer = client.request(request.pop("method", "POST"), request.pop("path", "/v1/recognize"), **request)
    status, title = PROBLEMS[code]
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert problem["type"] == f"urn:fitroom:problem:{code}"
    assert (problem["status"], problem["title"]) == (status, title)
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (b"", "image-empty"),
        (b"hello, this is text", "image-unreadable"),
        (b"\xff\xd8\xff\xe0", "image-unreadable"),
        (b"%PDF-1.7\n", "image-unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image-unreadable"),
        (png_header(60_000, 60_000), "image-too-large"),
        (png_header(6_000, 7_000), "image-too-large"),
        (png_header(300, 300), "image-truncated"),
        (saved(1, 1), "image-too-small"),
        (saved(15, 100), "image-too-small"),
        (saved(16, 200), "image-aspect"),
        (saved(2000, 20, "JPEG"), "image-aspect"),
        (animated("GIF"), "image-animated"),
        (animated("WEBP"), "image-animated"),
        (animated("PNG"), "image-animated"),
        (animated("TIFF"), "image-animated"),
    ],
)
def test_an_image_that_cannot_be_used_is_refused(client: TestClient, image: bytes, code: str) -> None:
    refused(client, code, **upload(image))
    refused(client, code, json={"image": base64.b64encode(image).decode()})


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_photo_cut_short_is_refused(client: TestClient, photo_bytes: PhotoBytes, format: str) -> None:
    photo = photo_bytes(format=format)
    answer = client.post("/v1/recognize", **upload(photo[: len(photo) * 2 // 3]))
    assert answer.json()["code"] in ("image-truncated", "image-unreadable")
    assert answer.status_code in (415, 422)


@pytest.mark.parametrize("text", ["%%%", "abc", "aGVsbG8", "aGVs bG8=", "é", "data:image/png;base64,?"])
def test_what_is_not_base64_is_refused(client: TestClient, text: str) -> None:
    refused(client, "malformed-base64", json={"image": text})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"image"', b"null", b"\xff\xfe", b"[" * 9_000, b'{"image": NaN'])
def test_what_is_not_a_json_object_is_refused(client: TestClient, body: bytes) -> None:
    refused(client, "malformed-body", content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "missing-field"),
        ({"image": None}, "missing-field"),
        ({"model": "tiny"}, "missing-field"),
        ({"image": 5}, "invalid-field"),
        ({"image": ["aGVsbG8="]}, "invalid-field"),
        ({"image": "aGVsbG8=", "model": 5}, "invalid-field"),
        ({"image": "aGVsbG8=", "modle": "tiny"}, "invalid-field"),
    ],
)
def test_json_with_other_fields_is_refused(client: TestClient, values: dict[str, Any], code: str) -> None:
    refused(client, code, json=values)


@pytest.mark.parametrize("name", ["other", "", "../tiny", "x" * 500, "tiny\n", "é", "\\ud800"])
def test_a_model_that_is_not_loaded_is_not_found(client: TestClient, photo_bytes: PhotoBytes, name: str) -> None:
    image = base64.b64encode(photo_bytes()).decode()
    body = f'{{"image": "{image}", "model": "{name}"}}'.replace("\n", "\\n")
    problem = refused(client, "unknown-model", content=body.encode(), headers={"Content-Type": "application/json"})
    assert "tiny" in problem["rule"]
    assert len(problem["got"]) <= 100


BOUNDARY = "multipart/form-data; boundary=cut"
PART = b'--cut\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n%b\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("multipart/form-data", b"--cut--\r\n", "malformed-body"),
        (BOUNDARY, b"", "malformed-body"),
        (BOUNDARY, b"nothing of the kind", "malformed-body"),
        (BOUNDARY, PART % b"abc", "malformed-body"),
        (BOUNDARY, PART[:40], "malformed-body"),
        (BOUNDARY, b"--cut\r\n\r\nabc\r\n--cut--\r\n", "invalid-field"),
        (BOUNDARY, b"--cut--\r\n", "missing-field"),
        (BOUNDARY, PART.replace(b'"image"', b'"photo"') % b"abc" + b"--cut--\r\n", "invalid-field"),
        (BOUNDARY, PART.replace(b'"image"', b'"model"') % b"\xff\xfe" + b"--cut--\r\n", "invalid-field"),
        (BOUNDARY, PART.replace(b'"image"', b'"model"') % b"tiny" + b"--cut--\r\n", "missing-field"),
        (BOUNDARY, PART % b"abc" + PART % b"abc" + b"--cut--\r\n", "invalid-field"),
    ],
)
def test_multipart_that_does_not_fit_is_refused(client: TestClient, content_type: str, body: bytes, code: str) -> None:
    refused(client, code, content=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "image/jpeg"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
        {"Content-Type": ";;;"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_bodies_of_other_types_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    refused(client, "unsupported-media-type", content=b"{}", headers=headers)


def test_a_request_without_any_body_is_refused(client: TestClient) -> None:
    refused(client, "unsupported-media-type")


def test_bad_parameters_paths_and_methods_are_refused(client: TestClient, photo_bytes: PhotoBytes) -> None:
    problem = refused(client, "invalid-parameter", params={"embedding": "perhaps"}, **upload(photo_bytes()))
    assert "embedding" in problem["detail"]
    for path in (
        "/page",
        "/page/nothing.js",
        "/v1",
        "/v1/recognize/",
        "/v2/recognize",
        "/%00",
        "/..%2f..%2fetc%2fpasswd",
    ):
        refused(client, "not-found", method="GET", path=path)
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert "POST" in refused(client, "method-not-allowed", method=method)["rule"]
    for path, allowed in (("/v1/recognize", "POST"), ("/v1/garments/a", "DELETE, GET, PUT"), ("/v1/garments", "GET")):
        assert client.request("PATCH", path).headers["allow"] == allowed
    refused(client, "method-not-allowed", path="/health/live")


async def endless() -> AsyncIterator[bytes]:
    """A body that never ends; fails where more than 2 MiB of it were taken."""
    yield PART[: PART.index(b"%b")]
    for _ in range(128):
        yield b"\0" * 16_384
    raise AssertionError("the server read on beyond its cap")


@pytest.mark.parametrize("content_type", [BOUNDARY, "application/json"])
def test_a_huge_body_is_refused_while_it_streams_in(client: TestClient, content_type: str) -> None:
    async def send() -> httpx.Response:
        # The test client reads a whole body before it calls the app; this one does not.
        transport = httpx.ASGITransport(client.app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as streaming:
            return await streaming.post("/v1/recognize", content=endless(), headers={"Content-Type": content_type})

    answer = anyio.run(send)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.json()["rule"] == "at most 1 MiB"


@pytest.mark.parametrize(
    "body",
    [b'{"image": [' + b"[" * 12_000, b'{"image": ["' + b'","' * 12_000 + b'"]}', b'{"image": ' + b'{"a":' * 12_000],
)
def test_json_of_too_many_values_is_refused_unread(
    client: TestClient, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serve.uploads.json", None)
    problem = refused(client, "body-too-large", content=body, headers={"Content-Type": "application/json"})
    assert "values" in problem["detail"]


async def many_parts() -> AsyncIterator[bytes]:
    """Parts that no field is for, without end; fails where more than a few were taken."""
    for number in range(2_000):
        yield PART.replace(b'"image"', b'"a%d"' % number) % b"" * 10
        assert number < 100, "the server read on beyond a field that is none"


def test_a_part_that_no_field_is_for_is_refused_at_once(client: TestClient) -> None:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(client.app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as streaming:
            return await streaming.post("/v1/recognize", content=many_parts(), headers={"Content-Type": BOUNDARY})

    answer = anyio.run(send)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-field")


def test_a_text_that_is_too_long_is_named(client: TestClient) -> None:
    body = PART.replace(b'"image"', b'"model"') % (b"x" * 20_000) + b"--cut--\r\n"
    problem = refused(client, "body-too-large", content=body, headers={"Content-Type": BOUNDARY})
    assert (problem["detail"], problem["rule"]) == ("the field `model` is too large", "at most 16 KiB")


def test_a_huge_body_that_says_so_is_refused_unread(client: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "99999999999999999999999"}
    refused(client, "body-too-large", content=iter([b"{"]), headers=headers)


@pytest.mark.parametrize("extra", [0, 1])
def test_the_cap_is_on_the_image_itself(client: TestClient, photo_bytes: PhotoBytes, extra: int) -> None:
    photo = photo_bytes()
    padded = photo + b"\0" * (2**20 - len(photo) + extra)  # bytes after a JPEG's end are ignored
    for request in (upload(padded), {"json": {"image": base64.b64encode(padded).decode()}}):
        if extra:
            refused(client, "body-too-large", **request)
        else:
            assert client.post("/v1/recognize", **request).status_code == 200


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_photos_never_make_the_server_fail(client: TestClient, photo_bytes: PhotoBytes) -> None:
    dice = random.Random(0)
    for i in range(300):
        format = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")[i % 6]
        photo = bytearray(photo_bytes(i % 12, format=format, mode="P" if format == "GIF" else "RGB"))
        for _ in range(dice.randint(1, 8)):
            photo[dice.randrange(min(len(photo), 200 if i % 2 else len(photo)))] = dice.randrange(256)
        answer = client.post("/v1/recognize", **upload(bytes(photo)))
        assert answer.status_code in (200, 413, 415, 422), (i, answer.text)


def test_damaged_bodies_never_make_the_server_fail(client: TestClient, photo_bytes: PhotoBytes) -> None:
    dice = random.Random(1)
    whole = PART % photo_bytes() + b"--cut--\r\n"
    for i in range(200):
        body = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            body[dice.randrange(120 if i % 2 else len(body))] = dice.randrange(256)
        answer = client.post("/v1/recognize", content=bytes(body), headers={"Content-Type": BOUNDARY})
        assert answer.status_code in (200, 400, 404, 413, 415, 422), (i, answer.text)
