"""What passes between the server and whoever computes: a piece of work, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from fitroom.errors import FitroomError, LaunchError

Kind = Literal[
    "recognize", "garment", "try-on", "size-advice", "outfits", "search-words", "search-similar", "search-look"
]  # fmt: skip


@dataclass(frozen=True)
class Work:
    """One thing to compute.

    Attributes:
        kind: which.
        model: name of the model that is to do it.
        values: plain JSON values: options.
        blobs: image files by field.
    """

    kind: Kind
    model: str
    values: dict[str, Any] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """What came of it.

    Attributes:
        values: plain JSON values.
        blob: an image file, where one was made.
    """

    values: dict[str, Any]
    blob: bytes = b""


class WorkFailed(Exception):
    """The work failed by no fault of who asked; the log of whoever computed says why."""


class WorkCrashes(WorkFailed):
    """The work ended every worker process that tried it alone: a fault of what was sent, as far as anyone can tell."""


class WorkerGone(Exception):
    """The process that computed has ended before it answered."""


Outcome = Made | FitroomError | WorkFailed


def not_loaded(error: Exception) -> FitroomError:
    """Why the models cannot be loaded, for whoever started the server."""
    if isinstance(error, FitroomError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name:
        return LaunchError(
            "the models cannot be loaded", rule="every package that they need is installed",
            got=f"no package {error.name!r}", fix=f"install {error.name} where the server runs",
        )  # fmt: skip
    got = str(error) if isinstance(error, WorkFailed) else f"{type(error).__name__}: {error}"
    return LaunchError("the models cannot be loaded", got=got)


class Backend(Protocol):
    """Whoever computes.

    Attributes:
        failure: why it never will be; None = no such thing.
        on_failure: called where the models cannot be loaded at all.
    """

    failure: Exception | None
    on_failure: Callable[[], None]

    @property
    def ready(self) -> bool:
        """Whether work is taken."""

    @property
    def crashes(self) -> int:
        """Worker processes that ended unasked."""

    @property
    def asked_again(self) -> int:
        """Pieces of work that a worker ended over, and that were asked again."""

    async def start(self) -> None:
        """Begins to load the models; returns at once."""

    async def make(self, works: list[Work]) -> list[Outcome]:
        """Does several pieces of work of one kind and model; one outcome each, in their order."""

    async def stop(self) -> None:
        """Ends what was started."""
