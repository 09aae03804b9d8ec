"""Requests that are wrong in one way or several: fields, bodies, multipart, base64, images; the same for a seed."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, field
from typing import Any

from tests.unit.broken_images import BrokenImages

from serve.tryon_form import GARMENT, TRY_ON

ROUTES = (
    ("POST", "/v1/try-on", ("person", "garment")),
    ("PUT", "/v1/try-ons/{id}", ("person", "garment")),
    ("PUT", "/v1/garments/{id}", ("garment",)),
    ("POST", "/v1/recognize", ("image",)),
    ("POST", "/v1/size-advice", ("person",)),
    ("POST", "/v1/outfits", ()),
    ("POST", "/v1/search/words", ()),
    ("POST", "/v1/search/similar", ("image",)),
    ("POST", "/v1/search/look", ("person",)),
    ("GET", "/v1/pictures/{id}", ()),
    ("GET", "/v1/try-ons/{id}", ()),
    ("DELETE", "/v1/garments/{id}", ()),
)
IDS = ("a", "tee-1", "%2e%2e", "%ff", "x" * 200, "%F0%9F%91%97", "a%00b", "a%0Ab", ".x", "-", "garment-1", "cap")
ACCEPTS = ("*/*", "image/*", "", "image/png;q=z", "\x7f", "image/webp,application/json;q=nan", "," * 900)
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
    "words": ["red dress", "红色连衣裙", "", "\ud800", "-" * 200, "polo衫" * 60, 5],
    "item_id": ["garment-1", "cap", "", "../garment-1", "\ud800", 1],
    "part": ["top", "feet", {}],
    "nonsense": [1],
    "__proto__": [{}],
}
RIGHT: dict[str, dict[str, Any]] = {
    "/v1/size-advice": {"body_cm": {"height": 172}, "size_chart": {"M": {"chest": 104}, "L": {"chest": 108}}},
    "/v1/outfits": {"items": [ITEM, {"item_id": "b", "category": "trousers"}]},
    "/v1/search/words": {"words": "red dress"},
}
OWN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("/v1/try-on", "/v1/try-ons/{id}"), (*TRY_ON.texts, *TRY_ON.values)),
    "/v1/garments/{id}": (*GARMENT.texts, *GARMENT.values),
    "/v1/recognize": ("model", "__proto__"),
    "/v1/size-advice": ("body_cm", "size_chart", "weight_kg", "age_years", "sex", "measured", "region", "prefer",
                        "garment_id", "model"),
    "/v1/outfits": ("items", "given", "season", "weather", "num", "category", "model", "nonsense"),
    "/v1/search/words": ("words", "num", "category", "nonsense"),
    "/v1/search/similar": ("item_id", "num", "category"),
    "/v1/search/look": ("part", "num", "category"),
}  # fmt: skip
MULTIPART = "multipart/form-data; boundary=cut"


@dataclass(frozen=True)
class Sent:
    """A request.

    Attributes:
        way: what is wrong with it.
        route: its path as OpenAPI names it.
        method, url, content, headers: as httpx takes them.
    """

    way: str
    route: str
    method: str
    url: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def words(self) -> dict[str, Any]:
        """What httpx is told."""
        return {"method": self.method, "url": self.url, "content": self.content, "headers": self.headers}


class Malformer:
    """Makes them.

    Args:
        seed: of all dice.
        max_bytes: some images are larger.
    """

    def __init__(self, seed: int, max_bytes: int) -> None:
        self.dice, self.images, self.max_bytes = random.Random(seed), BrokenImages(seed), max_bytes

    def request(self) -> Sent:
        """Any."""
        method, route, names = self.dice.choices(ROUTES, [4 if images else 1 for *_, images in ROUTES])[0]
        url = route.replace("{id}", self.dice.choice(IDS))
        if route in RIGHT and (not names or self.dice.random() < 0.5):
            return self.told(route)
        if method in ("GET", "DELETE"):
            return Sent("id", route, method, url, headers={"Accept": self.dice.choice(ACCEPTS)})
        ways, files = set(), {}
        for name in names:
            if self.dice.random() > 0.05:
                way, files[name] = self.image()
                ways.add(way)
        values = RIGHT.get(route, {}) | {
            name: self.dice.choice(FIELDS[name])
            for name in self.dice.sample((*OWN[route], "nonsense"), self.dice.choice((0, 0, 0, 1, 2)))
        }
        content, kind = (self.json if self.dice.random() < 0.4 else self.multipart)(files, values)
        if self.dice.random() < 0.15:
            content, ways = self.damaged(content), ways | {"body"}
        headers = {"Content-Type": kind, "Accept": self.dice.choice(ACCEPTS)}
        return Sent("+".join(sorted(ways)), route, method, url, content, headers)

    def image(self) -> tuple[str, bytes]:
        """A file, and what is wrong with it: often nothing, so that what stands behind the first check is reached."""
        dice = self.dice.random()
        if dice < 0.3:
            return "good", self.images.some()
        return ("long", self.images.some() + bytes(self.max_bytes)) if dice < 0.33 else self.images.any()

    def told(self, route: str) -> Sent:
        """A request without photos: right but for a field or two."""
        wrong = {
            name: self.dice.choice(FIELDS[name]) for name in self.dice.sample(OWN[route], self.dice.choice((1, 2)))
        }
        content = json.dumps({**RIGHT[route], **wrong}).encode()
        if self.dice.random() < 0.25:
            content = self.damaged(content)
        kind = "application/json" if self.dice.random() < 0.95 else MULTIPART
        return Sent("told", route, "POST", route, content, {"Content-Type": kind})

    def damaged(self, content: bytes) -> bytes:
        """A body with bytes changed, lost or doubled, mostly in its first hundreds."""
        found = bytearray(content)
        for _ in range(self.dice.randint(1, 6)):
            if found:
                place = self.dice.randrange(min(len(found), self.dice.choice((60, 300, 10**9))))
                found[place : place + self.dice.choice((0, 1, 1, 9))] = self.dice.randbytes(self.dice.choice((0, 1, 1)))
        return bytes(found[: self.dice.choice((len(found), len(found), self.dice.randrange(len(found) + 1)))])

    def json(self, files: dict[str, bytes], values: dict[str, Any]) -> tuple[bytes, str]:
        """The request as JSON, some of it in base64 that is none."""
        encoded: dict[str, Any] = {name: base64.b64encode(image).decode() for name, image in files.items()}
        if encoded and self.dice.random() < 0.25:
            name = self.dice.choice(list(encoded))
            text = encoded[name]
            encoded[name] = self.dice.choice([
                None, 5, [], {}, "%%%", "data:,", "aGk", text[:-1], text + "=", text.replace("/", "_"), text[:50] + " ",
                "data:image/png;base64," + text, "data:" + text, "http://127.0.0.1/a.jpg", "\u0661" + text, text + "\0",
            ])  # fmt: skip
        content = json.dumps({**encoded, **values}).encode()
        way = self.dice.random()
        if way < 0.03:
            content = content.decode().encode(self.dice.choice(("utf-16", "utf-32", "utf-8-sig")))
        elif way < 0.06:
            content = (
                content[:-1]
                + b', "person": "aGk=", "seed": '
                + self.dice.choice((b"9" * 5000, b"1e999", b"[" * 500))
                + b"}"
            )
        return content, "application/json"

    def multipart(self, files: dict[str, bytes], values: dict[str, Any]) -> tuple[bytes, str]:
        """The request as parts, some with heads or boundaries that are not as they should be."""
        head = b'Content-Disposition: form-data; name="%b"'
        parts = [head % name.encode() + b'; filename="a"\r\n\r\n' + file for name, file in files.items()]
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value)
            parts.append(head % name.encode() + b"\r\n\r\n" + text.encode("utf-8", "replace"))
        end, line, kind, way = b"--cut--\r\n", b"\r\n", MULTIPART, self.dice.random()
        if way < 0.04 and parts:
            parts.append(parts[0])
        elif way < 0.08:
            kind = self.dice.choice(("multipart/form-data", "multipart/form-data; boundary=" + "c" * 90,
                                     "multipart/form-data; boundary=\"\"", "multipart/mixed; boundary=cut",
                                     "multipart/form-data; boundary=cut; boundary=cat"))  # fmt: skip
        elif way < 0.12:
            end = self.dice.choice((b"", b"--cut", b"--cut-", b"--cut--", b"--cut--\r\n--cut--\r\n", b"--cut--x" * 9))
        elif way < 0.15:
            line = self.dice.choice((b"\n", b"\r", b"\r\n\r\n"))
        elif way < 0.2:
            parts.append(self.dice.choice((
                b"\r\n", b"Content-Disposition: form-data\r\n\r\nx", b"X: " + b"y" * 70_000 + b"\r\n\r\nx",
                b"Content-Disposition: form-data; name*=utf-8''image\r\n\r\nx", b"Content-Length: -1\r\n\r\n",
                b'Content-Disposition: form-data; name="image\r\n\r\nx', b"\0\xff: \0\r\n\r\n\0",
                head % b"model" + b"\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=",
                head % b"\xff\xfe" + b"\r\n\r\n",
            )))  # fmt: skip
        return b"".join(b"--cut" + line + part + line for part in parts) + end, kind
