"""Separable filters over strips that stay in the processor's cache: what makes SSIM and the detail bands fast."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

# torch splits an operation on more elements than this over its threads; smaller ones start none, and fit the cache.
STRIP_ELEMENTS = 32_768
LEAST_ROWS = 16


def blur(planes_HW: torch.Tensor, half_weights: list[float]) -> torch.Tensor:
    """Filters rows and columns by one symmetric kernel, keeping only places where the kernel fits.

    Sums of shifted views beat a convolution by far as long as the planes lie in the cache, see :func:`over_strips`.

    Args:
        planes_HW: (..., H, W) float32.
        half_weights: K + 1 weights, from the kernel's rim to its middle.

    Returns:
        (..., H - 2K, W - 2K) float32.
    """
    reach = len(half_weights) - 1
    for dim in (-1, -2):
        size = planes_HW.shape[dim] - 2 * reach
        total = planes_HW.narrow(dim, reach, size) * half_weights[reach]
        for shift, weight in enumerate(half_weights[:reach]):
            total.add_(planes_HW.narrow(dim, shift, size), alpha=weight)
            total.add_(planes_HW.narrow(dim, 2 * reach - shift, size), alpha=weight)
        planes_HW = total
    return planes_HW


def over_strips(function: Callable[..., torch.Tensor], reach: int, *planes_PHW: torch.Tensor) -> torch.Tensor:
    """A function of windows, over all planes: on a CPU strip by strip on all threads, elsewhere at once.

    Args:
        function: takes as many (P, h, W) as there are ``planes_PHW``, gives (P, h - 2 reach, W - 2 reach).
        reach: of its window, in px, to each side.
        planes_PHW: (P, H, W) float32 each, borders included.

    Returns:
        (P, H - 2 reach, W - 2 reach) float32.
    """
    first = planes_PHW[0]
    if first.device.type != "cpu":
        return function(*planes_PHW)
    num_planes, height, width = len(first), first.shape[1] - 2 * reach, first.shape[2] - 2 * reach
    result_PHW = torch.empty(num_planes, height, width)
    rows = max(STRIP_ELEMENTS // first.shape[2] - 2 * reach, LEAST_ROWS)

    @torch.inference_mode()  # a mode of the thread, which a pool's threads do not inherit
    def work(job: tuple[int, int]) -> None:
        place, top = job
        bottom = min(top + rows, height)
        strips = (planes[place : place + 1, top : bottom + 2 * reach] for planes in planes_PHW)
        result_PHW[place, top:bottom] = function(*strips)[0]

    jobs = [(place, top) for place in range(num_planes) for top in range(0, height, rows)]
    num_threads = min(torch.get_num_threads(), len(jobs))
    if num_threads < 2:
        for job in jobs:
            work(job)
    else:
        with ThreadPoolExecutor(num_threads) as pool:
            list(pool.map(work, jobs))
    return result_PHW
