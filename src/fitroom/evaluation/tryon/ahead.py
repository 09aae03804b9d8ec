"""Reads on while something is measured: decoders give up Python's lock, so that the next pictures cost no time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
AHEAD = 4  # more would only hold memory


def read_ahead(
    read: Callable[[Key], Value], keys: Iterable[Key], num_ahead: int = AHEAD
) -> Iterator[tuple[Key, Value]]:
    """Each key with what ``read`` gives for it, in order; one thread is at most ``num_ahead`` keys in front.

    What ``read`` raises is raised where its key's turn comes.
    """
    left = iter(keys)
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        waiting: deque[tuple[Key, Future[Value]]] = deque()
        waiting.extend((key, pool.submit(read, key)) for key in islice(left, num_ahead))
        try:
            while waiting:
                key, future = waiting.popleft()
                value = future.result()
                waiting.extend((following, pool.submit(read, following)) for following in islice(left, 1))
                yield key, value
        finally:  # whoever stops early waits for no picture nobody wants
            for _, future in waiting:
                future.cancel()
