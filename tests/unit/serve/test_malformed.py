"""Whatever is sent: an answer as OpenAPI promises it, none of 500, none that takes long, nothing left on disk."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.broken_images import BrokenImages
from tests.unit.serve.judged import Judge
from tests.unit.serve.malformer import Malformer

from fitroom.bundles import Bundle

MAX_BYTES, LONGEST_S = 2**18, 5.0
FAST = 150

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
    tiny_tryon: Bundle,
    tiny_bundle: Bundle,
    example_index: Path,
    serving: Callable[..., AbstractContextManager[TestClient]],
) -> Iterator[TestClient]:
    names = ("size-advisor", "body-photo", "outfits", "parser-wardrobe", "search")
    shipped = [Path(__file__).parents[3] / "bundles" / name for name in names]
    with serving(tiny_tryon.path, tiny_bundle.path, *shipped, index=example_index, max_image_bytes=MAX_BYTES) as client:
        yield client


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_malformed_requests_are_answered_as_promised(client: TestClient) -> None:
    global written
    malformer, judge = Malformer(1, MAX_BYTES), Judge(client.get("/openapi.json").json())
    statuses: Counter[int] = Counter()
    sys.addaudithook(note_writes)
    written = []
    try:
        for number in range(FAST):
            sent = malformer.request()
            start = time.process_time()
            answer = client.request(**sent.words())
            spent_s = time.process_time() - start
            fault = judge.fault(sent.route, sent.method, answer.status_code, answer.headers, answer.content)
            assert fault is None and spent_s < LONGEST_S, (number, sent.way, sent.method, sent.url, spent_s, fault)
            statuses[answer.status_code] += 1
        assert written == []
    finally:
        written = None
    assert {200, 400, 415, 422} <= set(statuses)  # the net catches more than one kind of fish
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("way", BrokenImages(0).ways)
def test_an_image_broken_in_any_way_is_answered(client: TestClient, way: str) -> None:
    judge, images = Judge(client.get("/openapi.json").json()), BrokenImages(2)
    for number in range(1 if way in ("bomb", "parts") else 4):  # these two take longest to make
        start = time.process_time()
        answer = client.post("/v1/recognize", files={"image": ("a", images.ways[way]())})
        fault = judge.fault("/v1/recognize", "POST", answer.status_code, answer.headers, answer.content)
        assert fault is None and time.process_time() - start < LONGEST_S, (way, number, fault)


def test_what_openapi_shows_is_of_its_own_schemas(client: TestClient) -> None:
    assert Judge(client.get("/openapi.json").json()).examples() == []
