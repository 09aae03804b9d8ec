"""Cases measured side by side: a thread for each case instead of all threads on one.

Networks that see one picture at a time give several threads little to share, and each of a hundred layers waits for the
slowest of them. Threads that share nothing wait for nothing, read their own pictures, and round as one thread does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import torch

Key = TypeVar("Key")
Value = TypeVar("Value")


def side_by_side(
    work: Callable[[Key], Value], keys: Iterable[Key], num_threads: int | None = None
) -> Iterator[tuple[Key, Value]]:
    """Each key with what ``work`` gives for it, in order.

    Args:
        work: may be called by several threads at once; torch runs on one thread inside it.
        keys: at most ``2 * num_threads`` are in work or wait to be taken, so memory does not grow with their number.
        num_threads: none = as many as torch uses.

    What ``work`` raises is raised where its key's turn comes.
    """
    given = torch.get_num_threads()
    num_threads, left = num_threads or given, iter(keys)
    try:
        with ThreadPoolExecutor(num_threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            waiting: deque[tuple[Key, Future[Value]]] = deque()
            waiting.extend((key, pool.submit(work, key)) for key in islice(left, 2 * num_threads))
            try:
                while waiting:
                    key, future = waiting.popleft()
                    value = future.result()
                    waiting.extend((following, pool.submit(work, following)) for following in islice(left, 1))
                    yield key, value
            finally:  # whoever stops early waits for no key nobody wants
                for _, future in waiting:
                    future.cancel()
    finally:
        torch.set_num_threads(given)
