"""Worker processes that may die or hang: each loses its group alone, and is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from fitroom.errors import RunError
from fitroom.progress import log
from fitroom.wardrobe.worker import WORKER_ENVIRONMENT, GroupResult, Work, serve

LOOK_EVERY_S = 1.0
START_TIMEOUT_S = 600.0  # the body model builds its cache once, for about a minute
MAX_FAILED_STARTS = 3


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    ready: bool = False
    group: int | None = None
    since_s: float = field(default_factory=time.monotonic)


class Pool:
    """Processes of one thread each, started anew (not forked: threads of torch and numba do not survive it).

    Args:
        job: what they do.
        num_workers: how many.
        timeout_s: a group that takes longer is given up, and its worker replaced.

    To be used in a ``with``, or closed; workers stay for further calls until then.
    """

    def __init__(self, job: Work, num_workers: int, timeout_s: float) -> None:
        self.job, self.num_workers, self.timeout_s = job, num_workers, timeout_s
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kills what still runs."""
        for worker in self._workers:
            _kill(worker)
        self._workers.clear()

    def wait_until_ready(self) -> None:
        """Starts the workers, and waits until all of them could take a group."""
        while len(self._workers) < self.num_workers:
            self._workers.append(self._start())
        while not all(worker.ready for worker in self._workers):
            wait([worker.connection for worker in self._workers if not worker.ready], timeout=LOOK_EVERY_S)
            for worker in [worker for worker in self._workers if not worker.ready]:
                self._look_at(worker)

    def results(self, groups: Iterable[int]) -> Iterator[GroupResult]:
        """What became of every group, as they get done; they are begun in their order.

        Raises:
            RunError: no worker can be started.
        """
        waiting = iter(groups)
        upcoming = next(waiting, None)
        while len(self._workers) < self.num_workers and upcoming is not None:
            self._workers.append(self._start())
        while upcoming is not None or any(worker.group is not None for worker in self._workers):
            for worker in list(self._workers):
                if worker.ready and worker.group is None and upcoming is not None:
                    worker.group, worker.since_s = upcoming, time.monotonic()
                    _send(worker, upcoming)
                    upcoming = next(waiting, None)
            wait([worker.connection for worker in self._workers], timeout=LOOK_EVERY_S)
            for worker in list(self._workers):
                result = self._look_at(worker)
                if result is not None:
                    yield result

    def _look_at(self, worker: _Worker) -> GroupResult | None:
        """Takes what the worker has sent; replaces it where it is gone or hangs."""
        gone = ""
        if worker.connection.poll():
            try:
                return self._take(worker, worker.connection.recv())
            except (EOFError, OSError):
                worker.process.join(timeout=LOOK_EVERY_S)
                gone = _ending(worker.process.exitcode)
        elif not worker.process.is_alive():
            gone = _ending(worker.process.exitcode)
        elif time.monotonic() - worker.since_s > self._limit_s(worker):
            gone = f"no answer within {self._limit_s(worker):.0f} s"
        return self._replace(worker, gone) if gone else None

    def _limit_s(self, worker: _Worker) -> float:
        if not worker.ready:
            return START_TIMEOUT_S
        return self.timeout_s if worker.group is not None else float("inf")

    def _take(self, worker: _Worker, message: object) -> GroupResult | None:
        if not isinstance(message, GroupResult):
            worker.ready, self._failed_starts = True, 0
            return None
        if not worker.ready:
            log.debug("%s", message.detail)
            raise RunError("the workers cannot start", got=message.failure, fix="--verbose shows where")
        worker.group = None
        return message

    def _replace(self, worker: _Worker, why: str) -> GroupResult | None:
        _kill(worker)
        self._workers.remove(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                raise RunError("the workers end before they begin", got=why, fix="fewer workers, or more memory")
        self._workers.append(self._start())
        if worker.group is None:
            return None
        return GroupResult(worker.group, failure=why, seconds=time.monotonic() - worker.since_s)

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self.job), daemon=True, name="wardrobe-worker")
        with _environment(WORKER_ENVIRONMENT):
            process.start()
        theirs.close()  # so that the worker's end closes when it dies
        return _Worker(process, ours)


def _send(worker: _Worker, number: int) -> None:
    try:
        worker.connection.send(number)
    except OSError:
        return  # it has just died; the next look finds that out


def _kill(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.connection.close()


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"the worker ended with code {code}"
    name = signal.Signals(-code).name
    return f"the worker was killed by {name}" + (", as when memory runs out" if name == "SIGKILL" else "")


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Libraries read their number of threads when they are imported, so it must be there before."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
