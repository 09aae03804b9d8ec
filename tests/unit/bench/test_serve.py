"""The bench of servers: its load on a small server, and the whole with a tiny model; no figure is judged."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fitroom.bench.report import Spread
from fitroom.bench.serving import serve
from fitroom.bench.serving.http_load import BROKEN, BUSY, LATE, OK, closed_loop, multipart, open_loop
from fitroom.bench.serving.served import Server, served
from fitroom.bench.serving.tables import Bout, Rates, overload_table, rates_table
from fitroom.bundles import Bundle
from fitroom.bundles.format import ONNX
from fitroom.errors import ConfigError, EvaluationError, LaunchError

PHOTO = multipart("/v1/recognize", {"image": b"a photo"})


class Small(BaseHTTPRequestHandler):
    """Answers by what the path says; counts bodies."""

    protocol_version = "HTTP/1.1"
    bodies: ClassVar[list[bytes]] = []
    connections: ClassVar[set[Any]] = set()

    def do_POST(self) -> None:
        Small.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        Small.connections.add(self.client_address)
        if self.path == "/slow":
            time.sleep(1.5)
        if self.path == "/broken":
            self.close_connection = True
            return
        self.send_response(BUSY if self.path == "/busy" else OK)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        if self.path == "/closing":  # without saying so
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Small)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def request(path: str) -> list[Any]:
    return [multipart(path, {"image": b"a photo"})]


def test_clients_ask_again_as_soon_as_they_are_answered(port: int) -> None:
    Small.bodies.clear()
    Small.connections.clear()
    replies, took = closed_loop(port, request("/good"), clients=3, seconds=0.3, timeout_s=30)
    assert {reply.status for reply in replies} == {OK} and took >= 0.3
    assert len(replies) == len(Small.bodies) > 3 and len(Small.connections) == 3
    assert all(0 < reply.seconds < 30 for reply in replies)
    assert b'name="image"' in Small.bodies[0] and b"a photo" in Small.bodies[0]


@pytest.mark.parametrize(("path", "status"), [("/busy", BUSY), ("/slow", LATE), ("/broken", BROKEN), ("/closing", OK)])
def test_what_becomes_of_a_request_is_told(port: int, path: str, status: int) -> None:
    replies, _ = closed_loop(port, request(path), clients=1, seconds=0.2, timeout_s=0.5 if path == "/slow" else 30)
    assert {reply.status for reply in replies} == {status}


def test_crowds_do_not_wait_for_each_other(port: int) -> None:
    start = time.perf_counter()
    replies, took = open_loop(port, request("/slow"), per_second=20, seconds=0.5, timeout_s=30)
    assert 2 <= len(replies) <= 11 and {reply.status for reply in replies} == {OK}
    assert took < 1.4 < time.perf_counter() - start  # all were sent before the first was answered


def test_tables_of_servers_that_answer_and_of_one_that_is_busy(port: int) -> None:
    servers = [Server(name, os.getpid(), port) for name in ("ours", "other")]
    bout = Bout(servers, request("/good"), seconds=0.2, timeout_s=30)
    rates = bout.rates([1, 2], rounds=2)
    table = rates_table(rates, [1, 2], ["ours"], ["a note"])
    assert [(row[0], row[1]) for row in table.rows] == [(1, "ours"), (1, "other"), (2, "ours"), (2, "other")]
    assert [row[-1] == "-" for row in table.rows] == [True, False, True, False]
    ours, other = (table.rows[place][2] for place in (0, 1))
    assert isinstance(ours, Spread) and isinstance(other, Spread) and len(ours.values) == 2
    assert table.rows[1][-1] == Spread(tuple(a / b for a, b in zip(ours.values, other.values, strict=True)))
    one = Bout(servers[:1], [*request("/good"), *request("/busy"), *request("/broken")], seconds=0.2, timeout_s=30)
    (row,) = overload_table(one, {("ours", 1): Rates([20.0])}, clients=1, times=3.0, seconds=0.5).rows
    name, sent, accepted, refused, lost, p50, p99, before_mb, most_mb = row
    assert name == "ours" and 10 < sent <= 62 and accepted > 0 and 0.2 < refused < 0.5 and lost > 0
    assert 0 < p50 <= p99 and 0 < before_mb <= most_mb
    with pytest.raises(EvaluationError, match="did not answer every request"):
        Bout(servers, request("/busy"), seconds=0.1, timeout_s=30).rates([1], rounds=1)


def test_a_server_that_ends_at_once_is_a_launch_error() -> None:
    with pytest.raises(LaunchError, match="ended before it was ready") as caught, served("x", ["-c", "1/0"], "/"):
        raise AssertionError
    assert "ZeroDivisionError" in str(caught.value)


@pytest.mark.slow
def test_the_whole_bench_with_a_tiny_model(tiny_bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "serve.json"
    words = ["--bundle", str(tiny_bundle.path), "--quick", "true", "--clients", "[1, 4]", "--max_waiting", "2"]
    assert serve.main([*words, "--out", str(out)]) == 0
    rates, overload = json.loads(out.read_text(encoding="utf-8"))["tables"]
    ours = [serve.OURS, *([serve.OURS_ONNX] if ONNX in tiny_bundle.spec.files else [])]
    names = [*ours, serve.FASTAPI, *([serve.LITSERVE] if find_spec("litserve") else [])]
    assert [(row["clients"], row["server"]) for row in rates["rows"]] == [(n, name) for n in (1, 4) for name in names]
    for row in rates["rows"]:
        assert row["answers/s"]["median"] > 0
        assert 0 < row["p50 ms"] <= row["p95 ms"]
    assert [row["fitroom serve, times"] == "-" for row in rates["rows"]] == [
        name == serve.OURS for _ in (1, 4) for name in names
    ]
    ours = overload["rows"][0]
    assert ours["server"] == serve.OURS and ours["accepted"] > 0 and 0 < ours["share of 429"] < 1
    assert ours["MB at most"] >= ours["MB before"] > 20 and ours["lost"] == 0
    assert any("litserve is not installed" in note for note in rates["notes"]) == (find_spec("litserve") is None)


@pytest.mark.parametrize("words", [["--clients", "[]"], ["--seconds", "0"], ["--overload", "-1"], ["--task", "dance"]])
def test_what_cannot_be_measured_is_refused(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        serve.main(words)
