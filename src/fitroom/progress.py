"""Progress on stderr: a bar with ETA where there is a terminal, two quiet log lines where there is none."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger("fitroom")


def setup_logging(verbose: bool = False) -> None:
    """One plain handler on stderr for everything fitroom logs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(logging.DEBUG if verbose else logging.INFO)
    log.propagate = False


def track(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yields ``items``, showing how far it got.

    Args:
        items: what to go through.
        what: what is being done, e.g. "hashing photos".
        total: number of items, where ``len`` does not tell.
    """
    total = total if total is not None else (len(items) if hasattr(items, "__len__") else None)  # type: ignore[arg-type]
    if sys.stderr.isatty():
        yield from _bar(items, what, total)
        return
    start, done = time.perf_counter(), 0
    for item in items:
        yield item
        done += 1
    elapsed_s = time.perf_counter() - start
    if elapsed_s > 2:
        log.info("%s: %d in %.1f s", what, done, elapsed_s)


def _bar(items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*Progress.get_default_columns(), console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(items, total=total, description=what)
