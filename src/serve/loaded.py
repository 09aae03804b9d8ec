"""The models as the routes meet them: loaded in the background, admitted to one by one, asked in worker threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import anyio.to_thread

from fitroom.progress import log
from serve.models import Models
from serve.opened import Opened
from serve.problems import Problem
from serve.settings import Settings
from serve.work import Made, Work


class LoadedModels:
    """Bundles and, once loaded, what answers with them.

    Args:
        settings: which bundles, and how to run them.

    Attributes:
        opened: the bundles.
        ready: True once every model is loaded and has answered once.
        failure: what went wrong while loading; None = nothing so far.
        on_failure: called then; logs it, unless whoever runs the server stops it instead.

    Raises:
        BundleError: a bundle does not open, or two have the same name.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.opened = Opened(settings)
        self.models: Models | None = None
        self.ready = False
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: log.error("the models cannot be served: %s", self.failure)
        self._workers = anyio.CapacityLimiter(settings.concurrency)
        self._admitted = 0

    def load(self) -> None:
        """Loads and warms up every model; takes seconds, so it runs in a thread of its own."""
        try:
            self.models = Models(self.opened)
        except Exception as error:
            self.failure = error
            self.on_failure()
            return
        self.ready = True

    def require_ready(self) -> None:
        """Raises a ``not-ready`` problem until everything is loaded."""
        if not self.ready:
            raise Problem("not-ready", "the models are still being loaded", headers={"Retry-After": "1"})

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Lets one request in, or raises ``queue-full``; entered before its body is read, so that memory is bounded."""
        self.require_ready()
        if self._admitted >= self.settings.concurrency + self.settings.max_waiting:
            raise Problem("queue-full", "too many requests wait already", fix="try again", headers={"Retry-After": "1"})
        self._admitted += 1
        try:
            yield
        finally:
            self._admitted -= 1

    async def make(self, work: Work) -> Made:
        """Does a piece of work in a thread, so that the event loop stays free.

        Raises:
            ImageError: an image cannot be used.
            ConfigError: the settings cannot be met.
        """
        assert self.models is not None
        return await anyio.to_thread.run_sync(self.models.make, work, limiter=self._workers)
