"""The most memory that a process and all below it held while something lasted."""

from __future__ import annotations

import threading

from fitroom.bench.served import family, pss_kb

EVERY_S = 2.0


class PeakWatch:
    """Looks every two seconds, in a thread: Linux counts the pages of a large process slowly.

    Args:
        pid: of the first process; those it starts count too.

    Attributes:
        process_mb: the largest PSS of one of them, MiB.
        total_mb: the largest of all together.
    """

    def __init__(self, pid: int) -> None:
        self.pid, self.process_mb, self.total_mb = pid, 0.0, 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            held = [pss_kb(pid) / 1024 for pid in family(self.pid)]
            self.process_mb = max(self.process_mb, *held)
            self.total_mb = max(self.total_mb, sum(held))
            if self._stop.wait(EVERY_S):
                return
