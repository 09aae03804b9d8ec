"""Requests of every kind that the server knows, by chance but the same for the same seed; wrong ones are among them."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from fitroom.bench.serving.http_load import multipart

JSON = "application/json"
_CHART = {size: {"chest": 96 + 4 * step, "length": 66 + 2 * step} for step, size in enumerate(("S", "M", "L"), 1)}
_ITEMS = [
    {"item_id": f"{category}-{color}", "category": category, "attributes": {"color": color}, "price": 40 + 3 * place}
    for place, (category, color) in enumerate(
        product(("shirt", "t-shirt", "trousers", "skirt"), ("white", "black", "red"))
    )
]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One request of a script.

    Attributes:
        kind: what tables call it.
        method, path: of it.
        body, content_type: where it has one.
        accept: what it asks for.
        right: statuses that are as they should be.
        until: what the answer must hold; else it is asked again. Empty = whatever it holds.
    """

    kind: str
    method: str
    path: str
    body: bytes = b""
    content_type: str = ""
    accept: str = "*/*"
    right: tuple[int, ...] = (200,)
    until: bytes = b""


class Mixed:
    """Scripts of requests, each in its own order.

    Args:
        persons, photos: JPEG files of people and of garments.
        name: of the client: it stands in the ids, so that no two clients meet.
        seed: of all chances.
    """

    def __init__(self, persons: Sequence[bytes], photos: Sequence[bytes], name: str, seed: int) -> None:
        self.persons, self.photos = persons, photos
        self.name, self.dice = name, random.Random(f"{seed} {name}")
        self._number = 0
        self._scripts: list[tuple[float, Callable[[], list[Step]]]] = [
            (8, self.recognised), (3, self.tried_on), (2, self.registered), (2, self.job), (3, self.advised),
            (2, self.matched), (1, self.watched), (5, self.wrong),
        ]  # fmt: skip

    def script(self) -> list[Step]:
        """The next one."""
        weights = [weight for weight, _ in self._scripts]
        return self.dice.choices([script for _, script in self._scripts], weights)[0]()

    def recognised(self) -> list[Step]:
        """A photo is named, as multipart or JSON."""
        if self.dice.random() < 0.5:
            return [self._json("recognize", "POST", "/v1/recognize?embedding=true", {"image": self._text()})]
        return [self._multipart("recognize", "POST", "/v1/recognize", {"image": self._photo()})]

    def tried_on(self) -> list[Step]:
        """Two photos make a picture, in any format."""
        if self.dice.random() < 0.5:
            photos = {"person": self.dice.choice(self.persons), "garment": self._photo()}
            return [self._multipart("try-on", "POST", "/v1/try-on", photos, accept="image/*")]
        told = {"person": self._person(), "garment": self._text(), "format": self.dice.choice(("jpeg", "png", "webp"))}
        return [self._json("try-on", "POST", "/v1/try-on", {**told, "visible_label": True, "seed": self._next()})]

    def registered(self) -> list[Step]:
        """A garment is registered, tried on, replaced, tried on, asked for and forgotten."""
        path = f"/v1/garments/{self.name}-{self._next()}"
        worn = {"person": self._person(), "garment_id": path.rpartition("/")[2], "size": "M", "body_cm": {"chest": 96}}
        told = {"category": "t-shirt", "size_chart": _CHART}
        return [
            self._json("garment", "PUT", path, {"garment": self._text(), **told}, right=(201,)),
            self._json("try-on, registered", "POST", "/v1/try-on", worn),
            self._json("garment", "PUT", path, {"garment": self._text(), **told}),
            self._json("try-on, registered", "POST", "/v1/try-on", worn),
            Step("garment", "GET", path),
            Step("garment", "DELETE", path, right=(204,)),
        ]

    def job(self) -> list[Step]:
        """A try-on by id: asked for twice, waited for, fetched, and forgotten or left to be forgotten."""
        path, kind = f"/v1/try-ons/{self.name}-{self._next()}", "try-on by id"
        told = {"person": self._person(), "garment": self._text()}
        steps = [
            self._json(kind, "PUT", path, told, right=(202,)),
            self._json(kind, "PUT", path, told),
            Step(kind, "GET", path, until=b'"state":"done"'),
            Step(kind, "GET", path, accept="image/webp"),
        ]
        return [*steps, *([Step(kind, "DELETE", path, right=(204,))] if self.dice.random() < 0.5 else [])]

    def advised(self) -> list[Step]:
        """A size is asked for."""
        body = {"height": self.dice.randint(155, 195), "chest": self.dice.randint(84, 110)}
        return [self._json("size advice", "POST", "/v1/size-advice", {"body_cm": body, "size_chart": _CHART})]

    def matched(self) -> list[Step]:
        """Outfits are asked for."""
        season = self.dice.choice(("spring", "summer", None))
        return [self._json("outfits", "POST", "/v1/outfits", {"items": _ITEMS, "season": season, "num": 3})]

    def watched(self) -> list[Step]:
        """Somebody looks after the server."""
        return [Step("watching", "GET", path) for path in ("/metrics", "/health/ready", "/v1/models", "/v1/garments")]

    def wrong(self) -> list[Step]:
        """What cannot be answered, in one of many ways."""
        photo, odd = self._photo(), f"x{self._next()}"
        told: list[dict[str, Any]] = [
            {"image": "%%%"}, {"image": self._text(), "model": odd}, {odd: 1}, {"image": self._text()[:3000]},
        ]  # fmt: skip
        ways = [
            lambda: self._multipart("wrong", "POST", "/v1/recognize", {"image": photo[: len(photo) // 2]}),
            lambda: self._multipart("wrong", "POST", "/v1/try-on", {"person": photo, "garment": b"no photo"}),
            lambda: self._multipart("wrong", "PUT", f"/v1/garments/{odd}", {"image": photo}),
            lambda: self._json("wrong", "POST", "/v1/recognize", self.dice.choice(told)),
            lambda: Step("wrong", "POST", "/v1/recognize", b'{"image": ' + b"[" * 20_000, JSON),
            lambda: self._json("wrong", "POST", "/v1/size-advice", {"body_cm": {"height": 17}, "size_chart": _CHART}),
            lambda: Step("wrong", "GET", f"/v1/try-ons/{odd}"),
            lambda: Step("wrong", "GET", f"/{odd}"),
            lambda: Step("wrong", odd.upper(), "/v1/recognize"),
        ]
        step = self.dice.choice(ways)()
        return [Step(**{**vars(step), "right": tuple(range(400, 500))})]

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _photo(self) -> bytes:
        return self.dice.choice(self.photos)

    def _person(self) -> str:
        return base64.b64encode(self.dice.choice(self.persons)).decode()

    def _text(self) -> str:
        return base64.b64encode(self._photo()).decode()

    def _json(self, kind: str, method: str, path: str, values: dict[str, Any], right: tuple[int, ...] = (200,)) -> Step:
        return Step(kind, method, path, json.dumps(values).encode(), JSON, right=right)

    def _multipart(self, kind: str, method: str, path: str, photos: dict[str, bytes], accept: str = "*/*") -> Step:
        request = multipart(path, photos)
        return Step(kind, method, path, request.body, request.content_type, accept)
