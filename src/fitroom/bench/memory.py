"""Peak memory of one piece of work, taken in a process that does nothing else."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import ParamSpec

import torch

from fitroom.bench.process_memory import field_mb
from fitroom.wardrobe.worker import peak_memory_mb

P = ParamSpec("P")


def peak_mb_of(work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    """Most memory that a fresh process ever held, in MiB, after it did ``work`` with as many threads as this one has.

    Args:
        work: a function of a module; it and what it gets must be picklable. What it returns is dropped.
        *args: its own.
        **kwargs: likewise.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak_after, work, torch.get_num_threads(), args, kwargs).result()


def _peak_after(work: Callable[..., object], num_threads: int, args: tuple[object, ...], kwargs: object) -> float:
    assert isinstance(kwargs, dict)
    torch.set_num_threads(num_threads)
    work(*args, **kwargs)
    # What Linux tells elsewhere includes the peak of the process that started this one.
    return field_mb(Path("/proc/self/status"), "VmHWM:") or peak_memory_mb()
