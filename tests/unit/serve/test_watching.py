"""What a watcher sees: request ids, JSON lines that hold nothing of what was sent, figures for Prometheus."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fitroom.bundles import Bundle
from fitroom.progress import log
from serve.accepts import picture_format, wants_picture
from serve.logs import JsonLines


class Lines(logging.Handler):
    """Keeps what is logged, as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    handler = Lines()
    with caplog.at_level(logging.INFO, logger=log.name):
        log.addHandler(handler)
        yield handler
        log.removeHandler(handler)


def test_requests_are_logged_and_counted_without_their_content(
    tiny_tryon: Bundle,
    serving: Callable[..., AbstractContextManager[TestClient]],
    photo_bytes: Callable[..., bytes],
    lines: Lines,
) -> None:
    files = {
        name: (f"{name}-secret.jpg", photo_bytes(width_px=64, height_px=64), "image/jpeg")
        for name in ("person", "garment")
    }
    with serving(tiny_tryon.path, access_log=True) as client:
        lines.text.clear()
        good = client.post("/v1/try-on", files=files, data={"seed": "31415926"}, headers={"X-Request-ID": "order-17"})
        strange = client.get("/v1/secret-path?secret=1", headers={"X-Request-ID": "bad id \n"})
        bad = client.put("/v1/garments/secret-id", files={"garment": ("x", b"secret bytes")})
        figures = client.get("/metrics")
    assert (good.status_code, strange.status_code, bad.status_code) == (200, 404, 415)
    assert good.headers["x-request-id"] == "order-17"
    assert len(strange.headers["x-request-id"]) == 32
    logged = [json.loads(line) for line in lines.text]
    told = [(line["route"], line["method"], line["status"]) for line in logged]
    assert told[:3] == [("/v1/try-on", "POST", 200), ("unmatched", "other", 404), ("/v1/garments/{id}", "PUT", 415)]
    assert logged[0]["request_id"] == "order-17"
    assert {"time", "level", "message", "seconds", "client"} <= set(logged[0])
    assert "secret" not in "".join(lines.text)
    assert "31415926" not in "".join(lines.text)
    assert figures.headers["content-type"].startswith("text/plain")
    assert 'fitroom_requests_total{method="POST",route="/v1/try-on",status="200"} 1.0' in figures.text
    assert 'fitroom_stage_seconds_count{kind="try-on",stage="worn"} 1.0' in figures.text
    assert 'fitroom_batch_size_count{kind="garment"} 1.0' in figures.text
    for name in ("fitroom_queue_length 0.0", "fitroom_ready 1.0", "fitroom_worker_crashes 0.0"):
        assert name in figures.text
    assert "secret" not in figures.text


def test_words_that_clients_make_up_are_no_figures_of_their_own(
    tiny_tryon: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]
) -> None:
    with serving(tiny_tryon.path) as client:
        for word in ("SECRET", "BREW"):
            assert client.request(word, "/v1/recognize").status_code == 405
        figures = client.get("/metrics").text
    assert 'method="other",route="/v1/recognize",status="405"} 2.0' in figures
    assert "SECRET" not in figures


@pytest.mark.parametrize(
    ("accept", "wanted", "format"),
    [
        (None, False, "webp"),
        ("*/*", False, "webp"),
        ("image/png", True, "png"),
        ("image/*", True, "webp"),
        ("image/png;q=0.1, image/jpeg;q=0.9", True, "jpeg"),
        ("application/json, image/png", False, "png"),
        ("application/json;q=0.5, image/png", True, "png"),
        ("text/html, image/avif, image/webp, */*;q=0.8", True, "webp"),
        ("image/gif", False, "webp"),
        ("image/png;q=nan, ;;,=", False, "webp"),
    ],
)
def test_accept_is_read(accept: str | None, wanted: bool, format: str) -> None:
    assert wants_picture(accept) == wanted
    if wanted or accept is None:
        assert picture_format(accept, "webp") == format


def test_recognitions_that_wait_together_are_computed_together(
    tiny_bundle: Bundle,
    serving: Callable[..., AbstractContextManager[TestClient]],
    until: Callable[..., None],
    photo_bytes: Callable[..., bytes],
) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    def send(client: TestClient, image: bytes) -> Any:
        return client.post("/v1/recognize", files={"image": ("p", image, "image/jpeg")})

    with serving(tiny_bundle.path, concurrency=1, max_batch=4) as client, ThreadPoolExecutor(6) as pool:
        service = client.app.state.service  # type: ignore[attr-defined]
        alone = [send(client, photo_bytes(i)).json()["probabilities"] for i in range(6)]
        opened, (pipeline,) = Event(), service.backend.models.recognizers.values()
        infer, sizes = pipeline.infer, []

        def held(x_BCHW: Any) -> Any:
            opened.wait(120)
            sizes.append(len(x_BCHW))
            return infer(x_BCHW)

        pipeline.infer = held
        working = [pool.submit(send, client, photo_bytes(0))]
        until(lambda: service.desk._running)
        working += [pool.submit(send, client, photo_bytes(i)) for i in range(1, 5)]
        working.append(pool.submit(send, client, b"no image"))
        until(lambda: len(service.desk._waiting) == 5)
        opened.set()
        answers = [future.result(120) for future in working]
    assert [answer.status_code for answer in answers] == [200] * 5 + [415]
    assert sum(sizes) == 5
    assert len(sizes) <= 3
    for answer, expected in zip(answers, alone, strict=False):
        if answer.status_code == 200:
            assert answer.json()["probabilities"] == pytest.approx(expected, abs=1e-4)
