"""Seconds by stage of one request after the other: on the clock, and of the processor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, process_time

import numpy as np
import torch
from torch import nn

ALL = "all"


class Stopwatch:
    """Notes how long each stage of a request takes; stages may lie inside others, or come several times.

    Args:
        device: a GPU is waited for at the end of each stage.

    Attributes:
        requests: seconds by stage, one mapping a finished request; ``all`` is the whole.
        processor_s: processor time of each, all threads together: what others do on the machine does not count.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.requests: list[dict[str, float]] = []
        self.processor_s: list[float] = []
        self._now: defaultdict[str, float] = defaultdict(float)
        self._begun_s: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Times what is done inside."""
        self._begin(stage)
        yield
        self._end(stage)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Times one request, whose stages come inside."""
        self._now = defaultdict(float)
        begun_s, worked_s = perf_counter(), process_time()
        yield
        self._now[ALL] = self._clock_s() - begun_s
        self.processor_s.append(process_time() - worked_s)
        self.requests.append(self._now)

    @contextmanager
    def inside(self, **modules: nn.Module) -> Iterator[None]:
        """While this lasts, each call of a module is timed as the stage of its name."""
        handles = []
        for stage, module in modules.items():
            handles.append(module.register_forward_pre_hook(lambda *_, stage=stage: self._begin(stage)))
            handles.append(module.register_forward_hook(lambda *_, stage=stage: self._end(stage)))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def seconds(self, stages: Sequence[str]) -> np.ndarray:
        """(N, len(stages)) seconds of every request."""
        return np.array([[request.get(stage, 0.0) for stage in stages] for request in self.requests], dtype=float)

    def _begin(self, stage: str) -> None:
        self._begun_s[stage] = perf_counter()

    def _end(self, stage: str) -> None:
        self._now[stage] += self._clock_s() - self._begun_s[stage]

    def _clock_s(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return perf_counter()
