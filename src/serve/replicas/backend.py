"""Computes in the replicas of a cluster; what the end of a replica interrupts is asked again."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable

from fitroom.progress import log
from serve.problems import Problem
from serve.replicas.cluster import Cluster, ReplicaGone, State
from serve.settings import Settings
from serve.workers.asking_again import AskingAgain
from serve.workers.wire import pack_works, unpack_outcomes
from serve.workers.work import Made, Outcome, Work, WorkerGone

_LOOK_S = 0.5  # how often the cluster is asked how it stands
_NO_NUMBER = 0  # an answer comes to whoever asked; nothing needs to tell them apart


class Replicas:
    """Computes in a cluster.

    Args:
        settings: the server's.
        cluster: where the replicas are.

    Attributes:
        running: replicas that take work.
        on_failure: called where no replica can load the models.
    """

    def __init__(self, settings: Settings, cluster: Cluster) -> None:
        self.settings, self.cluster = settings, cluster
        self.running = 0
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: log.error("the models cannot be served: %s", self.failure)
        self._ask_again = AskingAgain(self._asked, others_wait=False)
        self._ended: set[str] = set()
        self._watching: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> bool:
        """Whether a replica is."""
        return self.running > 0

    @property
    def crashes(self) -> int:
        """Replicas that ended over work."""
        return len(self._ended)

    @property
    def asked_again(self) -> int:
        """Pieces of work that a replica ended over."""
        return self._ask_again.asked_again

    async def start(self) -> None:
        """Begins to start the replicas, and keeps an eye on them."""
        self._watching = asyncio.create_task(self._watch())

    async def make(self, works: list[Work]) -> list[Outcome]:
        """Does the work; the end of a replica is survived."""
        outcomes = await self._ask_again(works)
        if works[0].kind == "garment" and isinstance(outcomes[0], Made) and self.running > 1:
            self._tell_all(works)
        return outcomes

    async def stop(self) -> None:
        """Ends the replicas."""
        for task in (self._watching, *self._telling):
            if task is not None:
                task.cancel()
        await asyncio.to_thread(self.cluster.stop)

    async def _asked(self, works: list[Work]) -> list[Outcome]:
        # A replica ends itself after work_timeout_s; as long again may pass until one is free.
        try:
            async with asyncio.timeout(2 * self.settings.work_timeout_s):
                return unpack_outcomes(await self.cluster.ask(pack_works(_NO_NUMBER, works)))[1]
        except TimeoutError:
            raise Problem("not-ready", "no replica has answered in time", headers={"Retry-After": "5"}) from None
        except ReplicaGone as gone:
            self._ended.add(gone.id)
            raise WorkerGone from None

    def _tell_all(self, works: list[Work]) -> None:
        """A garment that one replica could use is looked at by all of them, so that whichever tries it on knows it."""
        task = asyncio.create_task(self.cluster.tell_all(pack_works(_NO_NUMBER, works)))
        self._telling.add(task)
        task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[None]) -> None:
        self._telling.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.info("a replica has not seen a garment yet: %s", type(error).__name__)

    async def _watch(self) -> None:
        try:
            await asyncio.to_thread(self.cluster.join)
            _take_signals_back()
            await asyncio.to_thread(self.cluster.deploy)
        except Exception as error:
            self._failed(error)
            return
        while self.failure is None:
            self._looked(await asyncio.to_thread(self._state))
            await asyncio.sleep(_LOOK_S)

    def _state(self) -> State:
        try:
            return self.cluster.state()
        except Exception as error:
            log.error("the cluster cannot be asked how it stands: %s", type(error).__name__)
            return State(running=0)

    def _looked(self, state: State) -> None:
        if state.failure is not None:
            self._failed(state.failure)
        elif state.running != self.running:
            log.info("%d replicas take work", state.running)
            self.running = state.running

    def _failed(self, error: Exception) -> None:
        self.running, self.failure = 0, error
        self.on_failure()


def _take_signals_back() -> None:
    """Ray puts a handler of its own before Python's, which aborts the process three seconds after SIGTERM."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            if (handler := signal.getsignal(number)) is not None:
                signal.signal(number, handler)
