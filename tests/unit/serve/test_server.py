"""The server as a process: ready only when it is, alive while it computes, private, described, and stopped cleanly."""

from __future__ import annotations

import asyncio
import http.client
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
import uvicorn
from fastapi.testclient import TestClient

from fitroom.bundles import Bundle, add_files
from fitroom.errors import BundleError, ConfigError, LaunchError
from serve import run
from serve.problem_codes import PROBLEMS
from serve.settings import Settings
from serve.workers.in_threads import InThreads
from serve.workers.opened import Opened

PhotoBytes = Callable[..., bytes]
Serving = Callable[..., AbstractContextManager[TestClient]]
Until = Callable[[Callable[[], object]], None]
BUDGET_S = 120


def upload(image: bytes) -> dict[str, Any]:
    return {"files": {"image": ("photo.jpg", image, "image/jpeg")}}


class Gate:
    """Holds whoever passes until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def hold(self) -> None:
        self.reached.set()
        assert self.opened.wait(BUDGET_S)


def hold_inference(client: TestClient) -> Gate:
    """Makes the model of this server wait at a gate."""
    gate = Gate()
    (pipeline,) = client.app.state.service.backend.models.recognizers.values()  # type: ignore[attr-defined]
    infer = pipeline.infer

    def held(x_BCHW: torch.Tensor) -> dict[str, np.ndarray]:
        gate.hold()
        return infer(x_BCHW)

    pipeline.infer = held
    return gate


def test_nothing_is_answered_before_the_models_are_loaded(
    serving: Serving, until: Until, tiny_bundle: Bundle, photo_bytes: PhotoBytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, load = Gate(), InThreads.load
    monkeypatch.setattr(InThreads, "load", lambda self: (gate.hold(), load(self)))
    with serving(tiny_bundle.path, ready=False) as client:
        assert gate.reached.wait(BUDGET_S)
        for answer in (client.get("/health/ready"), client.post("/v1/recognize", **upload(photo_bytes()))):
            assert answer.status_code == 503
            assert answer.json()["code"] == "not-ready"
            assert answer.headers["retry-after"] == "1"
        assert client.get("/health/live").json() == {"status": "alive"}
        assert client.get("/v1/models").json()["models"][0]["name"] == "tiny"
        gate.opened.set()
        until(lambda: client.get("/health/ready").status_code == 200)
        assert client.get("/health/ready").json() == {"status": "ready"}
        assert client.post("/v1/recognize", **upload(photo_bytes())).status_code == 200


def test_health_answers_while_the_model_computes(
    serving: Serving, tiny_bundle: Bundle, photo_bytes: PhotoBytes
) -> None:
    with serving(tiny_bundle.path) as client, ThreadPoolExecutor(1) as pool:
        gate = hold_inference(client)
        working = pool.submit(client.post, "/v1/recognize", **upload(photo_bytes()))
        assert gate.reached.wait(BUDGET_S)
        assert client.get("/health/live").status_code == 200
        assert not working.done()
        gate.opened.set()
        assert working.result(BUDGET_S).status_code == 200


def test_too_many_requests_are_told_to_come_back(
    serving: Serving, until: Until, tiny_bundle: Bundle, photo_bytes: PhotoBytes
) -> None:
    with serving(tiny_bundle.path, concurrency=1, max_waiting=1) as client, ThreadPoolExecutor(2) as pool:
        gate = hold_inference(client)
        working = [pool.submit(client.post, "/v1/recognize", **upload(photo_bytes())) for _ in range(2)]
        until(lambda: client.app.state.service.desk._admitted == 2)  # type: ignore[attr-defined]
        answer = client.post("/v1/recognize", **upload(photo_bytes()))
        assert (answer.status_code, answer.json()["code"]) == (429, "queue-full")
        assert answer.headers["retry-after"] == "1"
        gate.opened.set()
        assert [future.result(BUDGET_S).status_code for future in working] == [200, 200]
        assert client.post("/v1/recognize", **upload(photo_bytes())).status_code == 200


def test_a_body_that_takes_too_long_is_given_up(serving: Serving, tiny_bundle: Bundle) -> None:
    with serving(tiny_bundle.path, upload_timeout_s=0.05) as client:

        async def silent(scope: dict[str, Any], receive: object, send: Callable[..., Any]) -> None:
            await client.app(scope, asyncio.Event().wait, send)  # type: ignore[operator]

        answer = TestClient(silent).post("/v1/recognize", json={})  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (408, "upload-timeout")


def test_a_fault_of_the_server_tells_nothing_of_its_inside(
    serving: Serving, tiny_bundle: Bundle, photo_bytes: PhotoBytes
) -> None:
    with serving(tiny_bundle.path) as client:
        (pipeline,) = client.app.state.service.backend.models.recognizers.values()  # type: ignore[attr-defined]
        pipeline.infer = lambda _: {}["secret"]
        answer = client.post("/v1/recognize", **upload(photo_bytes()))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_what_nobody_foresaw_has_the_id_by_which_the_log_knows_it(serving: Serving, tiny_bundle: Bundle) -> None:
    with serving(tiny_bundle.path) as client:
        client.app.state.service.opened = None  # type: ignore[attr-defined]
        outside = TestClient(client.app, raise_server_exceptions=False)
        answer = outside.get("/v1/models", headers={"X-Request-ID": "order-7"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "order-7")


def test_models_are_told_of_when_their_folder_is_gone(
    serving: Serving, make_bundle: Callable[..., Bundle], tmp_path: Path
) -> None:
    bundle = make_bundle(tmp_path / "b")
    with serving(bundle.path) as client:
        before = client.get("/v1/models").json()
        bundle.path.rename(tmp_path / "elsewhere")
        assert before["models"][0]["card"] and client.get("/v1/models").json() == before


written: list[str] | None = None


def note_writes(event: str, args: tuple[Any, ...]) -> None:
    if written is not None and event == "open" and args[2] is not None and args[2] & (os.O_WRONLY | os.O_RDWR):
        written.append(str(args[0]))
    if written is not None and event.startswith("tempfile."):
        written.append(event)


def test_nothing_of_a_photo_is_written_or_logged(
    serving: Serving, exported_bundle: Bundle, photo_bytes: PhotoBytes, caplog: pytest.LogCaptureFixture
) -> None:
    global written
    photo = photo_bytes(width_px=1500, height_px=1500, format="PNG")
    assert len(photo) > 4 * 2**20  # beyond what web frameworks keep in memory
    sys.addaudithook(note_writes)
    with serving(exported_bundle.path) as client, caplog.at_level(logging.DEBUG):
        written = []
        try:
            with Path(os.devnull).open("w"):
                assert written == [os.devnull]  # the watch works
            written.clear()
            assert client.post("/v1/recognize", **upload(photo)).status_code == 200
            assert client.post("/v1/recognize", **upload(photo[:-500_000])).status_code == 422
            assert written == []
        finally:
            written = None
    assert not [record for record in caplog.records if record.name.startswith(("fitroom", "serve"))]
    assert "photo.jpg" not in caplog.text


def test_every_answer_forbids_caching(client: TestClient, photo_bytes: PhotoBytes) -> None:
    answers = [
        client.get(path) for path in ("/health/live", "/health/ready", "/v1/models", "/openapi.json", "/nowhere")
    ]
    answers.append(client.post("/v1/recognize", **upload(photo_bytes())))
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


def test_openapi_describes_bodies_answers_and_every_problem(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    recognize = schema["paths"]["/v1/recognize"]["post"]
    assert [parameter["name"] for parameter in recognize["parameters"]] == ["embedding"]
    with_photos = (("recognize", "post"), ("try-on", "post"), ("garments/{id}", "put"), ("search/similar", "post"),
                   ("search/look", "post"), ("size-advice", "post"))  # fmt: skip
    for path, method in with_photos:
        content = schema["paths"][f"/v1/{path}"][method]["requestBody"]["content"]
        assert set(content) == {"multipart/form-data", "application/json"}
        assert content["application/json"]["examples"]
    for path in ("outfits", "search/words"):
        content = schema["paths"][f"/v1/{path}"]["post"]["requestBody"]["content"]
        assert set(content) == {"application/json"} and len(content["application/json"]["examples"]) == 2
    described = {code for operation in operations for code in problems_of(operation)}
    assert described == set(PROBLEMS) - {"not-found", "method-not-allowed", "http-error"}
    for operation in operations:
        for code, example in problems_of(operation).items():
            assert example["value"]["code"] == code
            assert str(example["value"]["status"]) in operation["responses"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', client.get("/openapi.json").text))
    assert named <= set(schema["components"]["schemas"])
    assert {"ProblemDetails", "RecognizeRequest", "TryOnRequest", "TryOnAnswer", "Garment"} <= named
    assert "HTTPValidationError" not in named


def problems_of(operation: dict[str, Any]) -> dict[str, Any]:
    return {
        code: example
        for response in operation["responses"].values()
        for code, example in response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items()
    }


def test_the_answers_fit_their_own_description(client: TestClient, photo_bytes: PhotoBytes) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    answer = client.post("/v1/recognize", params={"embedding": "1"}, **upload(photo_bytes())).json()
    assert set(answer) == set(schemas["RecognitionAnswer"]["properties"])
    problem = client.post("/v1/recognize", **upload(b"text")).json()
    assert set(problem) <= set(schemas["ProblemDetails"]["properties"])
    assert set(schemas["ProblemDetails"]["required"]) <= set(problem)


@pytest.mark.parametrize(
    "options",
    [
        {"bundles": []},
        {"concurrency": 0},
        {"num_threads": 0},
        {"max_image_bytes": 0},
        {"upload_timeout_s": 0},
        {"shutdown_s": float("inf")},
        {"work_timeout_s": float("nan")},
        {"max_waiting": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Settings(**{"bundles": [Path("b")], **options})


def test_two_bundles_of_one_name_are_refused(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path / name, seed=i).path for i, name in enumerate("ab")]
    with pytest.raises(BundleError, match="same name") as caught:
        run.main(folders, port=0)
    assert caught.value.exit_code == 6
    assert str(folders[0]) in str(caught.value)


def test_an_altered_bundle_is_refused_at_once(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "b")
    (bundle.path / "README.md").write_text("altered")
    with pytest.raises(BundleError, match=r"README\.md"):
        run.main([bundle.path], port=0)


def test_a_model_that_does_not_load_stops_the_server(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    bundle = add_files(make_bundle(tmp_path / "b"), {"model.onnx": b"no graph"})
    with ThreadPoolExecutor(1) as pool, pytest.raises(BundleError, match="ONNX graph cannot be loaded"):
        pool.submit(run.main, [bundle.path], port=0).result(BUDGET_S)


def test_models_that_do_not_load_for_another_reason_are_a_launch_error(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = ModuleNotFoundError("No module named 'somewhere'", name="somewhere")
    monkeypatch.setattr("serve.workers.in_threads.Models", Mock(side_effect=gone))
    with ThreadPoolExecutor(1) as pool, pytest.raises(LaunchError, match="no package 'somewhere'"):
        pool.submit(run.main, [tiny_bundle.path], port=0, isolate=False).result(BUDGET_S)


def test_a_model_that_answers_nan_is_never_ready(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    models = InThreads(Opened(Settings(bundles=[tiny_bundle.path])))
    monkeypatch.setattr("serve.workers.models.RecognizePipeline.__call__", lambda self, images: [nan_answer(self)])
    models.load()
    assert isinstance(models.failure, BundleError)
    assert not models.ready


def nan_answer(pipeline: Any) -> Any:
    outputs = {head.name: np.full((1, head.num_outputs), np.nan) for head in pipeline.heads}
    return pipeline.answer(outputs | {"embedding": np.ones((1, 4))})[0]


def test_a_taken_port_or_a_strange_host_is_a_launch_error(tiny_bundle: Bundle) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LaunchError, match="cannot listen") as caught:
            run.main([tiny_bundle.path], port=taken.getsockname()[1])
    assert caught.value.exit_code == 9
    for host, port in (("no.such.host.invalid", 0), ("127.0.0..1", 0), ("127.0.0.1", 99_999)):
        with pytest.raises(LaunchError):
            run.main([tiny_bundle.path], host=host, port=port)


def test_answers_are_sent_at_once_and_not_after_an_acknowledgement() -> None:
    # asyncio sets TCP_NODELAY only where the socket names its protocol.
    with run._listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_what_does_not_end_is_waited_for_once() -> None:
    service = Mock()
    service.settings.shutdown_s, service.desk.idle = 0.1, False
    server = run.DrainingServer(uvicorn.Config("app", timeout_graceful_shutdown=25), service)
    server.handle_exit(signal.SIGTERM, None)
    assert service.desk.stopping is True
    assert server._draining is not None
    server._draining.join(BUDGET_S)
    assert server.should_exit and server.config.timeout_graceful_shutdown == 1


SERVER = """
import sys
from pathlib import Path
from fitroom.progress import setup_logging
from serve.run import main
setup_logging()
sys.exit(main([Path(sys.argv[1])], port=0, max_image_bytes=2**20))
"""


@pytest.fixture(scope="module")
def process(tiny_bundle: Bundle, until: Until) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in a process of its own, and its port; ready."""
    words = [sys.executable, "-c", SERVER, str(tiny_bundle.path)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        port = int(re.search(r":(\d+)$", server.stderr.readline())[1])  # type: ignore[index]
        try:
            until(lambda: status_of(port, "GET", "/health/ready") == 200)
            yield server, port
        finally:
            server.kill()


def status_of(port: int, method: str, path: str, **request: Any) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BUDGET_S)
    connection.request(method, path, **request)
    return connection.getresponse().status


def test_who_asks_for_a_websocket_is_answered_as_everybody(process: tuple[Any, int]) -> None:
    pytest.importorskip("websockets", reason="uvicorn would use it to answer for us")
    for path, status in (("/health/live", 200), ("/v1/nothing", 404)):
        asked = http.client.HTTPConnection("127.0.0.1", process[1], timeout=BUDGET_S)
        asked.request("GET", path, headers={"Upgrade": "websocket", "Connection": "Upgrade"})
        answer = asked.getresponse()
        assert answer.status == status and "json" in answer.headers["content-type"]


def test_over_a_socket_a_body_without_length_is_cut_at_the_cap(process: tuple[Any, int]) -> None:
    _, port = process
    with socket.create_connection(("127.0.0.1", port), timeout=BUDGET_S) as connection:
        connection.sendall(
            b"POST /v1/recognize HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        sent = 0
        try:
            while sent < 64 * 2**20:
                connection.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")
                sent += 65_536
        except OSError:
            pass  # the server has closed, which is what it should do
        assert sent < 32 * 2**20
    assert status_of(port, "GET", "/health/live") == 200


def test_over_a_socket_a_long_announced_body_is_refused_unsent(process: tuple[Any, int]) -> None:
    _, port = process
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BUDGET_S)
    connection.putrequest("POST", "/v1/recognize")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(10**10))
    connection.endheaders()
    assert connection.getresponse().status == 413


def test_sigterm_stops_it_cleanly(process: tuple[subprocess.Popen[str], int]) -> None:
    server, port = process
    assert status_of(port, "GET", "/health/live") == 200
    server.send_signal(signal.SIGTERM)
    assert server.wait(BUDGET_S) == 0
    assert server.stderr is not None
    rest = server.stderr.read()
    assert "stopped" in rest
    assert "Traceback" not in rest
