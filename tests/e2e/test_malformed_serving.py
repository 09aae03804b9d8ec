"""Thousands of requests that are wrong, to the server as it ships, with all bundles and keys: every one is answered as
OpenAPI promises, none makes it fail, hang, or leave a file, and afterwards it answers as before."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.e2e.served import rests, until
from tests.unit.serve.judged import Judge
from tests.unit.serve.malformer import Malformer

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = ("tryon-compact", "recognizer-clothing", "parser-wardrobe", "size-advisor", "body-photo", "outfits")
PERSON, GARMENT = (ROOT / "docs" / "tryon" / f"example-{name}.jpg" for name in ("person", "garment"))
MAX_BYTES = 10 * 2**20
MALFORMED, NOT_HTTP, BY_SCHEMA = 2_000, 300, 2_000
LONGEST_S, BUDGET_S = 5.0, 300
KEY = "a key of sixteen letters".replace(" ", "-")
HEADERS = {"Authorization": f"Bearer {KEY}"}
pytestmark = pytest.mark.slow


@dataclass
class Running:
    """The server.

    Attributes:
        process: its first process.
        port: of it.
        folder: its home, its working folder and its place for temporary files.
        log: lines it has written.
        files: below the folder, of loading the models.
    """

    process: subprocess.Popen[str]
    port: int
    folder: Path
    log: list[str] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=HEADERS, timeout=BUDGET_S)

    def answers(self) -> list[Any]:
        """What it says of two good requests, but for the time they took."""
        files = {"person": ("p", PERSON.read_bytes()), "garment": ("g", GARMENT.read_bytes())}
        told = [
            self.http.post("/v1/try-on", files=files, data={"category": "t-shirt"}),
            self.http.post("/v1/recognize", files={"image": ("g", GARMENT.read_bytes())}),
        ]
        assert [one.status_code for one in told] == [200, 200]
        return [{name: value for name, value in one.json().items() if name != "timings_ms"} for one in told]

    def is_well(self) -> None:
        """It is ready, no worker has ended, nothing failed inside, and no file was left."""
        assert self.http.get("/health/ready").status_code == 200
        assert "fitroom_worker_crashes 0.0" in self.http.get("/metrics").text
        told = [line for line in self.log if any(word in line for word in ("Traceback", "failed", "Error", "ended"))]
        assert told == [], "".join(self.log)[-8000:]
        assert set(self.folder.rglob("*")) == self.files


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All bundles; once it runs, no file of its own can grow by a byte."""
    folder, keys = tmp_path_factory.mktemp("serving"), tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(f"shop {KEY}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [word for name in BUNDLES for word in ("--bundle", str(ROOT / "bundles" / name))]
    command = [sys.executable, "-m", "fitroom", "serve", *words, "--port", str(port), "--api-keys", str(keys)]
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(folder))
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, **places}
    ) as process:
        running = Running(process, port, folder)
        assert process.stderr is not None
        threading.Thread(target=lambda: running.log.extend(process.stderr or ()), daemon=True).start()
        try:
            until(lambda: len(workers(process.pid)) == 2 and is_ready(running))
            until(lambda: all(rests(pid) for pid in workers(process.pid)))  # PyTorch writes while it is loaded
            running.files = set(folder.rglob("*"))
            for one in (process.pid, *workers(process.pid)):
                resource.prlimit(one, resource.RLIMIT_FSIZE, (0, 0))
            yield running
            process.terminate()
            assert process.wait(BUDGET_S) == 0
        finally:
            process.kill()


def workers(pid: int) -> list[int]:
    children = psutil.Process(pid).children()
    return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]


def is_ready(server: Running) -> bool:
    try:
        return server.http.get("/health/ready").status_code == 200
    except httpx.HTTPError:
        return False


def test_thousands_of_malformed_requests(server: Running) -> None:
    before, judge = server.answers(), Judge(server.http.get("/openapi.json").json())
    malformer, statuses, ways = Malformer(2, MAX_BYTES), Counter[int](), Counter[str]()
    for number in range(MALFORMED):
        sent = malformer.request()
        for again in (True, False):  # a busy machine may be slow once
            start = time.monotonic()
            answer = server.http.request(**sent.words())
            took_s = time.monotonic() - start
            if took_s < LONGEST_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)):
                break
            assert again, (number, sent.way, sent.method, sent.url, took_s)
        fault = judge.fault(sent.route, sent.method, answer.status_code, answer.headers, answer.content)
        assert fault is None, (number, sent.way, sent.method, sent.url, answer.content[:500], fault)
        statuses[answer.status_code] += 1
        ways[sent.way] += 1
    assert {200, 202, 400, 404, 413, 415, 422} <= set(statuses)
    print(dict(statuses), dict(ways))
    assert server.answers() == before
    server.is_well()


def test_what_is_not_http(server: Running) -> None:
    before, dice = server.answers(), random.Random(3)
    good = b"POST /v1/recognize HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    ways: list[Callable[[], bytes]] = [
        lambda: dice.randbytes(dice.choice((1, 30, 2000))) + b"\r\n\r\n",
        lambda: good + b"Transfer-Encoding: chunked\r\n\r\n" + dice.choice((b"zz\r\n", b"-1\r\n", b"5\r\nab", b"\r\n")),
        lambda: good + b"Content-Length: " + dice.choice((b"-1", b"1e3", b"1, 2", b"0x10", b"9" * 40)) + b"\r\n\r\n{}",
        lambda: good + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        lambda: good + b"X: " + b"y" * dice.choice((70_000, 200_000)) + b"\r\n\r\n",
        lambda: good + b"X: y\r\n" * 20_000,
        lambda: good.replace(b"HTTP/1.1", dice.choice((b"HTTP/9.9", b"HTTP/1.", b"", b"FTP/1.1"))) + b"\r\n",
        lambda: good.replace(b"Host: a", dice.choice((b"Host: a\r\nHost: b", b"No host", b"Host : a"))) + b"\r\n",
        lambda: good.replace(b"/v1/recognize", dice.choice((b"", b"*", b"/\xff", b"/" + b"a" * 70_000))) + b"\r\n",
        lambda: dice.choice((b"WORD", b"PRI * HTTP/2.0\r\n\r\nSM", b"\x16\x03\x01\x02", b"CONNECT a:80")) + b"\r\n\r\n",
        lambda: b"GET /health/live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]  # fmt: skip
    for number in range(NOT_HTTP):
        way = dice.randrange(len(ways))
        told = exchanged(server.port, ways[way]())
        status, _, rest = told.partition(b"\r\n")
        assert not told or (status[:9] == b"HTTP/1.1 " and status[9:10] in b"24"), (number, way, told[:300])
        if status[9:10] == b"4":
            head, _, body = rest.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None, (way, told)
            assert b"application/problem+json" in head and json.loads(body[: int(length[1])])["code"], (
                way,
                told,
            )
    assert server.answers() == before
    server.is_well()


def exchanged(port: int, message: bytes) -> bytes:
    """What comes back until the connection ends or nothing more comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST_S) as connection:
        told = b""
        try:
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                told += part
        except OSError:
            pass  # the server has closed while it was told more
        return told


@pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed: fitroom[fuzz]")
def test_what_schemathesis_makes_of_the_description(server: Running, tmp_path: Path) -> None:
    before, here = server.answers(), Path(__file__).parent
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(here / "schemathesis.toml"), "run",
        f"http://127.0.0.1:{server.port}/openapi.json", "--header", f"Authorization: {HEADERS['Authorization']}",
        "--max-examples", "60", "--report-dir", str(tmp_path), "--report-json-path", str(tmp_path / "report.json"),
    ]  # fmt: skip
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_photos", "PYTHONPATH": str(here)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=10 * BUDGET_S)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    print(report["test_cases"])
    assert (
        report["test_cases"]["generated"] >= BY_SCHEMA
        and report["operations"]["tested"] == report["operations"]["total"]
    )
    assert server.answers() == before
    server.is_well()
