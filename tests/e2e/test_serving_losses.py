"""Nothing is lost and nothing mixed up: ids in a full line while a worker dies, clients that hang up, a bundle that is
damaged on disk."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.e2e.served import BUDGET_S, GARMENT, ROOT, Server, persons, picture, rests, started, until

from fitroom.images import decode_rgb_u8

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The try-on bundle in a folder that may be damaged."""
    folder = tmp_path_factory.mktemp("bundles") / "tryon-compact"
    shutil.copytree(ROOT / "bundles" / "tryon-compact", folder)
    return folder


@pytest.fixture(scope="module")
def server(copied: Path) -> Iterator[Server]:
    with started("--concurrency", "2", "--max-waiting", "6", bundles=[copied]) as server:
        until(lambda: len(server.workers()) == 2)
        yield server


def files(person: bytes) -> dict[str, tuple[str, bytes]]:
    return {"person": ("p", person), "garment": ("g", GARMENT.read_bytes())}


def test_every_id_that_was_taken_has_its_own_picture_though_the_line_was_full_and_a_worker_died(server: Server) -> None:
    people = persons(12)
    expected = [picture(server.try_on(person)) for person in people]
    before = server.figure("fitroom_worker_crashes")

    def ask(place: int) -> httpx.Response:
        told = {"format": "png", "category": "t-shirt"}
        return server.http.put(f"/v1/try-ons/id-{place}", files=files(people[place % 12]), data=told)

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, place) for place in range(48)]
        until(lambda: server.figure("fitroom_running_batches") > 0)
        os.kill(server.workers()[0], signal.SIGKILL)
        answers = [one.result(BUDGET_S) for one in asked]
    taken = [place for place, answer in enumerate(answers) if answer.status_code == 202]
    refused = [answer for answer in answers if answer.status_code != 202]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(429, "queue-full")}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused) and len(taken) >= 6
    until(lambda: server.figure("fitroom_worker_crashes") == before + 1)
    for place in taken:
        until(lambda place=place: server.http.get(f"/v1/try-ons/id-{place}").json()["state"] in ("done", "failed"))
        told = server.http.get(f"/v1/try-ons/id-{place}").json()
        assert told["state"] == "done", told
        worn = decode_rgb_u8(base64.b64decode(told["result"]["image"])).astype(int)
        assert np.abs(worn - expected[place % 12]).max() <= 2
    for place in set(range(48)) - set(taken):
        assert server.http.get(f"/v1/try-ons/id-{place}").status_code == 404


def test_clients_that_hang_up_leave_no_place_taken(server: Server) -> None:
    body = json.dumps(
        {name: base64.b64encode(file).decode() for name, (_, file) in files(persons(1)[0]).items()}
    ).encode()
    head = b"POST /v1/try-on HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    for sent in (0, 1, len(body) // 2, len(body)):  # within the head, within the body, while it waits
        gone = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
        for connection in gone:
            connection.sendall((head % len(body))[: None if sent else 30] + body[:sent])
        for connection in gone:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # by a reset
            connection.close()
    until(lambda: server.figure("fitroom_queue_length") == server.figure("fitroom_running_batches") == 0)
    with ThreadPoolExecutor(8) as pool:  # as many as there are places
        asked = list(pool.map(server.try_on, persons(8)))
    assert [answer.status_code for answer in asked] == [200] * 8


def test_a_bundle_damaged_on_disk_stops_no_answer_and_starts_no_worker(server: Server, copied: Path) -> None:
    expected, weights = picture(server.try_on(persons(1)[0])), next(copied.glob("*.safetensors"))
    until(lambda: len(server.workers()) == 2 and all(rests(pid) for pid in server.workers()))
    whole, crashes = weights.read_bytes(), server.figure("fitroom_worker_crashes")
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    os.kill(server.workers()[0], signal.SIGKILL)
    until(lambda: server.figure("fitroom_worker_crashes") == crashes + 1)
    until(lambda: server.figure("fitroom_ready") == 1)
    for _ in range(3):
        assert np.abs(picture(server.try_on(persons(1)[0])) - expected).max() <= 2
    until(lambda: len(server.workers()) == 1)  # what opened the damaged one has ended
    weights.write_bytes(whole)
    until(lambda: len(server.workers()) == 2)
    assert np.abs(picture(server.try_on(persons(1)[0])) - expected).max() <= 2
