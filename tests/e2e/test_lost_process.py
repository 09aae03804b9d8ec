"""A process that is killed ends the run with its name and a checkpoint; another number of processes goes on from it.

What is learned is what one process would have learned, whether weights are whole or shared out (FSDP).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.e2e.conftest import Started
from tests.e2e.test_processes import LAUNCH, curve, free_port

from fitroom.training.checkpoint import read_step

SLOW = ("--checkpoint_steps", "3", "--validate_epochs", "10", "--epochs", "24", "--logging.error_grid", "0")
VIT = ("--model.backbone", "test_vit", "--preprocessing.height_px", "160", "--preprocessing.width_px", "160",
       "--model.drop_rate", "0", "--optim.lr", "5e-4", "--ema_decay", "0.9")  # fmt: skip
FSDP = ("--strategy", "fsdp", "--processes", "2")
DDP = ("--strategy", "ddp", "--processes", "2")
ALONE = ("--processes", "1")


def launched(words: tuple[str, ...]) -> tuple[str, ...]:
    return () if words is ALONE else (*LAUNCH, "--main_process_port", free_port())


def process_of_rank(run: Started, number: int) -> int:
    """Process number of a rank below the launcher."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            environment = (folder / "environ").read_bytes().split(b"\0")
        except (OSError, PermissionError):  # gone meanwhile, or somebody else's
            continue
        if parent == run.process.pid and f"RANK={number}".encode() in environment:
            return int(folder.name)
    raise AssertionError(f"no rank {number}:\n{run.output.read_text()}")


def killed(run: Started, folder: Path, is_alone: bool) -> str:
    """Kills the last rank once there is a checkpoint; gives what was printed."""
    checkpoint = folder / "resume/last.ckpt"
    victim: list[int] = []

    def ready() -> bool:
        if not victim and not is_alone and (folder / "run.json").exists():
            victim.append(process_of_rank(run, 1))
        return checkpoint.exists() and bool(victim or is_alone)

    if is_alone:
        assert run.kill_when(ready, signal.SIGKILL), "the run was over before it could be killed"
        return run.finish(-signal.SIGKILL)
    assert run.kill_when(ready, signal.Signals(signal.SIGCONT)), "the run was over before it could be killed"
    os.kill(victim[0], signal.SIGKILL)
    return run.finish(1)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds a rank in /proc")
@pytest.mark.parametrize(
    ("task", "before", "after", "relative"),
    [
        pytest.param("tryon", DDP, ALONE, 1e-4, id="ddp to one", marks=pytest.mark.slow),
        pytest.param("vit", FSDP, ALONE, 1e-3, id="fsdp to one", marks=pytest.mark.slow),
        pytest.param("vit", ALONE, FSDP, 1e-3, id="one to fsdp", marks=pytest.mark.slow),  # minutes
        pytest.param("flux-fill", FSDP, ALONE, 1e-3, id="base, fsdp to one", marks=pytest.mark.slow),
        pytest.param("flux-fill", ALONE, FSDP, 1e-3, id="base, one to fsdp", marks=pytest.mark.slow),
        pytest.param("inpainting", FSDP, DDP, 1e-3, id="base, fsdp to ddp", marks=pytest.mark.slow),
    ],
)
def test_a_run_goes_on_with_another_number_of_processes(
    task: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
    relative: float,
    start: Callable[..., Started],
    tiny_run: Callable[..., list[str]],
    tryon_run: Callable[..., list[str]],
    latent_run: Callable[..., list[str]],
    tmp_path: Path,
) -> None:
    def words(*more: str, name: str) -> list[str]:
        if task == "vit":
            return tiny_run(*SLOW, *VIT, *more, name=name)
        return (tryon_run if task == "tryon" else partial(latent_run, task))(*SLOW, *more, name=name)

    runs = tmp_path / "runs"
    first = start(words(*before, name="moved"), before=launched(before))
    printed = killed(first, runs / "moved", before is ALONE)
    if before is not ALONE:
        assert "Root Cause" in printed and "(SIGKILL)" in printed, printed
    step = read_step(runs / "moved/resume/last.ckpt")
    assert step >= 3 and not (runs / "moved/bundle").exists()
    then = start(words(*after, "--resume", name="moved"), before=launched(after))
    start(words(name="whole")).finish()
    then.finish()
    moved, whole = (curve(runs / name, "train/loss") for name in ("moved", "whole"))
    # The kill may fall between a checkpoint and the line of figures of its step.
    assert whole.keys() - moved.keys() <= {step} and len(whole) > step
    assert moved == pytest.approx({key: whole[key] for key in moved}, rel=relative)
    name = {"tryon": "select/flow_px", "vit": "select/category_top1"}.get(task, "select/denoise")
    assert curve(runs / "moved", name) == pytest.approx(curve(runs / "whole", name), rel=relative)
