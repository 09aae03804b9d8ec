"""Try-ons that clients asked for by an id of their own, from the line to the answer, in memory, for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fitroom.errors import FitroomError
from serve.desk import Desk, Job
from serve.problems import Problem, details_of
from serve.schemas.tryon import TryOnJob
from serve.settings import Settings
from serve.tryon_request import Asked
from serve.workers.work import Made

_AFTER_S = 1.0


@dataclass(eq=False)
class KeptTryOn:
    """One of them.

    Attributes:
        asked: what was asked for.
        job: its place in line, and its answer.
        finished: when it was done or failed, by the jobs' clock; None = not yet.
        fetched: whether its client has seen its end.
    """

    asked: Asked
    job: Job
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: float | None = None
    fetched: bool = False


class TryOnJobs:
    """All of them, by client and id.

    Args:
        desk: where they wait.
        settings: how many are kept, and how long.
        clock: seconds, monotonic.
    """

    def __init__(self, desk: Desk, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.desk, self.settings, self.clock = desk, settings, clock
        self._kept: dict[tuple[str, str], KeptTryOn] = {}

    def find(self, client: str, id: str) -> KeptTryOn | None:
        """The try-on, or None."""
        self._forget_old()
        return self._kept.get((client, id))

    def get(self, client: str, id: str) -> KeptTryOn:
        """The try-on.

        Raises:
            Problem: unknown-try-on.
        """
        found = self.find(client, id)
        if found is None:
            raise Problem(
                "unknown-try-on", "no try-on is known under this id", got=ascii(id)[1:-1][:140],
                rule=f"a finished one is kept for {self.settings.result_ttl_s:g} s",
                fix="PUT /v1/try-ons/{id} asks for one",
            )  # fmt: skip
        return found

    def put(self, client: str, id: str, asked: Asked, leave: Callable[[], None]) -> KeptTryOn:
        """Puts a new one in line.

        Args:
            client, id: not known yet.
            asked: what it is.
            leave: called when it has ended; see :meth:`Desk.enter`.

        Raises:
            Problem: queue-full, where too many are kept that have not ended.
        """
        self._make_room()
        loop = asyncio.get_running_loop()
        kept = KeptTryOn(asked, self.desk.submit(asked.work))
        self._kept[client, id] = kept

        def ended(_: asyncio.Future[Made]) -> None:
            kept.finished = self.clock()
            kept.asked = asked.without_photos()  # and so has the job's work, below
            kept.job.work = kept.asked.work
            leave()
            # Also where nobody asks any more: a result is somebody's picture.
            loop.call_later(self.settings.result_ttl_s + _AFTER_S, self._forget_old)

        kept.job.made.add_done_callback(ended)
        return kept

    def delete(self, client: str, id: str) -> None:
        """Takes it out of line, or forgets its answer.

        Raises:
            Problem: unknown-try-on.
        """
        self.desk.cancel(self.get(client, id).job)
        del self._kept[client, id]

    def shown(self, id: str, kept: KeptTryOn) -> TryOnJob:
        """What its client is told."""
        job, created = kept.job, kept.created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        kept.fetched = job.made.done()
        if not job.made.done():
            position = self.desk.position(job)
            state = "queued" if position else "running"
            return TryOnJob(id=id, state=state, position=position, created_utc=created)  # type: ignore[arg-type]
        error = job.made.exception()
        if error is None:
            answer = kept.asked.answer(job.made.result(), job.queue_s)
            return TryOnJob(id=id, state="done", created_utc=created, result=answer)
        assert isinstance(error, Problem | FitroomError)
        return TryOnJob(id=id, state="failed", created_utc=created, problem=details_of(error))

    @property
    def all_fetched(self) -> bool:
        """Whether nothing is kept that its client has not seen the end of."""
        return all(kept.fetched for kept in list(self._kept.values()))

    def _forget_old(self) -> None:
        oldest = self.clock() - self.settings.result_ttl_s
        for key in [key for key, kept in self._kept.items() if kept.finished is not None and kept.finished < oldest]:
            del self._kept[key]

    def _make_room(self) -> None:
        self._forget_old()
        ended = [key for key, kept in self._kept.items() if kept.finished is not None]
        if len(self._kept) >= self.settings.max_results:
            if not ended:
                raise Problem("queue-full", "too many try-ons are kept already", headers={"Retry-After": "5"})
            del self._kept[ended[0]]
