"""HTTP at its edges: what is none is a problem; who says nothing, or does not listen, is let go."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from serve import careful_http, run
from serve.careful_http import CarefulHttp

BUDGET_S = 60


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says "ok"; as many megabytes of it as the path asks for."""
    size = int(scope["path"].strip("/") or 0) * 2**20
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % (size + 2))]})
    await send({"type": "http.response.body", "body": b"ok" + bytes(size)})


def spoken(test: Callable[[int], Awaitable[None]], answers: ASGIApp = app) -> None:
    """Runs a test beside a server of it, on a port."""

    async def go() -> None:
        with run._listen("127.0.0.1", 0) as listener:
            config = uvicorn.Config(answers, http=CarefulHttp, log_config=None, lifespan="off")
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                await asyncio.wait_for(test(listener.getsockname()[1]), BUDGET_S)
            finally:
                server.should_exit = True
                await serving

    asyncio.run(go())


@pytest.mark.parametrize(
    "message",
    [
        b"\x16\x03\x01\x02\0\x01\r\n\r\n",
        b"GET / FTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000,
    ],
)
def test_what_is_not_http_is_a_problem(message: bytes) -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(message)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request")
        assert b"application/problem+json" in head and b"no-store" in head
        assert json.loads(body)["code"] == "http-error"
        writer.close()

    spoken(test)


def test_nonsense_before_an_answer_is_a_problem_and_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()

    spoken(test)
    assert "Traceback" not in caplog.text


def test_nonsense_after_an_answer_ends_the_connection_without_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.write(b"no length\r\n")
        await reader.read()
        writer.close()

    spoken(test)
    assert "Traceback" not in caplog.text and "Fatal" not in caplog.text


def test_who_is_refused_while_sending_still_hears_why() -> None:
    async def test(port: int) -> None:
        for size in (12 * 2**20, 256 * 2**20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size)
            try:
                for _ in range(size // 2**20):
                    writer.write(bytes(2**20))
                    await writer.drain()
            except ConnectionError:
                assert size > careful_http.LINGER_BYTES  # who goes on for ever is not heard out
                continue
            assert size < careful_http.LINGER_BYTES and (await reader.read()).endswith(b"\r\n\r\nok")
            writer.close()

    spoken(test)


def test_who_resets_the_connection_while_being_refused_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    client, answered = socket.socket(), asyncio.Event()

    async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()  # a reset, which the server has not read when it comes to closing
        try:
            await send({"type": "http.response.body", "body": b""})
        finally:
            answered.set()

    async def test(port: int) -> None:
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        await answered.wait()

    spoken(test, refuses)
    assert "Traceback" not in caplog.text


def test_who_says_nothing_is_let_go_and_who_asks_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful_http, "HEAD_S", 0.3)

    async def test(port: int) -> None:
        silent, _ = await asyncio.open_connection("127.0.0.1", port)
        slow, trickle = await asyncio.open_connection("127.0.0.1", port)
        start = time.monotonic()

        async def drip() -> None:
            for letter in b"GET / HTTP/1.1\r\nHost: " + b"a" * 10_000:
                trickle.write(bytes([letter]))
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await silent.read() == await slow.read() == b""
        assert 0.2 < time.monotonic() - start < BUDGET_S / 2
        dripping.cancel()
        asking, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):  # longer than that in all, and never so long without a request
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await asking.readuntil(b"ok")
            await asyncio.sleep(0.15)
        writer.close()

    spoken(test)


def test_who_does_not_listen_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful_http, "DEAF_S", 0.3)

    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /64 HTTP/1.1\r\nHost: a\r\n\r\n")  # more than the system keeps for either side
        await asyncio.sleep(1.0)
        told = 0
        try:
            while part := await reader.read(2**20):
                told += len(part)
        except ConnectionError:
            pass
        assert told < 64 * 2**20
        writer.close()

    spoken(test)


def test_who_listens_slowly_is_heard_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful_http, "DEAF_S", 0.7)

    async def test(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /64 HTTP/1.1\r\nHost: a\r\n\r\n")
        head, told, start = await reader.readuntil(b"\r\n\r\n"), 0, time.monotonic()
        while told < 64 * 2**20 + 2:
            told += len(await reader.readexactly(min(4 * 2**20, 64 * 2**20 + 2 - told)))
            await asyncio.sleep(0.1)
        assert b"200" in head and time.monotonic() - start > 1.4  # twice as long as one may be deaf
        writer.close()

    spoken(test)
