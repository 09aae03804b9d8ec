"""Servers as processes of their own: started, ready, measured in memory, ended with all that they started."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fitroom.bench.process_memory import family, family_mb, field_mb
from fitroom.errors import LaunchError
from fitroom.progress import log

START_S = 300.0


@dataclass(frozen=True)
class Server:
    """One that runs.

    Attributes:
        name: as tables call it.
        pid: of its first process.
        port: on 127.0.0.1.
        own_group: whether its processes are a group that can be made to pause.
    """

    name: str
    pid: int
    port: int
    own_group: bool = False

    def memory_mb(self) -> float:
        """Memory of all its processes, in MiB; what they share is counted once (PSS)."""
        return sum(family_mb(self.pid))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keeps all its processes still: some servers are busy even when nobody asks."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self.own_group:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def resident_mb(self) -> dict[int, float]:
        """Resident memory of each of its processes by id, in MiB; what they share is counted in each."""
        return {pid: field_mb(Path(f"/proc/{pid}/status"), "VmRSS:") for pid in family(self.pid)}


@contextmanager
def served(name: str, words: list[str], ready: str) -> Iterator[Server]:
    """Starts a server and waits until it is ready.

    Args:
        name: of it.
        words: of its command after ``python``; ``{port}`` is replaced by a free one.
        ready: path that answers 200 once it is.

    Raises:
        LaunchError: it ends, or is not ready in time.
    """
    port = _free_port()
    command = [sys.executable, *(word.format(port=port) for word in words)]
    log.info("starting %s", name)
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            _wait(name, process, port, ready)
            yield Server(name, process.pid, port, own_group=True)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(name: str, process: subprocess.Popen[str], port: int, ready: str) -> None:
    end = time.monotonic() + START_S
    while _status(port, ready) != 200:
        if process.poll() is not None:
            told = process.stderr.read()[-600:] if process.stderr else ""
            raise LaunchError(f"{name} ended before it was ready", got=told or f"exit code {process.returncode}")
        if time.monotonic() > end:
            raise LaunchError(f"{name} is not ready", rule=f"within {START_S:g} s")
        time.sleep(0.1)


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
