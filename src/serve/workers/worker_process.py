"""A worker process as the server sees it: started, ready, asked, gone."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Literal

from fitroom.errors import FitroomError
from serve.settings import Settings
from serve.workers.wire import FAILED, READY, pack_works, unpack_outcomes
from serve.workers.work import Outcome, Work, WorkerGone

Run = Callable[[Connection, Settings], None]
State = Literal["starting", "ready", "gone"]
_SPAWN = multiprocessing.get_context("spawn")  # a fork would share locks and threads with the server


class WorkerProcess:
    """One worker; made and asked on the event loop, which also hears of every change.

    Args:
        settings: the server's.
        run: what the process does with its end of the pipe and the settings.
        on_change: called when it becomes ready, and when it is gone.

    Attributes:
        state: "starting", "ready" or "gone".
        failure: why the models did not load; None = they did, or the process just ended.
    """

    def __init__(self, settings: Settings, run: Run, on_change: Callable[[WorkerProcess], None]) -> None:
        self.state: State = "starting"
        self.failure: FitroomError | Exception | None = None
        self._on_change, self._loop = on_change, asyncio.get_running_loop()
        self._asked: dict[int, asyncio.Future[list[Outcome]]] = {}
        self._number, self._sending = 0, threading.Lock()
        self._pipe, far_end = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=run, args=(far_end, settings), daemon=True)
        self._process.start()
        far_end.close()  # or its end would never be noticed
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def ending(self) -> str:
        """How the process ended, in words."""
        code = self._process.exitcode or 0
        return f"the process was ended by signal {-code}" if code < 0 else f"the process ended with exit code {code}"

    async def ask(self, works: list[Work], timeout_s: float) -> list[Outcome]:
        """The outcomes of work; a worker that takes too long is killed.

        Raises:
            WorkerGone: it ended before it answered.
        """
        if self.state == "gone":
            raise WorkerGone
        self._number += 1
        number, future = self._number, self._loop.create_future()
        self._asked[number] = future
        limit = self._loop.call_later(timeout_s, self.kill)  # one that hangs may not even take the work
        try:
            await asyncio.to_thread(self._send, pack_works(number, works))
            return await future
        finally:
            limit.cancel()
            self._asked.pop(number, None)

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()

    def close(self) -> None:
        """Ends it, and forgets what it was asked."""
        self._on_change = lambda _: None
        self.kill()
        self._process.join()

    def _send(self, message: bytes) -> None:
        # In a thread, since a worker that hangs does not read; its end breaks the pipe, which the reader tells.
        try:
            with self._sending:
                self._pipe.send_bytes(message)
        except OSError:
            self.kill()

    def _read(self) -> None:
        try:
            while True:
                self._tell(self._got, *unpack_outcomes(self._pipe.recv_bytes()))
        except (EOFError, OSError):
            self._process.join()
            self._tell(self._lost)

    def _tell(self, what: Callable[..., None], *values: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *values)

    def _got(self, number: int, outcomes: list[Outcome]) -> None:
        if number == FAILED:
            self.failure = outcomes[0]  # type: ignore[assignment]
        elif number == READY:
            self.state = "ready"
            self._on_change(self)
        elif number in self._asked and not self._asked[number].done():
            self._asked[number].set_result(outcomes)

    def _lost(self) -> None:
        self.state = "gone"
        for future in self._asked.values():
            if not future.done():
                future.set_exception(WorkerGone())
        self._on_change(self)
