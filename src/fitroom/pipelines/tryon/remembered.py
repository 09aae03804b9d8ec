"""Answers kept in memory by a key, the ones asked for longest ago forgotten first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Safe for several threads; two that ask for the same new key at once may both make it.

    Args:
        limit: how many are kept.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._known: OrderedDict[str, Value] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, key: str, make: Callable[[], Value]) -> Value:
        """What is known under a key, or else made and kept."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        value = make()
        with self._lock:
            self._known[key] = value
            if len(self._known) > self.limit:
                self._known.popitem(last=False)
        return value
