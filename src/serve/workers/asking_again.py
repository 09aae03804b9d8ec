"""Work that a worker ended over is asked again, so that no crash loses what others asked; who ends workers is refused.

After a crash nobody knows which request caused it. So all that were in flight are asked again one at a time, alone: the
one that ends workers when it is alone is refused, the others are answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fitroom.progress import log
from serve.workers.work import Outcome, Work, WorkCrashes, WorkerGone

_TRIES_ALONE = 2


class AskingAgain:
    """Asks, and asks again.

    Args:
        ask: gives the outcomes of work, or raises WorkerGone.
        others_wait: whether nobody else is asked meanwhile, since all share one worker; False = there are several, each
            does so little at once that others may go on beside.

    Attributes:
        asked_again: pieces of work that a worker ended over.
    """

    def __init__(self, ask: Callable[[list[Work]], Awaitable[list[Outcome]]], others_wait: bool) -> None:
        self.ask, self.others_wait = ask, others_wait
        self.asked_again = 0
        self._nobody_suspect = asyncio.Event()
        self._nobody_suspect.set()
        self._alone, self._suspects = asyncio.Lock(), 0

    async def __call__(self, works: list[Work]) -> list[Outcome]:
        """The outcomes of work, whatever ends meanwhile."""
        if self.others_wait:
            await self._nobody_suspect.wait()
        try:
            return await self.ask(works)
        except WorkerGone:
            self.asked_again += len(works)
        self._suspects += 1
        self._nobody_suspect.clear()
        try:
            return [await self._alone_again(work) for work in works]
        finally:
            self._suspects -= 1
            if not self._suspects:
                self._nobody_suspect.set()

    async def _alone_again(self, work: Work) -> Outcome:
        async with self._alone:
            for _ in range(_TRIES_ALONE):
                try:
                    return (await self.ask([work]))[0]
                except WorkerGone:
                    log.error("a worker ended over a piece of work of kind %s", work.kind)
        return WorkCrashes(work.kind)
