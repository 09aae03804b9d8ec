"""One worker process: plans the groups it is handed, simulates them, and sends back plain records."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from fitroom.runinfo import seed_everything
from fitroom.wardrobe.cases import Planner
from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.config import WardrobeConfig
from fitroom.wardrobe.rows import Rejection, Simulate
from fitroom.wardrobe.table import Cells, cells_of

READY = "ready"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
# Large arrays come and go by the hundred: given back to the system at once, they do not pile up as gaps in the heap.
WORKER_ENVIRONMENT = {**ONE_THREAD, "MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "8388608"}


class Maker(Protocol):
    """Makes numbered things, one after the other."""

    def make(self, number: int) -> GroupResult:
        """The thing of that number; what goes wrong is in the result."""


class Work(Protocol):
    """What workers need to know; goes through pickle."""

    def workshop(self) -> Maker:
        """What a worker works with, made in its own process."""


@dataclass(frozen=True)
class Job:
    """What a worker needs to know; goes through pickle.

    Attributes:
        config: of the data set.
        simulate: turns a planned group into rows; None = the real simulation.
        catalogues: gives what there is to draw from; None = the shipped catalogues.
    """

    config: WardrobeConfig
    simulate: Simulate | None = None
    catalogues: Callable[[], Catalogues] | None = None

    def shelves(self) -> Catalogues:
        """What there is to draw from."""
        if self.catalogues is not None:
            return self.catalogues()
        from fitroom.wardrobe.shelves import shipped

        return shipped()

    def simulation(self) -> Simulate:
        """What turns plans into rows; imported late, because it brings the body model along."""
        if self.simulate is not None:
            return self.simulate
        from fitroom.wardrobe.fitting import simulate

        return simulate

    def workshop(self) -> Workshop:
        """Plans and simulates groups."""
        return Workshop(self)


@dataclass
class GroupResult:
    """What became of one group.

    Attributes:
        number: of the group.
        seed: that it was simulated with; None where it never got so far.
        rows: cells of its cases.
        rejections: cases that were not worth keeping.
        failure: why it has no rows at all, in one line; None where it worked.
        detail: traceback of the failure.
        seconds: wall time.
        stages_s: seconds by stage, summed over the rows.
        peak_memory_mb: of the worker's process, so far.
    """

    number: int
    seed: int | None = None
    rows: list[Cells] = field(default_factory=list)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    failure: str | None = None
    detail: str = ""
    seconds: float = 0.0
    stages_s: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: float = 0.0


def serve(connection: Connection, job: Work) -> None:
    """Main of the process: numbers of groups come in, results go out, until None comes or the parent is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent decides when to end, and ends its workers
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        workshop = job.workshop()
    except Exception as error:
        connection.send(GroupResult(-1, failure=_line(error), detail=traceback.format_exc()))
        return
    connection.send(READY)
    try:
        while (number := connection.recv()) is not None:
            connection.send(workshop.make(number))
    except (EOFError, BrokenPipeError):
        return


class Workshop:
    """Makes groups, one after the other, in this process."""

    def __init__(self, job: Job) -> None:
        self.simulate, self.settings = job.simulation(), job.config.simulation
        self.planner = Planner(job.config, job.shelves())

    def make(self, number: int) -> GroupResult:
        """Plans and simulates the group of that number; what goes wrong in it is in the result."""
        result, stages, begun_s = GroupResult(number), Counter[str](), time.perf_counter()
        try:
            group = self.planner.plan(number)
            result.seed = group.seed
            seed_everything(group.seed)  # for libraries that ask no generator
            for item in self.simulate(group, self.settings):
                if isinstance(item, Rejection):
                    result.rejections.append(_rejected(item))
                else:
                    result.rows.append(cells_of(item, group, self.settings.columns))
                    stages.update(item.timings_s)
        except Exception as error:
            result.rows, result.failure, result.detail = [], _line(error), traceback.format_exc()
        result.seconds, result.stages_s = time.perf_counter() - begun_s, dict(stages)
        result.peak_memory_mb = peak_memory_mb()
        return result


def peak_memory_mb() -> float:
    """Most memory this process ever had, MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _rejected(item: Rejection) -> dict[str, Any]:
    """Plain values; what is infinite or no number at all is null, as JSON has neither."""
    numbers = {name: float(value) if isfinite(value) else None for name, value in item.numbers.items()}
    return {"case_id": item.case_id, "reason": item.reason, "numbers": numbers}


def _die_with_parent() -> None:
    """A worker whose parent was killed must not simulate on for nobody."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _line(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"
