"""Two replicas on a Ray cluster of this machine: one is killed under load; nothing is lost or written down."""

from __future__ import annotations

import base64
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.e2e.served import BUDGET_S, GARMENT, PERSON, Server, persons, picture, started, until

pytest.importorskip("ray", reason="Ray is not installed; make test-full installs it")
pytestmark = pytest.mark.slow
CLIENTS, ROUNDS = 6, 6


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where Ray keeps its logs; its sockets lie there too, so the path must be short."""
    with tempfile.TemporaryDirectory(prefix="fr", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    words = ("--ray", "--replicas", "2", "--max-waiting", "8")
    with started(*words, env={"RAY_TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}) as server:
        until(lambda: len(server.replicas()) == 2 and "2 replicas take work" in server.log.read_text())
        yield server
        server.process.terminate()
        server.process.wait(BUDGET_S)


def test_a_replica_killed_under_load_loses_no_answer_and_mixes_none_up(server: Server, folder: Path) -> None:
    people = persons(CLIENTS)
    expected = [picture(server.try_on(person)) for person in people]
    first, killed = server.replicas(), set()

    def client(who: int) -> list[tuple[np.ndarray, float]]:
        answers = []
        for _ in range(ROUNDS):
            start = time.monotonic()
            answers.append((picture(server.try_on(people[who])), time.monotonic() - start))
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        asked = [pool.submit(client, who) for who in range(CLIENTS)]
        until(lambda: server.figure("fitroom_running_batches") == 2)
        while not server.figure("fitroom_asked_again"):  # one that is just between two requests interrupts none
            killed.add(server.replicas()[0])
            os.kill(server.replicas()[0], signal.SIGKILL)
            time.sleep(5)
        answers = [future.result(BUDGET_S) for future in asked]

    seconds = sorted(seconds for own in answers for _, seconds in own)
    again = server.figure("fitroom_asked_again")
    median_s = np.median(seconds)
    print(f"{len(seconds)} requests, {again:g} asked again, median {median_s:.1f} s, longest {seconds[-1]:.1f} s")
    for own, right in zip(answers, expected, strict=True):
        assert len(own) == ROUNDS
        for answer, _ in own:
            assert np.abs(answer - right).max() <= 2
            assert sorted(np.abs(answer - other).mean() for other in expected)[1] > 1
    assert server.figure("fitroom_worker_crashes") == 1
    until(lambda: len(set(server.replicas()) - killed) == 2)  # others have come
    assert set(first) - killed <= set(server.replicas())  # and who was not killed lives on
    assert not kept(folder, server.log, people)


def kept(folder: Path, log: Path, photos: list[bytes]) -> list[Path]:
    """Files that hold part of a photo, as it was sent or in base64."""
    pieces = [photo[len(photo) // 2 :][:48] for photo in (*photos, GARMENT.read_bytes())]
    pieces += [base64.b64encode(piece) for piece in pieces]
    files = [path for path in (log, *folder.rglob("*")) if path.is_file()]
    assert len(files) > 5, "Ray keeps its logs here"
    return [path for path in files if any(piece in path.read_bytes() for piece in pieces)]


def test_the_line_is_bounded_over_all_replicas(server: Server) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda person: server.try_on(person), persons(4) * 4))
    assert {answer.status_code for answer in answers} == {200, 429}
    refused = [answer for answer in answers if answer.status_code == 429]
    assert all(answer.json()["code"] == "queue-full" and answer.headers["retry-after"] for answer in refused)
    assert len(answers) - len(refused) >= 2 + 8  # what is computed, and what may wait


def test_garments_and_ids_hold_whichever_replica_answers(server: Server) -> None:
    shown = server.http.put("/v1/garments/tee", files={"garment": ("g.jpg", GARMENT.read_bytes())})
    assert shown.status_code == 201
    assert [one["id"] for one in server.http.get("/v1/garments").json()["garments"]] == ["tee"]
    asked: dict[str, Any] = {"files": {"person": ("p.jpg", PERSON.read_bytes())}, "data": {"garment_id": "tee"}}
    for id in ("one", "two", "three"):
        assert server.http.put(f"/v1/try-ons/{id}", **asked).status_code == 202
    assert server.http.put("/v1/try-ons/one", **asked).status_code in (200, 202)  # the same again changes nothing
    for id in ("one", "two", "three"):
        until(lambda id=id: server.http.get(f"/v1/try-ons/{id}").json()["state"] == "done")
    results = [server.http.get(f"/v1/try-ons/{id}").json()["result"]["image"] for id in ("one", "two", "three")]
    assert len(set(results)) == 1


def test_sigterm_under_load_answers_all_and_leaves_no_process(server: Server) -> None:
    processes = psutil.Process(server.process.pid).children(recursive=True)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(server.try_on, person) for person in persons(6)]
        until(lambda: server.figure("fitroom_running_batches") == 2 and server.figure("fitroom_queue_length") == 4)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: server.http.get("/health/ready").json().get("code") == "stopping")
        assert [future.result(BUDGET_S).status_code for future in asked] == [200] * 6
    assert server.process.wait(BUDGET_S) == 0
    gone, alive = psutil.wait_procs(processes, timeout=30)
    assert gone and not alive
    assert "Traceback" not in server.log.read_text()
