"""Memory of processes as Linux tells it, and what was seen of it while something lasted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += family(int(child))
    return found


def family_mb(pid: int) -> list[float]:
    """Memory of a process and of each below it, in MiB; of what they share each counts a part (PSS)."""
    return [field_mb(Path(f"/proc/{one}/smaps_rollup"), "Pss:") for one in family(pid)]


def field_mb(file: Path, name: str) -> float:
    """A figure that Linux gives in KiB, in MiB; 0 where the process has ended."""
    with suppress(OSError):
        for line in file.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def looked_at(look: Callable[[], T], every_s: float) -> Iterator[list[T]]:
    """What a thread sees, at once and again and again, and what is seen once more at the end."""
    seen, over = list[T](), threading.Event()

    def watch() -> None:
        seen.append(look())
        while not over.wait(every_s):
            seen.append(look())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
        seen.append(look())
