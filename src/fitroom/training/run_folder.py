"""The folder of a run.

    runs/<name>/
        config.yaml          resolved config
        run.json             seed, commit, versions, machine; one entry a start
        manifest.parquet     the photos, their hashes and parts
        metrics.csv          every logged figure
        figures/             worst errors of the select part
        wandb/               offline runs
        resume/last.ckpt     optimizer, step, weights and average: to go on
        bundle/              what ships: averaged weights, config, preprocessing, calibration, card, hashes
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fitroom.config import config_to_yaml, load_config, write_text_atomically
from fitroom.errors import ConfigError, RunError
from fitroom.training.checkpoint import read_step
from fitroom.training.config import TrainConfig

# What may differ between a run and its continuation: nothing that changes the weights.
FREE_KEYS = {"logging", "runs", "processes", "strategy", "threads", "checkpoint_steps", "accelerator"}


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run; see the file's first lines."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.parquet"

    @property
    def figures(self) -> Path:
        return self.path / "figures"

    @property
    def checkpoint(self) -> Path:
        return self.path / "resume" / "last.ckpt"

    @property
    def bundle(self) -> Path:
        return self.path / "bundle"


def check_run(config: TrainConfig, resume: bool) -> tuple[RunFolder, int]:
    """Whether the run may start, or go on; writes nothing.

    Returns:
        the folder, and the step it goes on from (0 for a new run).

    Raises:
        RunError: a new run whose folder exists; a resume without checkpoint, with another config, or of a finished run.
    """
    folder = RunFolder(Path(config.runs) / config.name)
    if not resume:
        if folder.path.exists():
            raise RunError(
                f"the run {config.name!r} exists already",
                where=folder.path,
                rule="a run is never overwritten",
                fix="choose another --name, or go on with --resume",
            )
        return folder, 0
    if folder.bundle.exists():
        raise RunError(f"the run {config.name!r} is finished", where=folder.bundle, fix="train under another --name")
    step = read_step(folder.checkpoint)
    _check_same(config, folder.config)
    return folder, step


def create_run(folder: RunFolder, config: TrainConfig) -> None:
    """Makes the folder and writes the resolved config."""
    folder.path.mkdir(parents=True, exist_ok=True)
    write_text_atomically(folder.config, config_to_yaml(config))


def _check_same(config: TrainConfig, stored: Path) -> None:
    try:
        before = load_config(TrainConfig, stored)
    except ConfigError as error:
        raise RunError("the run's own config cannot be read", where=stored, got=error.what) from error
    changed = [
        key for key, value in vars(before).items() if key not in FREE_KEYS and value != getattr(config, key)
    ]
    if changed:
        raise RunError(
            "the config is not the one the run was started with",
            where=stored,
            rule="only logging, paths and devices may change on the way",
            got=f"differs in {', '.join(changed)}",
            fix=f"resume with --config {stored}, or start a new run",
        )
