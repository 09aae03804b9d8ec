"""The folder of a run.

runs/<name>/
    config.yaml          resolved config
    run.json             seed, commit, versions, machine; of earlier starts as well
    manifest.parquet     the photos and their hashes
    metrics.csv          every logged figure
    figures/             worst answers on the select part
    wandb/               offline runs
    resume/last.ckpt     optimizer, step, weights and average: to go on
    bundle/              what ships: averaged weights, config, preprocessing, calibration, card, hashes
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitroom.config import config_to_yaml, load_config
from fitroom.data.manifest import Manifest
from fitroom.errors import ConfigError, DataError, RunError
from fitroom.runinfo import write_run_info
from fitroom.training import launch
from fitroom.training.checkpoint import read_step
from fitroom.training.config import RunConfig
from fitroom.writing import write_text_atomically


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
    def metrics(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def figures(self) -> Path:
        return self.path / "figures"

    @property
    def checkpoint(self) -> Path:
        return self.path / "resume" / "last.ckpt"

    @property
    def bundle(self) -> Path:
        return self.path / "bundle"


def check_run(config: RunConfig, resume: bool, *, same: bool = True) -> tuple[RunFolder, int]:
    """Whether the run may start, or go on; writes nothing.

    Args:
        config: of the run.
        resume: whether it goes on.
        same: False = the data have yet to settle a part of the config; the caller asks :func:`check_same` after that.

    Returns:
        the folder, and the step it goes on from (0 for a new run).

    Raises:
        RunError: a new run whose folder exists; a resume without checkpoint, with another config, or of a finished run.
    """
    folder = RunFolder(Path(config.runs) / config.name)
    if not resume:
        # Only rank 0: a slower rank would find the folder that rank 0 has just made.
        if launch.rank() == 0 and folder.path.exists():
            raise _exists_already(folder)
        return folder, 0
    if folder.bundle.exists():
        raise RunError(f"the run {config.name!r} is finished", where=folder.bundle, fix="train under another --name")
    step = read_step(folder.checkpoint)
    if same:
        check_same(config, folder)
    return folder, step


def _exists_already(folder: RunFolder) -> RunError:
    return RunError(
        f"the run {folder.path.name!r} exists already", where=folder.path, rule="a run is never overwritten",
        fix="choose another --name, or go on with --resume",
    )  # fmt: skip


def check_same(config: RunConfig, folder: RunFolder) -> None:
    """Raises RunError where the config is not the one that the run was started with."""
    stored = folder.config
    try:
        before = load_config(type(config), stored)
    except ConfigError as error:
        raise RunError("the run's own config cannot be read", where=stored, got=error.what) from error
    old, new = before.fixed(), config.fixed()
    changed = [key for key in old if old[key] != new[key]]
    if changed:
        raise RunError(
            "the config is not the one the run was started with",
            where=stored,
            rule="only logging, paths and devices may change on the way",
            got=f"differs in {', '.join(changed)}",
            fix=f"resume with --config {stored}, or start a new run",
        )


def check_photos(folder: RunFolder, manifest: Manifest) -> None:
    """Whether a run that goes on would see the photos it began with, in their order.

    Raises:
        RunError: otherwise; batches would not be those of the run, and photos could change their part.
    """
    try:
        before = Manifest.read(folder.manifest)
    except DataError as error:
        raise RunError("the run's own manifest cannot be read", where=folder.manifest, got=error.what) from error
    if before.labels != manifest.labels or not before.table.equals(manifest.table):
        old, new = (dict(zip(m.table["sample_id"], m.table["sha256"], strict=True)) for m in (before, manifest))
        raise RunError(
            "the photos are not those the run was started with",
            where=manifest.root,
            rule=f"the {len(old)} photos of {folder.manifest}, with the same labels",
            got=f"{len(new.keys() - old)} new, {len(old.keys() - new)} gone, "
            f"{sum(old[name] != new[name] for name in old.keys() & new)} of other content, or other labels",
            fix="bring the photos back, or start a new run",
        )


def create_run(
    folder: RunFolder, config: RunConfig, manifest: Manifest, info: dict[str, Any], resumed: bool = False
) -> None:
    """Makes the folder, or takes it up again, and writes config, manifest and run.json.

    Raises:
        RunError: a new run's folder is there: another of the same name has begun since :func:`check_run`.
    """
    try:
        folder.path.mkdir(parents=True, exist_ok=resumed)
    except FileExistsError:
        raise _exists_already(folder) from None
    write_text_atomically(folder.config, config_to_yaml(config))
    manifest.write(folder.manifest)
    write_run_info(folder.path, info | {"earlier_starts": _starts(folder)})


def _starts(folder: RunFolder) -> list[dict[str, Any]]:
    """What run.json says of the starts so far, first to last."""
    try:
        last = json.loads((folder.path / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [*last.pop("earlier_starts", []), last]
