"""``/v1/try-ons/{id}``: asked once however often it is sent, in order, bounded, cancelled, kept for a while."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from fitroom.bundles import Bundle
from serve.problem_codes import PROBLEMS
from serve.workers.models import Models

Until = Callable[[Callable[[], object]], None]
BUDGET_S = 120


@pytest.fixture
def client(tiny_tryon: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]) -> Iterator[TestClient]:
    with serving(tiny_tryon.path, concurrency=1, max_waiting=2, max_results=3) as client:
        yield client


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Whoever computes waits until it is set."""
    opened, make = threading.Event(), Models.make
    monkeypatch.setattr(Models, "make", lambda self, works: (opened.wait(BUDGET_S), make(self, works))[1])
    yield opened
    opened.set()


@pytest.fixture
def photos(photo_bytes: Callable[..., bytes]) -> dict[str, Any]:
    return {
        "person": ("p.jpg", photo_bytes(1, width_px=64, height_px=80), "image/jpeg"),
        "garment": ("g.jpg", photo_bytes(2, width_px=64, height_px=64), "image/jpeg"),
    }


def ask(client: TestClient, id: str, photos: dict[str, Any], **data: str) -> Any:
    return client.put(f"/v1/try-ons/{id}", files=photos, data=data)


def state(client: TestClient, id: str) -> dict[str, Any]:
    answer = client.get(f"/v1/try-ons/{id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: Any, code: str) -> Any:
    assert (answer.status_code, answer.json()["code"]) == (PROBLEMS[code][0], code), answer.text
    return answer


def test_from_the_line_to_the_answer(client: TestClient, gate: threading.Event, photos: Any, until: Until) -> None:
    first = ask(client, "a", photos, seed="4")
    assert first.status_code == 202
    assert first.headers["location"] == "/v1/try-ons/a"
    until(lambda: state(client, "a")["state"] == "running")
    assert [ask(client, id, photos).json()["position"] for id in "bc"] == [1, 2]
    assert refused(ask(client, "d", photos), "queue-full").headers["retry-after"].isdecimal()
    assert state(client, "c")["position"] == 2
    assert client.delete("/v1/try-ons/b").status_code == 204
    assert state(client, "c")["position"] == 1
    refused(client.get("/v1/try-ons/b"), "unknown-try-on")
    assert ask(client, "e", photos).status_code == 202  # there is room again
    gate.set()
    until(lambda: state(client, "e")["state"] == "done")
    done = state(client, "a")
    assert (done["state"], done["position"], done["problem"]) == ("done", None, None)
    assert done["result"]["seed"] == 4
    at_once = client.post("/v1/try-on", files=photos, data={"seed": "4"}).json()
    assert done["result"]["image"] == at_once["image"]
    picture = client.get("/v1/try-ons/a", headers={"Accept": "image/*"})
    assert Image.open(io.BytesIO(picture.content)).size == (64, 80)


def test_asking_twice_asks_once_and_other_things_are_a_conflict(
    client: TestClient, gate: threading.Event, photos: Any, until: Until
) -> None:
    assert ask(client, "a", photos, seed="1").status_code == 202
    again = ask(client, "a", photos, seed="1")
    assert (again.status_code, again.json()["created_utc"]) == (200, state(client, "a")["created_utc"])
    refused(ask(client, "a", photos, seed="2"), "id-in-use")
    gate.set()
    until(lambda: state(client, "a")["state"] == "done")
    assert ask(client, "a", photos, seed="1").json()["state"] == "done"
    assert client.app.state.service.desk.idle  # type: ignore[attr-defined]


def test_what_fails_says_why_and_photos_are_not_kept(client: TestClient, photos: Any, until: Until) -> None:
    cut = photos | {"person": ("p.jpg", photos["person"][1][:-300], "image/jpeg")}
    assert ask(client, "cut", cut).status_code == 202
    until(lambda: state(client, "cut")["state"] == "failed")
    assert state(client, "cut")["problem"]["code"] == "image-truncated"
    (kept,) = client.app.state.service.jobs._kept.values()  # type: ignore[attr-defined]
    assert kept.asked.work.blobs == kept.job.work.blobs == {}
    assert client.delete("/v1/try-ons/cut").status_code == 204


def test_results_are_kept_for_a_while_and_the_oldest_goes_first(client: TestClient, photos: Any, until: Until) -> None:
    now, jobs = [0.0], client.app.state.service.jobs  # type: ignore[attr-defined]
    jobs.clock = lambda: now[0]
    for id in "abcd":
        ask(client, id, photos, seed=str(ord(id)))
        until(lambda id=id: state(client, id)["state"] == "done")
    refused(client.get("/v1/try-ons/a"), "unknown-try-on")
    now[0] = 601.0
    refused(client.get("/v1/try-ons/d"), "unknown-try-on")
    assert not jobs._kept


def test_results_that_nobody_asks_for_go_by_themselves(
    tiny_tryon: Bundle,
    serving: Callable[..., AbstractContextManager[TestClient]],
    photos: Any,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("serve.tryon_jobs._AFTER_S", 0.1)
    with serving(tiny_tryon.path, result_ttl_s=0.1) as client:
        assert ask(client, "a", photos).status_code == 202
        jobs = client.app.state.service.jobs  # type: ignore[attr-defined]
        assert jobs._kept
        until(lambda: not jobs._kept)


def test_ids_and_fields_are_checked(client: TestClient, photos: Any) -> None:
    refused(ask(client, "a b", photos), "invalid-field")
    refused(client.get("/v1/try-ons/%00"), "invalid-field")
    refused(client.delete("/v1/try-ons/none"), "unknown-try-on")
    refused(ask(client, "x", {"person": photos["person"]}), "missing-field")
    refused(client.get("/v1/try-ons/x"), "unknown-try-on")
    assert client.app.state.service.desk.idle  # type: ignore[attr-defined]


def test_a_client_that_goes_away_leaves_the_line(
    client: TestClient, gate: threading.Event, photos: Any, until: Until
) -> None:
    ask(client, "first", photos)
    until(lambda: state(client, "first")["state"] == "running")
    desk = client.app.state.service.desk  # type: ignore[attr-defined]
    request = client.build_request("POST", "/v1/try-on", files=photos)
    body = request.read()
    gone = threading.Event()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(messages, None)
        if message is None:
            await asyncio.to_thread(gone.wait, BUDGET_S)
            return {"type": "http.disconnect"}
        return message

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(name.lower(), value) for name, value in request.headers.raw]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/try-on", "raw_path": b"/v1/try-on",
        "query_string": b"", "headers": headers, "scheme": "http", "server": ("a", 80), "client": ("b", 1),
        "root_path": "",
    }  # fmt: skip
    assert client.portal is not None
    asking = client.portal.start_task_soon(client.app, scope, receive, send)  # type: ignore[arg-type]
    until(lambda: len(desk._waiting) == 1)
    gone.set()
    asking.result(BUDGET_S)
    assert len(desk._waiting) == 0
    assert sent[0]["status"] == 499
    gate.set()
    until(lambda: state(client, "first")["state"] == "done")
    assert desk.idle
