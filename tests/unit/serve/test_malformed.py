"""Whatever is sent: no answer of 500 or more, none that takes long, and nothing left on the disk."""

from __future__ import annotations

import base64
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fitroom.bundles import Bundle

FAST, MANY = 120, 2_000
LONGEST_S = 5.0
ROUTES = (
    ("POST", "/v1/try-on", ("person", "garment")),
    ("PUT", "/v1/try-ons/{id}", ("person", "garment")),
    ("PUT", "/v1/garments/{id}", ("garment",)),
    ("POST", "/v1/recognize", ("image",)),
    ("POST", "/v1/size-advice", ()),
    ("POST", "/v1/outfits", ()),
)
ITEM = {"item_id": "a", "category": "shirt", "attributes": {"color": "white"}, "price": 45}
FIELDS: dict[str, list[Any]] = {
    "size": ["M", "", "x" * 300, "\u202e", None, 5],
    "size_chart": [
        {},
        {"M": {"chest": 1e308}},
        {"M": []},
        {"": {}},
        [],
        "M",
        {"M": {"chest": True}},
        {"M": {"\ud800": 1}},
    ],
    "garment_cm": [{"chest": -1}, {"chest": None}, {"x" * 99: 1}, 7, {"chest": 104}],
    "body_cm": [{"chest": 96}, {"chest": "96"}, {"waist": 1e-320}, {"hip": [[[]]]}],
    "category": ["t-shirt", "", "T-SHIRT", "\0", ["dress"]],
    "fabric": ["denim", "glass", 3],
    "drape": [0.5, -0.0, 2, "0.5", float("nan"), float("inf")],
    "steps": [1, 0, 65, -1, 2**70, 1.5, "two", True],
    "guidance": [0, 10, 11, -1, 1e400],
    "seed": [0, 2**53, -1, 10**400, "1"],
    "format": ["png", "webp", "gif", "", None],
    "visible_label": [True, 1, "yes"],
    "model": ["tiny", "tiny-tryon", "../..", "\ud800", 0],
    "garment_id": ["none", "../none", "", "x" * 129, {"a": 1}],
    "items": [
        [],
        [ITEM, {"item_id": "b", "category": "trousers"}],
        [{**ITEM, "item_id": "\ud800"}],
        [{**ITEM, "attributes": {"colour": "white"}}],
        [{**ITEM, "attributes": {"color": []}}],
        [ITEM, {**ITEM, "price": 2}],
        [{**ITEM, "price": 1e400}],
        [{**ITEM, "embedding": [1e308]}],
        [ITEM] * 301,
        "shirt",
    ],
    "given": [[], ["a"], ["a", "a"], ["\ud800"], "a"],
    "season": ["summer", "sommer", 1],
    "weather": ["cold", None],
    "num": [1, 0, 10**400],
    "sex": ["female", "", "x"],
    "weight_kg": [65, -1, 1e-320, "65", float("nan")],
    "age_years": [34, 1e308],
    "measured": [True, "no"],
    "region": ["top", "feet"],
    "prefer": ["looser", "tight"],
    "nonsense": [1],
    "__proto__": [{}],
}

written: list[str] | None = None


def note_writes(event: str, args: tuple[Any, ...]) -> None:
    if written is None or not args or "__pycache__" in str(args[0]):
        return
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
        written.append(str(args[0]))
    if event.startswith("tempfile.") or event in ("os.mkdir", "os.rename"):
        written.append(event)


@pytest.fixture(scope="module")
def client(
    tiny_tryon: Bundle, tiny_bundle: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]
) -> Iterator[TestClient]:
    advisors = [Path(__file__).parents[3] / "bundles" / name for name in ("size-advisor", "outfits")]
    with serving(tiny_tryon.path, tiny_bundle.path, *advisors, max_image_bytes=2**18) as client:
        yield client


class Malformer:
    """Requests that are wrong in one way or several, the same for the same seed."""

    def __init__(self, photo_bytes: Callable[..., bytes], seed: int) -> None:
        self.dice = random.Random(seed)
        sizes = dict(width_px=40, height_px=48)
        self.photos = [
            photo_bytes(i, format=format, mode="P" if format == "GIF" else "RGB", **sizes)
            for i, format in enumerate(("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"))
        ]

    def request(self) -> dict[str, Any]:
        method, path, images = self.dice.choice(ROUTES)
        if not images:
            return self.told(path)
        id = self.dice.choice(["a", "tee-1", "%2e%2e", "%ff", "x" * 200, "%F0%9F%91%97"])
        files = {name: self.image() for name in images if self.dice.random() > 0.1}
        values = {
            name: self.dice.choice(FIELDS[name])
            for name in self.dice.sample(list(FIELDS), self.dice.choice((0, 0, 1, 3)))
        }
        content, kind = (self.json if self.dice.random() < 0.4 else self.multipart)(files, values)
        if self.dice.random() < 0.25:
            content = self.damaged(content)
        headers = {"Content-Type": kind, "Accept": self.dice.choice(["*/*", "image/*", "", "image/png;q=z", "\x7f"])}
        if self.dice.random() < 0.05:
            headers["Content-Length"] = self.dice.choice(["0", "-5", "1e9", "9" * 30])
        return {"method": method, "url": path.format(id=id), "content": content, "headers": headers}

    def told(self, path: str) -> dict[str, Any]:
        """A request without photos: right but for a field or two."""
        right = {
            "/v1/size-advice": {"body_cm": {"height": 172}, "size_chart": {"M": {"chest": 104}, "L": {"chest": 108}}},
            "/v1/outfits": {"items": [ITEM, {"item_id": "b", "category": "trousers"}]},
        }
        own = {
            "/v1/size-advice": ("body_cm", "size_chart", "weight_kg", "age_years", "sex", "measured", "region",
                                "prefer", "garment_id", "model", "nonsense"),
            "/v1/outfits": ("items", "given", "season", "weather", "num", "category", "model", "nonsense"),
        }  # fmt: skip
        wrong = {name: self.dice.choice(FIELDS[name]) for name in self.dice.sample(own[path], self.dice.choice((1, 2)))}
        content = json.dumps({**right[path], **wrong}).encode()
        if self.dice.random() < 0.25:
            content = self.damaged(content)
        return {"method": "POST", "url": path, "content": content, "headers": {"Content-Type": "application/json"}}

    def image(self) -> bytes:
        photo, way = self.dice.choice(self.photos), self.dice.random()
        if way < 0.35:
            return photo
        if way < 0.5:
            return photo[: self.dice.randrange(len(photo))]
        if way < 0.6:
            return self.dice.randbytes(self.dice.randrange(400))
        if way < 0.65:
            return photo + bytes(2**18)
        return self.damaged(photo)

    def damaged(self, content: bytes) -> bytes:
        found = bytearray(content)
        for _ in range(self.dice.randint(1, 8)):
            if found:
                found[self.dice.randrange(min(len(found), self.dice.choice((60, 300, 10**9))))] = self.dice.randrange(
                    256
                )
        return bytes(found)

    def json(self, files: dict[str, bytes], values: dict[str, Any]) -> tuple[bytes, str]:
        encoded: dict[str, Any] = {name: base64.b64encode(image).decode() for name, image in files.items()}
        if encoded and self.dice.random() < 0.1:
            encoded[self.dice.choice(list(encoded))] = self.dice.choice([None, 5, [], {}, "%%%", "data:,", "aGk"])
        return json.dumps({**encoded, **values}).encode(), "application/json"

    def multipart(self, files: dict[str, bytes], values: dict[str, Any]) -> tuple[bytes, str]:
        parts = [
            b'Content-Disposition: form-data; name="%b"; filename="a"\r\n\r\n%b' % (n.encode(), f)
            for n, f in files.items()
        ]
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value)
            parts.append(
                b'Content-Disposition: form-data; name="%b"\r\n\r\n%b'
                % (name.encode(), text.encode("utf-8", "replace"))
            )
        if parts and self.dice.random() < 0.05:
            parts.append(parts[0])
        body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"
        return body, self.dice.choice(
            ["multipart/form-data; boundary=cut"] * 9 + ["multipart/form-data; boundary=" + "c" * 90]
        )


def survive(client: TestClient, photo_bytes: Callable[..., bytes], number: int, seed: int) -> None:
    global written
    malformer, statuses = Malformer(photo_bytes, seed), set()
    sys.addaudithook(note_writes)
    written = []
    try:
        for i in range(number):
            request = malformer.request()
            start = time.process_time()
            answer = client.request(**request)
            spent = time.process_time() - start
            told = (seed, i, request["method"], request["url"], answer.status_code)
            assert answer.status_code < 500, (*told, answer.text)
            assert spent < LONGEST_S, (*told, spent)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", told
            statuses.add(answer.status_code)
        assert written == []
    finally:
        written = None
    assert {200, 415, 422} <= statuses  # the net catches more than one kind of fish
    assert client.get("/health/ready").status_code == 200


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_malformed_requests_are_survived(client: TestClient, photo_bytes: Callable[..., bytes]) -> None:
    survive(client, photo_bytes, FAST, seed=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_thousands_of_malformed_requests_are_survived(client: TestClient, photo_bytes: Callable[..., bytes]) -> None:
    survive(client, photo_bytes, MANY, seed=2)
