"""``fitroom bench processes``: what more processes do to a training run's speed and memory."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fitroom.bench.blocks import ratio
from fitroom.bench.process_memory import family_mb, looked_at
from fitroom.bench.report import Cell, Report, Spread, Table, check_out, publish, surroundings
from fitroom.bundles import open_bundle
from fitroom.bundles.format import WEIGHTS
from fitroom.config import parse_config
from fitroom.errors import ConfigError, LaunchError
from fitroom.progress import log
from fitroom.training.metrics_file import read_column

_SPEED = "speed/samples_per_s"
_NEVER = "1000000"
_LOOK_S = 2.0  # at the memory: Linux counts the pages of a large process slowly


@dataclass
class ProcessesBenchConfig:
    """Samples a second and memory of one training run on one process and on several, in turn, over this machine."""

    train: str = "--config configs/train/tryon_quick.yaml"
    """The words of ``fitroom train`` of the run; its ``batch_size`` stays that of a step over all processes."""
    processes: list[int] = field(default_factory=lambda: [1, 2])
    """Numbers of processes; the first is what the others are held against."""
    threads: list[int] = field(default_factory=lambda: [1])
    """Of each process: one number for all, or one for each entry of ``processes``."""
    strategy: Literal["ddp", "fsdp"] = "ddp"
    """How several share the work."""
    launch: str = "configs/launch/cpu2.yaml"
    """Launch file; the number of processes in it is not read."""
    rounds: int = 3
    """Runs of each, after none that does not count: a run's first steps are left out instead."""
    steps: int = 8
    """Timed steps of a run."""
    warmup_steps: int = 4
    """Steps before them, not timed."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if len(self.threads) == 1:
            self.threads = self.threads * len(self.processes)
        if min(self.rounds, self.steps, self.warmup_steps, *self.processes, *self.threads) < 1:
            raise ConfigError("there would be nothing to measure", rule="all numbers of at least 1")
        if self.steps % self.warmup_steps:
            raise ConfigError(
                "the timed steps are not whole lines of metrics.csv, which are warmup_steps apart",
                where="steps",
                rule=f"a multiple of {self.warmup_steps}",
                got=self.steps,
            )
        if len(self.threads) != len(self.processes):
            raise ConfigError(
                "it is not clear who gets how many threads",
                where="threads",
                rule=f"one number, or {len(self.processes)}, as many as of processes",
                got=self.threads,
            )


@dataclass
class Runs:
    """What was measured of one number of processes.

    Attributes:
        rates: samples/s of each run.
        process_mb: most that one of the training processes held, MiB, by run.
        total_mb: most that all processes held together, what they share counted once, by run.
    """

    rates: list[float] = field(default_factory=list)
    process_mb: list[float] = field(default_factory=list)
    total_mb: list[float] = field(default_factory=list)


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`ProcessesBenchConfig`."""
    config = parse_config(ProcessesBenchConfig, argv, prog="fitroom bench processes")
    about = surroundings(["bench", "processes", *argv])
    kinds = list(zip(config.processes, config.threads, strict=True))
    found = {kind: Runs() for kind in kinds}
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        for place in range(config.rounds):
            for kind in kinds:
                run = _measure(config, *kind, Path(name) / f"{place}-{kind[0]}x{kind[1]}", found[kind])
                log.info("round %d: %d x %d threads %.2f samples/s", place + 1, *kind, found[kind].rates[-1])
        parameters_mb = (open_bundle(run / "bundle").path / WEIGHTS).stat().st_size / 2**20
    settings = {"run": config.train, "strategy": config.strategy, "weights": f"{parameters_mb:.1f} MiB in the bundle"}
    publish(Report("Training on several processes", settings, [_table(config, found)], about), config.out)
    return 0


def _measure(config: ProcessesBenchConfig, processes: int, threads: int, runs: Path, into: Runs) -> Path:
    """One run; its folder."""
    steps = config.warmup_steps + config.steps
    words = [
        *("-m", "accelerate.commands.launch", "--config_file", config.launch, "--num_processes", str(processes)),
        *("--main_process_port", "0", "-m", "fitroom", "train", *shlex.split(config.train), "--runs", str(runs)),
        *("--name", "bench", "--stop_steps", str(steps), "--validate_epochs", _NEVER, "--checkpoint_steps", _NEVER),
        *("--processes", str(processes), "--threads", str(threads), "--logging.wandb", "off"),
        *("--logging.every_steps", str(config.warmup_steps)),
        *(("--strategy", config.strategy) if processes > 1 else ()),
    ]  # fmt: skip
    command = [sys.executable, *words]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        ) as process,
        looked_at(lambda: family_mb(process.pid), _LOOK_S) as held_mb,
    ):
        printed, _ = process.communicate()
    if process.returncode:
        raise LaunchError("a run of the benchmark failed", got=printed[-800:], fix=f"see {shlex.join(command)}")
    into.rates.append(_rate(runs / "bench" / "metrics.csv", config.warmup_steps))
    into.process_mb.append(max(map(max, held_mb)))
    into.total_mb.append(max(map(sum, held_mb)))
    return runs / "bench"


def _rate(metrics: Path, warmup_steps: int) -> float:
    """Samples a second over the steps after the warm-up: the harmonic mean of the windows' figures."""
    rates = read_column(metrics, _SPEED)
    later = [rate for step, rate in sorted(rates.items()) if step > warmup_steps]
    if not later:
        raise LaunchError("the run logged no speed", where=metrics, got=sorted(rates))
    return len(later) / sum(1 / rate for rate in later)


def _table(config: ProcessesBenchConfig, found: dict[tuple[int, int], Runs]) -> Table:
    first = Spread(tuple(next(iter(found.values())).rates))
    rows: list[tuple[Cell, ...]] = []
    for (processes, threads), runs in found.items():
        rate = Spread(tuple(runs.rates))
        memory = Spread(tuple(runs.process_mb)), Spread(tuple(runs.total_mb))
        rows.append((processes, threads, rate, ratio(rate, first), *memory))
    return Table(
        "Speed and memory",
        ("processes", "threads each", "samples/s", "ratio to the first", "MiB of the largest", "MiB of all"),
        rows,
        [
            f"Median and range of {config.rounds} runs in turn, each of {config.steps} steps after "
            f"{config.warmup_steps} that are not timed; the batch of a step is the same whatever the number of "
            "processes; ratios are taken round by round.",
            "MiB: largest PSS seen of one process and of all together, loaders' workers too; what processes share is "
            "counted once.",
        ],
    )
