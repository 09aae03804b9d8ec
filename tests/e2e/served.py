"""The server as a process of its own, and try-ons of people whose answers cannot be mistaken for each other's."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from fitroom.images import decode_rgb_u8

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = [ROOT / "bundles" / name for name in ("tryon-compact", "recognizer-clothing", "parser-photos", "search")]
PERSON = ROOT / "docs" / "tryon" / "example-person.jpg"
GARMENT = ROOT / "docs" / "tryon" / "example-garment.jpg"
BUDGET_S = 300


class Server:
    """A running one.

    Attributes:
        process: its process.
        log: what it has logged.
        http: a client of it.
    """

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=BUDGET_S)

    def workers(self) -> list[int]:
        """Process ids of worker and spare, older first."""
        children = psutil.Process(self.process.pid).children()
        spawned = [child for child in children if "spawn_main" in words_of(child)]
        return [child.pid for child in sorted(spawned, key=lambda child: child.create_time())]

    def replicas(self) -> list[int]:
        """Process ids of replicas on Ray, older first."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        found = [child for child in children if "ServeReplica:fitroom:" in words_of(child)]
        return [child.pid for child in sorted(found, key=lambda child: child.create_time())]

    def figure(self, name: str) -> float:
        """A figure of /metrics."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.http.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def try_on(self, person: bytes, **data: str) -> httpx.Response:
        """A try-on of the example garment, as PNG."""
        files = {"person": ("p.jpg", person), "garment": ("g.jpg", GARMENT.read_bytes())}
        return self.http.post("/v1/try-on", files=files, data={"format": "png", "category": "t-shirt", **data})


def words_of(process: psutil.Process) -> str:
    """Its command line; empty where it has ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


@contextmanager
def started(*words: str, bundles: Sequence[Path] = BUNDLES, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server that is ready; killed afterwards, where it has not ended."""
    shown = [word for bundle in bundles for word in ("--bundle", str(bundle))]
    command = [sys.executable, "-m", "fitroom", "serve", *shown, "--port", "0", *words]
    with (
        tempfile.NamedTemporaryFile("w", suffix=".log") as log,
        subprocess.Popen(command, stderr=log, text=True, cwd=ROOT, env={**os.environ, **(env or {})}) as process,
    ):
        told = Path(log.name)
        try:
            until(lambda: process.poll() is not None or " on http" in told.read_text())
            found = re.search(r" on http://127\.0\.0\.1:(\d+)", told.read_text())
            assert found, told.read_text()
            server = Server(process, int(found[1]), told)
            until(lambda: process.poll() is not None or server.http.get("/health/ready").status_code == 200)
            assert process.poll() is None, told.read_text()
            yield server
        finally:
            process.kill()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + BUDGET_S
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def rests(pid: int) -> bool:
    """Whether a worker has loaded its models and waits."""
    one = psutil.Process(pid)
    return one.memory_info().rss > 300 * 2**20 and one.cpu_percent(interval=2) < 2


def persons(number: int) -> list[bytes]:
    """The example person in other light, so that no two answers are alike."""
    blobs = []
    for i in range(number):
        buffer = io.BytesIO()
        Image.open(PERSON).point(lambda value, i=i: min(255, value + 6 * i)).save(buffer, "PNG")
        blobs.append(buffer.getvalue())
    return blobs


def picture(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return decode_rgb_u8(base64.b64decode(answer.json()["image"])).astype(int)
