"""Models in the server's own process, asked in threads: for tests and small hands, where no crash needs surviving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fitroom.progress import log
from serve.workers.models import Models
from serve.workers.opened import Opened
from serve.workers.work import Outcome, Work


class InThreads:
    """Computes in this process.

    Args:
        opened: the bundles.

    Attributes:
        models: once loaded.
        on_failure: called where the models do not load.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.models: Models | None = None
        self.ready, self.crashes, self.asked_again = False, 0, 0
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: log.error("the models cannot be served: %s", self.failure)
        self._loading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Loads and warms up every model in a thread; takes seconds."""
        self._loading = asyncio.create_task(asyncio.to_thread(self.load))

    def load(self) -> None:
        """Loads and warms up every model."""
        try:
            self.models = Models(self.opened)
        except Exception as error:
            self.failure = error
            self.on_failure()
            return
        self.ready = True

    async def make(self, works: list[Work]) -> list[Outcome]:
        """Does the work in a thread, so that the event loop stays free."""
        assert self.models is not None
        return await asyncio.to_thread(self.models.make, works)

    async def stop(self) -> None:
        """Nothing is left to end: threads finish what they do."""
