"""The desk: requests are let in up to a bound, wait in line, and are computed; what pays together, together."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fitroom.errors import FitroomError
from serve.metrics import Metrics
from serve.problems import Problem
from serve.settings import Settings
from serve.workers.work import Backend, Made, Outcome, Work, WorkCrashes


@dataclass(eq=False)
class Job:
    """A piece of work in line.

    Attributes:
        work: what is to be computed.
        made: what came of it, later; raises Problem or FitroomError.
        started: whether it is being computed, or was.
        queue_s: how long it waited, once started.
    """

    work: Work
    made: asyncio.Future[Made]
    entered: float = field(default_factory=time.monotonic)
    started: bool = False
    queue_s: float = 0.0


class Desk:
    """Lets requests in, keeps their order, hands them to the backend.

    Args:
        backend: whoever computes.
        settings: how many may be computed and wait.
        metrics: counts.

    Attributes:
        stopping: whether nobody is let in any more.
    """

    def __init__(self, backend: Backend, settings: Settings, metrics: Metrics) -> None:
        self.backend, self.settings, self.metrics = backend, settings, metrics
        self.stopping = False
        self._admitted = 0
        self._waiting: deque[Job] = deque()
        self._arrived = asyncio.Event()
        self._free = asyncio.Semaphore(settings.at_once)
        self._running: set[asyncio.Task[None]] = set()
        self._seconds = 1.0  # of a batch, smoothed: what a full queue's Retry-After is told from
        metrics.watch(lambda: len(self._waiting), lambda: len(self._running), backend)

    def require_ready(self) -> None:
        """Raises a ``not-ready`` or ``stopping`` problem where no work is taken."""
        if self.stopping:
            raise Problem(
                "stopping", "the server is being stopped", headers={"Retry-After": "5", "Connection": "close"}
            )
        if not self.backend.ready:
            raise Problem("not-ready", "the models are still being loaded", headers={"Retry-After": "1"})

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Lets one request in, or raises ``queue-full``; entered before its body is read, so that memory is bounded."""
        leave = self.enter()
        try:
            yield
        finally:
            leave()

    def enter(self) -> Callable[[], None]:
        """As :meth:`admit`, for what outlives its request; gives what is to be called at its end, once or more.

        Raises:
            Problem: queue-full, not-ready or stopping.
        """
        self.require_ready()
        if self._admitted >= self.settings.at_once + self.settings.max_waiting:
            wait_s = min(max(math.ceil(len(self._waiting) * self._seconds / self.settings.at_once), 1), 60)
            raise Problem("queue-full", "too many requests wait already", rule=f"{self.settings.max_waiting} may wait",
                          fix=f"try again in {wait_s} s", headers={"Retry-After": str(wait_s)})  # fmt: skip
        self._admitted += 1
        left = iter((True,))

        def leave() -> None:
            self._admitted -= next(left, False)

        return leave

    def submit(self, work: Work) -> Job:
        """Puts work in line."""
        job = Job(work, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._arrived.set()
        return job

    def position(self, job: Job) -> int | None:
        """1 for whoever is next; None once it is being computed, or done."""
        return self._waiting.index(job) + 1 if job in self._waiting else None

    def cancel(self, job: Job) -> None:
        """Takes it out of line; what is being computed is computed to its end, for nobody."""
        if job in self._waiting:
            self._waiting.remove(job)
        job.made.cancel()

    @property
    def idle(self) -> bool:
        """Whether nobody is inside."""
        return not self._admitted

    async def run(self) -> None:
        """Serves the line until it is cancelled."""
        while True:
            await self._free.acquire()
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            task = asyncio.create_task(self._compute(self._next()))
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()

    def _next(self) -> list[Job]:
        """Whoever is first, and a fair share of the like that wait: who took them all would leave others idle."""
        first = self._waiting.popleft()
        if first.work.kind != "recognize":  # a try-on keeps a core busy by itself: a batch of two takes twice as long
            return [first]
        like = [job for job in self._waiting if (job.work.kind, job.work.model) == (first.work.kind, first.work.model)]
        share = min(math.ceil((1 + len(like)) / self.settings.at_once), self.settings.max_batch)
        batch = [first, *like[: share - 1]]
        for job in batch[1:]:
            self._waiting.remove(job)
        return batch

    async def _compute(self, batch: list[Job]) -> None:
        start = time.monotonic()
        for job in batch:
            job.started, job.queue_s = True, start - job.entered
        try:
            outcomes = await self.backend.make([job.work for job in batch])
        except Exception as error:
            for job in batch:
                _fail(job, error)
            return
        seconds = time.monotonic() - start
        self._seconds += 0.1 * (seconds - self._seconds)
        self.metrics.computed(batch[0].work.kind, len(batch), seconds)
        for job, outcome in zip(batch, outcomes, strict=True):
            self._settle(job, outcome)

    def _settle(self, job: Job, outcome: Outcome) -> None:
        if isinstance(outcome, Made):
            self.metrics.stages(job.work.kind, job.queue_s, outcome.values.get("timings_ms", {}))
            if not job.made.done():
                job.made.set_result(outcome)
        elif isinstance(outcome, WorkCrashes):
            _fail(
                job, Problem("ends-workers", "computing this ended every process that tried", fix="send another photo")
            )
        elif isinstance(outcome, FitroomError):
            _fail(job, outcome)
        else:
            _fail(job, Problem("internal", "the server failed; nothing was wrong with the request"))


def _fail(job: Job, error: Exception) -> None:
    if not job.made.done():
        job.made.set_exception(error)
        job.made.exception()  # it may be that nobody asks for it
