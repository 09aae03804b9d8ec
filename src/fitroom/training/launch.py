"""Which processes this run has: alone, or one of many started by `accelerate launch` or torchrun."""

from __future__ import annotations

import os

from fitroom.errors import ConfigError, LaunchError


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


def check_batch(batch_size: int, accumulate: int, in_pairs: bool) -> None:
    """Raises ConfigError where the batch cannot be dealt to the processes, before anything is read or decoded.

    Args:
        batch_size: photos an optimizer step.
        accumulate: micro-batches a step.
        in_pairs: photos are mixed in pairs, which no process border may separate.
    """
    parts = world_size() * accumulate * (2 if in_pairs else 1)
    if batch_size % parts:
        pairs = ", in whole pairs for mixing" if in_pairs else ""
        raise ConfigError(
            f"the batch cannot be dealt evenly{pairs}",
            where="batch_size",
            rule=f"a multiple of {parts}: {world_size()} processes, {accumulate} micro-batches a step{pairs}",
            got=batch_size,
            fix="change batch_size" + (", or turn mix off" if in_pairs else ""),
        )


def strategy(asked: str) -> str:
    """Lightning's strategy: the one asked for, or ddp where several processes were launched."""
    return "ddp" if asked == "auto" and world_size() > 1 else asked
