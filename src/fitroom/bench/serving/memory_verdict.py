"""Memory that was looked at again and again: what became of each process, and whether any has grown."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

import numpy as np
from scipy.stats import theilslopes

from fitroom.bench.report import Cell, Table, short
from fitroom.errors import EvaluationError

_SHARE = 5  # the first and the last fifth are compared
_LEAST_MB = 20.0  # of a process that is worth a row


@dataclass
class Watched:
    """Memory by number of requests.

    Attributes:
        first_pid: of the server; all others were started by it.
        numbers: of requests, at each look.
        looks: resident memory by process id, MiB.
    """

    first_pid: int
    numbers: list[int] = field(default_factory=list)
    looks: list[dict[int, float]] = field(default_factory=list)

    @property
    def last(self) -> dict[int, float]:
        """As it was at the last look."""
        return self.looks[-1] if self.looks else {}

    def look(self, number: int, resident_mb: dict[int, float]) -> None:
        """Notes what is there after so many requests."""
        self.numbers.append(number)
        self.looks.append(resident_mb)

    def courses(self, warm_up: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Numbers of requests and MiB after the warm-up, by process: server, worker and what waits beside it.

        Raises:
            EvaluationError: a process has ended or begun meanwhile.
        """
        kept = [place for place, number in enumerate(self.numbers) if number > warm_up]
        large = [{pid for pid, mb in self.looks[place].items() if mb >= _LEAST_MB} for place in kept]
        if len({frozenset(pids) for pids in large}) != 1:
            raise EvaluationError("a process of the server has ended or begun", rule="the same ones all the time")
        numbers = np.array([self.numbers[place] for place in kept])
        courses = {pid: np.array([self.looks[place][pid] for place in kept]) for pid in sorted(large[0])}
        server = courses.pop(self.first_pid)
        # The worker is the one whose memory moves most: its spare does nothing.
        others = sorted(courses.values(), key=lambda course: -float(np.ptp(course)))
        named = {"server": server, **dict(zip(("worker", "spare"), others, strict=False))}
        return {name: (numbers, course) for name, course in named.items()}


def growth_mb(course: np.ndarray) -> float:
    """Median of the last fifth less that of the first, MiB."""
    share = max(1, len(course) // _SHARE)
    return float(median(course[-share:]) - median(course[:share]))


def memory_table(watched: Watched, warm_up: int, most_growth_mb: float) -> Table:
    """A row a process."""
    rows: list[tuple[Cell, ...]] = []
    for name, (numbers, course) in watched.courses(warm_up).items():
        share = max(1, len(course) // _SHARE)
        slope, _, low, high = theilslopes(course, numbers / 1000)
        rows.append(
            (name, float(median(course[:share])), float(median(course[-share:])), f"{growth_mb(course):+.1f}",
             float(course.max()), f"{short(slope)} ({short(low)} to {short(high)})", len(course))
        )  # fmt: skip
    columns = ("process", "MiB after warm-up", "MiB at the end", "growth MiB", "MiB at most",
               "MiB per 1,000 requests (95 %)", "looks")  # fmt: skip
    notes = [
        f"Resident memory; the first {warm_up} requests warm up. After warm-up and at the end: medians of the first "
        "and the last fifth of the looks that follow. Slope: Theil-Sen.",
        f"Flat is what grows by at most {most_growth_mb:g} MiB.",
    ]
    return Table("Memory by process", columns, rows, notes)


def require_flat(watched: Watched, warm_up: int, most_growth_mb: float) -> None:
    """Raises EvaluationError where a process has grown by more than is allowed."""
    for name, (_, course) in watched.courses(warm_up).items():
        if (growth := growth_mb(course)) > most_growth_mb:
            raise EvaluationError(
                "the server's memory grows",
                where=name,
                rule=f"by at most {most_growth_mb:g} MiB",
                got=f"{growth:.1f} MiB",
            )
