"""Which processes this run has: alone, or one of many started by `accelerate launch` or torchrun."""

from __future__ import annotations

import os

from fitroom.errors import LaunchError


def world_size() -> int:
    """Processes over all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """This process's number; 0 writes."""
    return int(os.environ.get("RANK", "0"))


def local_world_size() -> int:
    """Processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", world_size()))


def check_processes(asked: int | None) -> None:
    """Raises LaunchError where another number of processes came up than was asked for.

    `accelerate launch --cpu --num_processes 2` silently starts one: it expects MPI.
    """
    got = world_size()
    if asked is not None and asked != got:
        raise LaunchError(
            "the launch did not give the processes asked for",
            rule=f"processes: {asked}",
            got=f"{got} process{'es' if got > 1 else ''}",
            fix="on CPU use `accelerate launch --multi_gpu --num_processes 2 --num_machines 1 train.py ...` "
            "(gloo), or configs/launch/cpu2.yaml",
        )


def strategy(asked: str) -> str:
    """Lightning's strategy: the one asked for, or ddp where several processes were launched."""
    return "ddp" if asked == "auto" and world_size() > 1 else asked
