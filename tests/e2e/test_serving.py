"""The server as it ships, with worker and spare: killed workers, SIGTERM under load, the examples of its page."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image

from fitroom.images import decode_rgb_u8

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "serving.md"
BUNDLES = [ROOT / "bundles" / name for name in ("tryon-compact", "recognizer-clothing", "parser-wardrobe")]
PERSON = ROOT / "docs" / "tryon" / "example-person.jpg"
GARMENT = ROOT / "docs" / "tryon" / "example-garment.jpg"
BUDGET_S = 300


class Server:
    """A running one.

    Attributes:
        process: its process.
        http: a client of it.
    """

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=BUDGET_S)

    def workers(self) -> list[int]:
        """Process ids of worker and spare, older first."""
        children = psutil.Process(self.process.pid).children()
        spawned = [child for child in children if is_worker(child)]
        return [child.pid for child in sorted(spawned, key=lambda child: child.create_time())]

    def figure(self, name: str) -> float:
        """A figure of /metrics."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.http.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def try_on(self, person: bytes, **data: str) -> httpx.Response:
        """A try-on of the example garment, as PNG."""
        files = {"person": ("p.jpg", person), "garment": ("g.jpg", GARMENT.read_bytes())}
        return self.http.post("/v1/try-on", files=files, data={"format": "png", "category": "t-shirt", **data})


@contextmanager
def started(*words: str) -> Iterator[Server]:
    bundles = [word for bundle in BUNDLES for word in ("--bundle", str(bundle))]
    command = [sys.executable, "-m", "fitroom", "serve", *bundles, "--port", "0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        try:
            serving = next(line for line in process.stderr if "serving" in line)
            server = Server(process, int(re.search(r":(\d+)", serving.partition("http")[2])[1]))  # type: ignore[index]
            until(lambda: server.http.get("/health/ready").status_code == 200)
            yield server
        finally:
            process.kill()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + BUDGET_S
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def is_worker(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.Error:  # it has just ended
        return False


def rests(pid: int) -> bool:
    """Whether a worker has loaded its models and waits."""
    one = psutil.Process(pid)
    return one.memory_info().rss > 300 * 2**20 and one.cpu_percent(interval=2) < 2


def persons(number: int) -> list[bytes]:
    """The example person in other light, so that no two answers are alike."""
    import io

    blobs = []
    for i in range(number):
        buffer = io.BytesIO()
        Image.open(PERSON).point(lambda value, i=i: min(255, value + 6 * i)).save(buffer, "PNG")
        blobs.append(buffer.getvalue())
    return blobs


def picture(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return decode_rgb_u8(base64.b64decode(answer.json()["image"])).astype(int)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with started("--concurrency", "2", "--max-waiting", "30") as server:
        yield server


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


def test_sigterm_under_load_answers_all_that_were_let_in() -> None:
    with started("--concurrency", "1", "--max-waiting", "30") as server, ThreadPoolExecutor(6) as pool:
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
        assert server.process.stderr is not None
        assert "Traceback" not in server.process.stderr.read()
