"""Which processes this run has: alone, or one of many started by `accelerate launch` or torchrun."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from fitroom.errors import ConfigError, LaunchError
from fitroom.training.config import RunConfig

# What `accelerate launch` sets in the environment where its file or its words ask for more than processes.
_OTHER_ENGINES = {"ACCELERATE_USE_DEEPSPEED": "DeepSpeed", "ACCELERATE_USE_MEGATRON_LM": "Megatron-LM"}
_FSDP_OPTIONS = ("FSDP_OFFLOAD_PARAMS", "FSDP_ACTIVATION_CHECKPOINTING", "FSDP_ACTIVATION_CHECKPOINTING_OFFLOAD")
_PEER_GONE = re.compile("gloo.*(closed|reset|refused|timed out|broken)", re.IGNORECASE)
_PRECISIONS = {"bf16": "bf16-mixed", "fp16": "16-mixed"}


def world_size() -> int:
    """Processes over all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """This process's number; 0 writes."""
    return int(os.environ.get("RANK", "0"))


def local_world_size() -> int:
    """Processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", world_size()))


def local_rank() -> int:
    """This process's number on this machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def planned(config: RunConfig) -> int:
    """Processes of a run: as many as its config asks for, or as were launched where it does not say.

    The two differ in a dry run alone, which tells of processes that are not there.
    """
    return config.processes or world_size()


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


def check_environment(config: RunConfig) -> None:
    """Raises LaunchError where the launch asks for another run than the config does.

    Whoever starts the processes decides how many there are and where; how they share the work, and in which precision,
    is the config's to say. The trainer does not look at the launcher's wishes: they would be dropped in silence.
    """
    for rule, got, fix in _contradictions(config):
        raise LaunchError("the launch contradicts the config", where="accelerate launch", rule=rule, got=got, fix=fix)


def _contradictions(config: RunConfig) -> Iterator[tuple[str, str, str]]:
    """(what the config says, what the launch says, how to make them one)."""
    plain = "distributed_type: MULTI_GPU in the launch file"
    for name, engine in _OTHER_ENGINES.items():
        if _is_on(name):
            yield f"strategy {config.strategy}", engine, f"{plain}, and strategy: fsdp in the train config to shard"
    if _is_on("ACCELERATE_USE_FSDP"):
        if config.strategy != "fsdp":
            yield f"strategy {config.strategy}", "FSDP", f"strategy: fsdp in the train config, or {plain}"
        for name in filter(_is_on, _FSDP_OPTIONS):
            yield "what strategy fsdp does", f"{name.lower()}: true", f"leave it out, or {plain}"
    if config.strategy == "fsdp" and planned(config) == 1:
        yield "strategy fsdp", "1 process", "start several, or go on with --strategy auto"
    mixed = os.environ.get("ACCELERATE_MIXED_PRECISION", "no")
    if mixed != "no" and _PRECISIONS.get(mixed) != config.precision:
        yield f"precision {config.precision}", f"mixed_precision: {mixed}", "mixed_precision: 'no' in the launch file"
    if (backend := os.environ.get("ACCELERATE_DYNAMO_BACKEND", "NO").upper()) != "NO":
        yield "nothing is compiled", f"dynamo_backend: {backend}", "leave it out of the launch file"
    if _is_on("ACCELERATE_USE_CPU") and config.accelerator != "cpu" and torch.cuda.is_available():
        yield f"accelerator {config.accelerator}", "use_cpu: true", "accelerator: cpu in the train config"


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes")


def check_batch(config: RunConfig, *, in_pairs: bool) -> None:
    """Raises ConfigError where the batch cannot be dealt to the processes, before anything is read or decoded.

    Args:
        config: of the run.
        in_pairs: photos are mixed in pairs, which no process border may separate.
    """
    processes = planned(config)
    parts = processes * config.accumulate * (2 if in_pairs else 1)
    if config.batch_size % parts:
        pairs = ", in whole pairs for mixing" if in_pairs else ""
        raise ConfigError(
            f"the batch cannot be dealt evenly{pairs}",
            where="batch_size",
            rule=f"a multiple of {parts}: {processes} processes, {config.accumulate} micro-batches a step{pairs}",
            got=config.batch_size,
            fix="change batch_size" + (", or turn mix off" if in_pairs else ""),
        )


def lost_process(error: BaseException, checkpoint: Path) -> LaunchError | None:
    """What to say where a process found that another one is gone; None where ``error`` says something else.

    Args:
        error: what was raised while processes talked to each other.
        checkpoint: the run's, which may not be there yet.
    """
    is_network = isinstance(error, torch.distributed.DistError) or _PEER_GONE.search(str(error)) is not None
    if world_size() == 1 or not is_network:
        return None
    resume = "--resume goes on from the last checkpoint, also with another number of processes"
    return LaunchError(
        "another process of the run ended or cannot be reached",
        where=f"process {rank()} of {world_size()}",
        rule="all processes of a run live until its end",
        got=str(error).splitlines()[0],
        fix=f"the launcher names the one that failed first; {resume if checkpoint.exists() else 'start the run anew'}",
    )
