"""Faults around the server as it ships: clients that send or read too slowly, a disk that takes not one byte."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from tests.e2e.served import BUDGET_S, ROOT, until

from serve.client import Client

BUNDLES = [ROOT / "bundles" / name for name in ("recognizer-clothing", "size-advisor")]
PHOTO = (ROOT / "docs/tryon/example-garment.jpg").read_bytes()
pytestmark = pytest.mark.slow
HEAD = b"POST /v1/recognize HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server whose disk has filled up since it started: no file can grow by a byte, and what it logs is lost."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = int(free.getsockname()[1])
    words = [word for bundle in BUNDLES for word in ("--bundle", str(bundle))]
    command = [sys.executable, "-m", "fitroom", "serve", *words, "--port", str(found), "--access-log"]
    limits = ["--concurrency", "1", "--max-waiting", "8"]
    with (
        Path("/dev/full").open("w") as full,
        subprocess.Popen([*command, *limits], stderr=full, cwd=ROOT) as process,
    ):
        try:
            until(lambda: process.poll() is None and is_ready(found))
            for one in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
                resource.prlimit(one.pid, resource.RLIMIT_FSIZE, (0, 0))
            yield found
            process.terminate()
            assert process.wait(BUDGET_S) == 0
        finally:
            process.kill()


def is_ready(port: int) -> bool:
    try:
        return Client(f"http://127.0.0.1:{port}").ready()
    except Exception:
        return False


@pytest.fixture
def client(port: int) -> Client:
    return Client(f"http://127.0.0.1:{port}", max_wait_s=BUDGET_S)


def test_a_full_disk_stops_no_answer(client: Client) -> None:
    assert client.recognize(PHOTO)["category"]
    assert client.size_advice({"M": {"chest": 102.0}}, body_cm={"height": 172.0})["size"] == "M"
    assert 'route="/v1/recognize",status="200"' in client.metrics()


def test_those_who_send_slowly_are_passed_by_the_others(port: int, client: Client) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    for connection in slow:
        connection.sendall(HEAD)
    start = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for connection in slow:
                connection.sendall(b" ")  # a byte now and then keeps the connection, not the line
            assert all(found["category"] for found in pool.map(lambda _: client.recognize(PHOTO), range(4)))
    assert time.monotonic() - start < BUDGET_S
    slow[0].settimeout(BUDGET_S)
    assert b"408" in slow[0].recv(4096).split(b"\r\n")[0]  # within the upload's time, as the others are
    for connection in slow:
        connection.close()


def test_those_who_do_not_read_hold_nobody_up(port: int, client: Client) -> None:
    deaf = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    for connection in deaf:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
    assert client.recognize(PHOTO)["category"] and client.live()
    for connection in deaf:
        connection.close()
    assert client.recognize(PHOTO)["category"]
