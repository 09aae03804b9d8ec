"""What all processes know together: sums, so that a loss over a share of the batch is that of the whole, and lists.

Processes average their gradients. That is the gradient of the global batch where a loss is a mean over samples that
weigh the same; a mean that is weighted by what is in the pictures needs the weights of all processes.
"""

from __future__ import annotations

from typing import Any, TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")


def num_processes() -> int:
    """Processes that train together; 1 before they have met."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def summed(values: torch.Tensor) -> torch.Tensor:
    """The sum over all processes, the same on each; with one process the values themselves.

    A loss made of it has, after the gradients are averaged over processes, the gradient that one process would have.

    Args:
        values: of any shape, the same on all processes, which must all come here.
    """
    world_size = num_processes()
    if world_size == 1:
        return values
    total = values.detach().clone()
    dist.all_reduce(total)
    return total + world_size * (values - values.detach())


def rows_of_all(values_BX: torch.Tensor) -> torch.Tensor:
    """The rows of all processes, in the order of ranks, the same on all; with one process the values themselves.

    What is made of them has the gradient of one process, as :func:`summed` says. Whole numbers have none.

    Args:
        values_BX: as many rows of one shape on all processes, which must all come here.
    """
    world_size = num_processes()
    if world_size == 1:
        return values_BX
    parts = [torch.empty_like(values_BX) for _ in range(world_size)]
    dist.all_gather(parts, values_BX.detach().contiguous())
    if values_BX.requires_grad:
        rank = dist.get_rank()
        parts[rank] = parts[rank] + world_size * (values_BX - values_BX.detach())
    return torch.cat(parts)


def gathered(part: T) -> list[T]:
    """What each process has, in the order of ranks, the same on all; with one process ``[part]``."""
    if num_processes() == 1:
        return [part]
    parts: list[Any] = [None] * num_processes()
    dist.all_gather_object(parts, part)
    return parts
