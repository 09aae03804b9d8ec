"""``fitroom bench run``: a whole run on a large base, stopped and resumed beside one that is not; memory and answers.

Every run is ``fitroom train`` in a process of its own, so that what it holds is its own; the base has random weights
and the pairs are made up, since neither speed nor memory depends on them.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file

from fitroom.bench.large_base.latent_training import PeakMemory
from fitroom.bench.large_base.made_up_base import make_base
from fitroom.bench.large_base.made_up_pairs import make_pairs_folder
from fitroom.bench.large_base.train import SIZES
from fitroom.bench.report import Cell, Report, Spread, Table, check_out, publish, surroundings
from fitroom.bench.training import device_of, now_s
from fitroom.bundles.format import WEIGHTS
from fitroom.config import parse_config
from fitroom.errors import ConfigError, LaunchError
from fitroom.images import decode_rgb_u8, encode_jpeg
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.pipelines.tryon.opening import open_pipeline
from fitroom.progress import log
from fitroom.training.checkpoint import read_step
from fitroom.training.fit import EXIT_TERMINATED, make_plan
from fitroom.training.metrics_file import read_column
from fitroom.training.run_folder import RunFolder
from fitroom.training.tasks import parse_run
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.memory import GIB, estimate

_NEVER = "1000000"
_LOOK_S = 0.2
FIGURES = LOSS, RATE, HELD = "train/loss", "speed/samples_per_s", "speed/memory_gib"


@dataclass
class RunBenchConfig:
    """A run on a large base with random weights: stopped, resumed and exported, beside one that was not stopped."""

    size: Literal["sd15", "half", "tiny"] = "half"
    """Of the base: sd15 = Stable Diffusion 1.5's own, half = half as wide."""
    train: str = "--config configs/train/latent_vitonhd.yaml"
    """The words of ``fitroom train``: what is trained, and how. Its data and base are not read."""
    steps: int = 200
    """Of the run."""
    stop_step: int = 100
    """SIGTERM comes after this many, and a checkpoint with it."""
    every_steps: int = 10
    """Steps between lines of losses."""
    pairs: int = 64
    """Made-up pairs to learn from, 1024 x 768 px."""
    answers: int = 10
    """Timed answers of what was trained, after one that does not count."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if min(self.every_steps, self.pairs, self.answers) < 1 or not 1 <= self.stop_step < self.steps:
            raise ConfigError(
                "there would be nothing to stop or to measure",
                rule="1 <= stop_step < steps, all other numbers of at least 1",
                got=(self.stop_step, self.steps, self.every_steps, self.pairs, self.answers),
            )
        if self.every_steps > min(self.stop_step, self.steps - self.stop_step):
            raise ConfigError(
                "no loss would be told before the stop, or none after it",
                where="every_steps",
                rule=f"at most {min(self.stop_step, self.steps - self.stop_step)}",
                got=self.every_steps,
            )


@dataclass(frozen=True)
class TrainedRun:
    """What became of a run.

    Attributes:
        folder: of the run.
        seconds: from the start of its process to the end, all that comes before and after the steps included.
        figures: columns of its metrics.csv by name, then by step.
    """

    folder: RunFolder
    seconds: float
    figures: dict[str, dict[int, float]]

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        """What it ships."""
        return load_file(self.folder.bundle / WEIGHTS)


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`RunBenchConfig`."""
    config = parse_config(RunBenchConfig, argv, prog="fitroom bench run")
    about = surroundings(["bench", "run", *argv])
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        folder = Path(name)
        base, pairs = folder / "base", folder / "pairs"
        words = _words(config, base, pairs, folder / "runs")
        make_base(base, SIZES[config.size])
        make_pairs_folder(pairs, config.pairs)
        whole, stopped = _train(words, folder, "whole"), _train(words, folder, "stopped", stop=True)
        begun_at = read_step(stopped.folder.checkpoint)
        resumed = _train([*words, "--resume"], folder, "stopped")
        recipe = _recipe(words)
        held_b = _estimated(recipe)
        tables = [
            _speed_table({"not stopped": whole, "stopped": stopped, "resumed": resumed}, held_b),
            _resume_table(whole, resumed, begun_at),
            _answer_table(config, whole, pairs, device_of(recipe)),
        ]
    settings = {"base": f"{config.size}, random weights", "run": f"{config.train}, {config.steps} steps"}
    publish(Report("A run on a large base", settings, tables, about), config.out)
    return 0


def _recipe(words: Sequence[str]) -> LatentTryOnRunConfig:
    """What the words of ``fitroom train`` say.

    Raises:
        ConfigError: no run on a base of the form that is made up.
    """
    recipe = parse_run([*words, "--name", "looked-at"])
    if not isinstance(recipe, LatentTryOnRunConfig) or recipe.model.form != "inpainting":
        raise ConfigError(
            "the run is on no base that can be made up",
            where="train",
            rule="task tryon_latent with model.form inpainting",
            got=recipe.task,
            fix="such as --config configs/train/latent_vitonhd.yaml",
        )
    return recipe


def _words(config: RunBenchConfig, base: Path, pairs: Path, runs: Path) -> list[str]:
    """Of ``fitroom train``, but for the name."""
    own = shlex.split(config.train)
    batch_size = _recipe(own).batch_size
    return [
        *own,
        *("--model.base", str(base), "--data.folder", str(pairs), "--data.layout", "viton-hd", "--data.select", "0"),
        *("--runs", str(runs), "--epochs", repr(config.steps * batch_size / config.pairs)),
        *("--checkpoint_steps", str(config.stop_step), "--validate_epochs", _NEVER),
        *("--logging.every_steps", str(config.every_steps), "--logging.wandb", "off", "--logging.error_grid", "0"),
    ]  # fmt: skip


def _train(words: Sequence[str], folder: Path, name: str, *, stop: bool = False) -> TrainedRun:
    """One run in a process of its own; its latents, where it keeps any, lie in ``folder`` too.

    Raises:
        LaunchError: it failed, or was over before it could be stopped.
    """
    run, printed = RunFolder(folder / "runs" / name), folder / f"{name}.txt"
    command = [sys.executable, "-m", "fitroom", "train", *words, "--name", name]
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
    log.info("training: %s%s", name, ", to be stopped" if stop else ", goes on" if "--resume" in words else "")
    begun_s = time.perf_counter()
    with (
        printed.open("w", encoding="utf-8") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment) as process,
    ):
        try:
            while stop and process.poll() is None and not run.checkpoint.exists():
                time.sleep(_LOOK_S)
            if stop:
                process.send_signal(signal.SIGTERM)
            process.wait()
        finally:
            process.kill()
    if process.returncode != (EXIT_TERMINATED if stop else 0):
        raise LaunchError(
            "a run of the benchmark did not end as it should",
            rule="stopped by SIGTERM, exit status 143" if stop else "exit status 0",
            got=f"exit status {process.returncode}: {printed.read_text(encoding='utf-8')[-800:]}",
            fix=f"see {shlex.join(command)}" + ("; more steps, if it was over too soon" if stop else ""),
        )
    seconds, figures = time.perf_counter() - begun_s, {name: read_column(run.metrics, name) for name in FIGURES}
    return TrainedRun(run, seconds, figures)


def _estimated(recipe: LatentTryOnRunConfig) -> float:
    """Bytes that ``--dry-run`` tells of."""
    with torch.device("meta"):
        model = make_plan(recipe).network()
    assert isinstance(model, LatentNetwork)
    return estimate(model, recipe, 1).total


def _speed_table(runs: Mapping[str, TrainedRun], held_b: float) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, run in runs.items():
        held = max(run.figures[HELD].values(), default=None)
        memory: tuple[Cell, ...] = (held, held_b / GIB, held * GIB / held_b) if held else ("-", held_b / GIB, "-")
        rate: Cell = Spread(tuple(run.figures[RATE].values())) if run.figures[RATE] else "-"
        rows.append((name, run.seconds, rate, *memory))
    notes = [
        "Seconds are of the whole process: reading the base, latents where they are kept, steps, the bundle.",
        "Samples/s: median and range of the lines of metrics.csv; of the resumed run also those before it was stopped.",
        f"Held: {HELD}, the most that tensors held at once; what the allocator keeps beyond is not in it.",
    ]
    columns = ("run", "seconds", "samples/s", "held GiB", "estimate GiB", "held / estimate")
    return Table("Training", columns, rows, notes)


def _resume_table(whole: TrainedRun, resumed: TrainedRun, begun_at: int) -> Table:
    losses = [(value, resumed.figures[LOSS][step]) for step, value in whole.figures[LOSS].items() if step > begun_at]
    apart = max(abs(one - other) / max(abs(one), 1e-12) for one, other in losses)
    ours, theirs = whole.weights, resumed.weights
    largest = max(float(value.float().abs().max()) for value in ours.values())
    off = max(float((value.float() - theirs[name].float()).abs().max()) for name, value in ours.items())
    row = (begun_at, len(losses), f"{apart:.2g}", f"{off / largest:.2g}")
    notes = [
        "Against the run that was not stopped. 0 = the same to the last bit; a GPU may add in another order each time.",
        "Losses: largest relative difference. Weights: of all that ships, as a share of its largest number.",
    ]
    columns = ("goes on from step", "losses compared", "losses differ by", "weights differ by")
    return Table("Stopped and resumed", columns, [row], notes)


def _answer_table(config: RunBenchConfig, run: TrainedRun, pairs: Path, device: torch.device) -> Table:
    pipeline = open_pipeline(run.folder.bundle, device)
    persons, garments = (sorted((pairs / "train" / kind).iterdir()) for kind in ("image", "cloth"))
    taken_s, held = [], "-"
    with PeakMemory(device) as peak:
        for number in range(config.answers + 1):
            person, garment = (files[number % config.pairs].read_bytes() for files in (persons, garments))
            begun_s = now_s()
            encode_jpeg(pipeline.worn(decode_rgb_u8(person), decode_rgb_u8(garment)))
            taken_s.append(now_s() - begun_s)
    row: tuple[Cell, ...] = (pipeline.steps, Spread(tuple(taken_s[1:])), peak.bytes / GIB if peak.bytes else held)
    notes = [
        f"N = {config.answers}, one at a time, after one untimed; from the bytes of two JPEGs to those of one, each of "
        "another garment.",
    ]
    return Table("Answers of the bundle", ("denoising steps", "seconds", "held GiB"), [row], notes)
