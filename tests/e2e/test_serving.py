"""The server as it ships, with worker and spare: killed workers, SIGTERM under load, the examples of its page."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.e2e.served import BUDGET_S, GARMENT, PERSON, ROOT, Server, persons, picture, started, until

PAGE = ROOT / "docs" / "serving.md"


@pytest.fixture(scope="module")
def server(example_index: Path) -> Iterator[Server]:
    with started("--concurrency", "2", "--max-waiting", "30", "--index", str(example_index)) as server:
        yield server


@pytest.mark.slow
def test_a_worker_killed_under_load_loses_no_answer_and_mixes_none_up(server: Server) -> None:
    people = persons(6)
    expected = [picture(server.try_on(person)) for person in people]
    until(lambda: len(server.workers()) == 2)
    time.sleep(1)
    before = server.figure("fitroom_worker_crashes")
    with ThreadPoolExecutor(len(people)) as pool:
        asked = [pool.submit(server.try_on, person) for person in people]
        until(lambda: server.figure("fitroom_running_batches") > 0)
        os.kill(server.workers()[0], signal.SIGKILL)
        until(lambda: server.figure("fitroom_worker_crashes") == before + 1 and server.figure("fitroom_ready") == 1)
        answers = [picture(future.result(BUDGET_S)) for future in asked]
    for answer, right in zip(answers, expected, strict=True):
        distances = [np.abs(answer - other).mean() for other in expected]
        assert np.abs(answer - right).max() <= 2
        assert sorted(distances)[1] > 1
    until(lambda: len(server.workers()) == 2)


def test_the_examples_of_the_page_work(server: Server, tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = "\n".join(block for block in blocks if "curl" in block)
    assert script.count("curl") >= 8
    for name, photo in (("person.jpg", PERSON), ("garment.jpg", GARMENT)):
        (tmp_path / name).write_bytes(photo.read_bytes())
    script = script.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{server.port}").replace(
        "curl ", "curl -sS --fail-with-body "
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=BUDGET_S
    )
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    for name in ("worn.jpg", "worn.webp", "from-json.jpg", "order.jpg"):
        assert Image.open(tmp_path / name).size == Image.open(PERSON).size, name
    found = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("by-words", "similar", "look")}
    assert len(found["by-words"]["products"]) == 3 and len(found["similar"]["products"]) == 5
    assert found["look"]["worn"] and len({str(answer["index"]) for answer in found.values()}) == 1
    assert Image.open(tmp_path / "picture").format == "JPEG"


@pytest.mark.slow
def test_sigterm_under_load_answers_all_that_were_let_in() -> None:
    words = ("--concurrency", "1", "--max-waiting", "30", "--shutdown-s", str(BUDGET_S))
    with started(*words) as server, ThreadPoolExecutor(6) as pool:
        files: dict[str, Any] = {"person": ("p.jpg", PERSON.read_bytes()), "garment": ("g.jpg", GARMENT.read_bytes())}
        asked = [pool.submit(server.try_on, person) for person in persons(6)]
        until(lambda: server.figure("fitroom_queue_length") >= 4)
        assert server.http.put("/v1/try-ons/last", files=files).status_code == 202
        server.process.send_signal(signal.SIGTERM)
        until(lambda: server.http.get("/health/ready").json().get("code") == "stopping")
        refused = server.http.post("/v1/try-on", files=files)
        assert (refused.status_code, refused.json()["code"]) == (503, "stopping")
        assert [future.result(BUDGET_S).status_code for future in asked] == [200] * 6
        until(lambda: server.http.get("/v1/try-ons/last").json()["state"] == "done")
        assert server.process.wait(BUDGET_S) == 0
        assert "Traceback" not in server.log.read_text()
