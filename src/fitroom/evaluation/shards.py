"""Work shared among the processes of ``accelerate launch``; one process alone needs none of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from fitroom.errors import LaunchError

T = TypeVar("T")


@dataclass(frozen=True)
class Shards:
    """This process among its peers.

    Attributes:
        rank: 0 to world_size - 1; rank 0 fits, writes and prints.
        world_size: number of processes.
        device: where this one computes.
    """

    rank: int
    world_size: int
    device: torch.device

    def mine(self, items: Sequence[T]) -> list[T]:
        """Every world_size-th item."""
        return list(items[self.rank :: self.world_size])

    def from_first(self, make: Callable[[], T]) -> T:
        """What ``make`` gives on rank 0, on all ranks. An error there ends the launch, and with it the others."""
        if self.world_size == 1:
            return make()
        from accelerate.utils import broadcast_object_list

        box: list[Any] = [make() if self.rank == 0 else None]
        return broadcast_object_list(box)[0]

    def gather(self, item: T) -> list[T]:
        """The item of each rank, in their order, on all ranks."""
        if self.world_size == 1:
            return [item]
        from accelerate.utils import gather_object

        return gather_object([item])


def join() -> Shards:
    """Joins the processes that were launched together, or stands alone.

    Raises:
        LaunchError: the launcher announced more processes than there are.
    """
    announced = int(os.environ.get("WORLD_SIZE", "1"))
    has_gpu = torch.cuda.is_available()
    if announced == 1:
        return Shards(0, 1, torch.device("cuda" if has_gpu else "cpu"))
    from accelerate import PartialState

    state = PartialState(cpu=not has_gpu)
    if state.num_processes != announced:
        raise LaunchError(
            "the launch gave fewer processes than asked for", rule=str(announced), got=state.num_processes
        )
    return Shards(state.process_index, state.num_processes, state.device)
