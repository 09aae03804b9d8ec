"""Keeps one worker process at work and a warm spare beside it; what a crash interrupts is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fitroom.progress import log
from serve.problems import Problem
from serve.settings import Settings
from serve.workers import worker
from serve.workers.asking_again import AskingAgain
from serve.workers.work import Outcome, Work, WorkerGone, WorkFailed
from serve.workers.worker_process import Run, WorkerProcess

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0


class Supervisor:
    """Computes in worker processes.

    Args:
        settings: the server's.
        run: what a worker process does.

    Attributes:
        active: the worker that is asked; None = none is ready.
        spare: the one that takes over, ready or starting.
        on_failure: called where the first worker cannot load the models.
    """

    def __init__(self, settings: Settings, run: Run = worker.run) -> None:
        self.settings, self.run = settings, run
        self.active: WorkerProcess | None = None
        self.spare: WorkerProcess | None = None
        self.crashes = 0
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: log.error("the models cannot be served: %s", self.failure)
        self._someone_ready = asyncio.Event()
        self._ask_again = AskingAgain(self._asked, others_wait=True)
        self._pause_s = _FIRST_PAUSE_S
        self._stopped = False

    @property
    def ready(self) -> bool:
        """Whether a worker is."""
        return self.active is not None

    @property
    def asked_again(self) -> int:
        """Pieces of work that a worker ended over."""
        return self._ask_again.asked_again

    async def start(self) -> None:
        """Starts the first worker; its spare follows when it is ready, so that both need not load at once."""
        self.spare = WorkerProcess(self.settings, self.run, self._changed)

    async def make(self, works: list[Work]) -> list[Outcome]:
        """Does the work; a crash of the worker is survived."""
        return await self._ask_again(works)

    async def stop(self) -> None:
        """Ends both processes."""
        self._stopped = True
        for process in (self.active, self.spare):
            if process is not None:
                await asyncio.to_thread(process.close)

    async def _asked(self, works: list[Work]) -> list[Outcome]:
        try:
            await asyncio.wait_for(self._someone_ready.wait(), self.settings.work_timeout_s)
        except TimeoutError:
            raise Problem("not-ready", "no worker is ready", headers={"Retry-After": "5"}) from None
        if self.active is None:
            raise WorkerGone
        return await self.active.ask(works, self.settings.work_timeout_s)

    def _changed(self, process: WorkerProcess) -> None:
        if process.state == "ready":
            self._pause_s = _FIRST_PAUSE_S
            if self.active is None:
                self._promote()
        elif process is self.active:
            self.crashes += 1
            log.error(
                "the worker ended; %s", "its spare takes over" if self._spare_ready() else "another one is starting"
            )
            self.active = None
            self._someone_ready.clear()
            if self._spare_ready():
                self._promote()
        elif process is self.spare:
            self._spare_lost(process)

    def _spare_ready(self) -> bool:
        return self.spare is not None and self.spare.state == "ready"

    def _promote(self) -> None:
        self.active, self.spare = self.spare, None
        self._someone_ready.set()
        self._start_spare()

    def _start_spare(self) -> None:
        if self._stopped or self.spare is not None:
            return
        try:
            self.spare = WorkerProcess(self.settings, self.run, self._changed)
        except (OSError, RuntimeError) as error:  # the system has no files, memory or threads left
            self._start_spare_later(error)

    def _spare_lost(self, process: WorkerProcess) -> None:
        """A worker that was not at work yet is gone: at the first start that is the end, later it is tried again."""
        self.spare = None
        reason = process.failure or WorkFailed(process.ending)
        if not self.crashes and self.active is None:
            self.failure = reason
            self.on_failure()
            return
        self._start_spare_later(reason)

    def _start_spare_later(self, reason: Exception) -> None:
        log.error("no spare worker, next try in %g s: %s", self._pause_s, reason)
        asyncio.get_running_loop().call_later(self._pause_s, self._start_spare)
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
