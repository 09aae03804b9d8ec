"""Load on a server over HTTP: requests as prepared bytes, many at once, each timed, with little work to ask."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

OK, CREATED, BUSY, LATE, BROKEN = 200, 201, 429, 0, -1  # statuses; the last two are ours


@dataclass(frozen=True)
class Request:
    """What is sent.

    Attributes:
        path: of the server.
        body: what is sent.
        content_type: of the body.
        method: of HTTP.
    """

    path: str
    body: bytes
    content_type: str
    method: str = "POST"

    def message(self) -> bytes:
        """The whole message of HTTP/1.1, for a connection that is kept."""
        head = (
            f"{self.method} {self.path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n"
            f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


@dataclass(frozen=True)
class Reply:
    """What came of a request.

    Attributes:
        status: of HTTP; :data:`LATE` = none in time, :data:`BROKEN` = the connection broke.
        seconds: from the first byte sent to the last one received.
    """

    status: int
    seconds: float


def multipart(path: str, photos: Mapping[str, bytes], words: Mapping[str, str] | None = None) -> Request:
    """A request with photos as files, and words as plain fields."""
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{word}\r\n'.encode()
        for name, word in (words or {}).items()
    ]
    parts += [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.jpg"\r\n'
        f"Content-Type: image/jpeg\r\n\r\n".encode()
        + photo
        + b"\r\n"
        for name, photo in photos.items()
    ]
    return Request(path, b"".join([*parts, b"--cut--\r\n"]), "multipart/form-data; boundary=cut")


def closed_loop(
    port: int, requests: Sequence[Request], clients: int, seconds: float, timeout_s: float
) -> tuple[list[Reply], float]:
    """As many clients as told, each of which asks again as soon as it was answered.

    Args:
        port: on 127.0.0.1.
        requests: taken in turn.
        clients: at once.
        seconds: after which nobody asks again.
        timeout_s: of one request.

    Returns:
        All replies, and the seconds until the last of them.
    """

    async def client(end: float, messages: Iterator[bytes]) -> list[Reply]:
        replies, connection = [], Connection(port)
        while time.perf_counter() < end:
            replies.append(await connection.ask(next(messages), timeout_s))
        connection.close()
        return replies

    async def run() -> tuple[list[Reply], float]:
        start, messages = time.perf_counter(), itertools.cycle([request.message() for request in requests])
        found = await asyncio.gather(*(client(start + seconds, messages) for _ in range(clients)))
        return [reply for replies in found for reply in replies], time.perf_counter() - start

    return asyncio.run(run())


def one_by_one(port: int, requests: Sequence[Request], timeout_s: float) -> list[Reply]:
    """Each request once, in their order, over one connection; arguments as in :func:`closed_loop`."""

    async def run() -> list[Reply]:
        connection = Connection(port)
        replies = [await connection.ask(request.message(), timeout_s) for request in requests]
        connection.close()
        return replies

    return asyncio.run(run())


def open_loop(
    port: int, requests: Sequence[Request], per_second: float, seconds: float, timeout_s: float, most_open: int = 1000
) -> tuple[list[Reply], float]:
    """Requests at an even rate, whatever becomes of those before: crowds do not wait for each other.

    Args:
        port, requests, seconds, timeout_s: as in :func:`closed_loop`.
        per_second: rate.
        most_open: requests that wait at once; beyond them the crowd waits, and the rate falls.

    Returns:
        All replies, and the seconds in which they were sent.
    """

    async def one(message: bytes, places: asyncio.Semaphore, idle: list[Connection]) -> Reply:
        connection = idle.pop() if idle else Connection(port)
        try:
            reply = await connection.ask(message, timeout_s)
        finally:
            places.release()
        idle.append(connection)
        return reply

    async def run() -> tuple[list[Reply], float]:
        messages, places = itertools.cycle([request.message() for request in requests]), asyncio.Semaphore(most_open)
        start, sent, idle = time.perf_counter(), list[asyncio.Task[Reply]](), list[Connection]()
        for number in itertools.count():
            due = start + number / per_second
            if due > start + seconds or time.perf_counter() > start + seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await places.acquire()
            sent.append(asyncio.create_task(one(next(messages), places, idle)))
        took = time.perf_counter() - start
        replies = list(await asyncio.gather(*sent))
        for connection in idle:
            connection.close()
        return replies, took

    return asyncio.run(run())


class Connection:
    """One connection, kept from request to request while the server keeps it.

    Args:
        port: on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, message: bytes, timeout_s: float) -> Reply:
        """Sends a message and reads the answer to its end."""
        start, was_kept = time.perf_counter(), self._streams is not None
        try:
            async with asyncio.timeout(timeout_s):
                try:
                    status = await self._ask(message)
                except (OSError, asyncio.IncompleteReadError):
                    if not was_kept:
                        raise
                    self.close()  # the server had closed it since the last answer, as servers may
                    status = await self._ask(message)
        except TimeoutError:
            status = LATE
        except (OSError, asyncio.IncompleteReadError):
            status = BROKEN
        if status in (LATE, BROKEN):
            self.close()
        return Reply(status, time.perf_counter() - start)

    def close(self) -> None:
        """Ends the connection; the next message makes another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, message: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        writer.write(message)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(head[0].split()[1])
