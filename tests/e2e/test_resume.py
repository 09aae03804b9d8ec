"""A run that was killed and goes on ends with the very weights of one that was not, with everything random on."""

from __future__ import annotations

import csv
import random
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fitroom.training.checkpoint import read_step

NUM_STEPS = 60
OPTIONS = [
    *("--epochs", "24", "--checkpoint_steps", "5", "--validate_epochs", "8", "--logging.error_grid", "4"),
    *("--data.num_workers", "1", "--model.drop_rate", "0.2", "--model.drop_path_rate", "0.1", "--ema_decay", "0.9"),
    *("--optim.batch_norm", "trained"),  # running statistics are more that must be taken up again
    *("--mix.mixup", "0.2", "--mix.cutmix", "1", "--augment.turn", "0.2", "--augment.color_jitter", "0.2"),
]


def rows(run: Path) -> list[dict[str, str]]:
    path = run / "metrics.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def losses(run: Path) -> list[tuple[str, str]]:
    return [(row["step"], row["train/loss"]) for row in rows(run) if row.get("train/loss")]


def weights(run: Path) -> bytes:
    return (run / "bundle" / "model.safetensors").read_bytes()


@pytest.fixture
def words(tiny_run: Callable[..., list[str]]) -> Callable[..., list[str]]:
    return lambda name, *more: tiny_run(*OPTIONS, *more, name=name)


def stopped(start, words, runs: Path, number: signal.Signals, steps: list[int]):
    """A run stopped by a signal after at least so many steps, and a checkpoint; earlier where it was over too soon."""
    for attempt, step in enumerate(steps):
        name = f"stopped{attempt}"
        run = start(words(name))

        def ready(folder: Path = runs / name, step: int = step) -> bool:
            return len(losses(folder)) >= step and (folder / "resume" / "last.ckpt").exists()

        if run.kill_when(ready, number):
            return run, name
    pytest.fail(f"each of {len(steps)} runs was over before it could be stopped")


def test_a_run_killed_anywhere_goes_on_to_the_same_weights(start, words, tmp_path):
    seed = random.randrange(2**32)
    print(f"seed of the moments of the kills: {seed}")
    rng, runs = random.Random(seed), tmp_path / "runs"
    whole = start(words("whole"))
    # SIGKILL leaves no time to tidy up; the second kill hits a run that was resumed.
    killed, name = stopped(start, words, runs, signal.SIGKILL, [rng.randint(6, 36), 6, 6])
    killed.finish(-signal.SIGKILL)
    first = read_step(runs / name / "resume" / "last.ckpt")
    again, further = start(words(name, "--resume")), rng.randint(6, 12)
    if again.kill_when(lambda: len(losses(runs / name)) > first + further, signal.SIGKILL):
        again.finish(-signal.SIGKILL)
        second = read_step(runs / name / "resume" / "last.ckpt")
        assert 5 <= first < second < NUM_STEPS
        start(words(name, "--resume")).finish()
    whole.finish()
    assert weights(runs / name) == weights(runs / "whole")
    assert losses(runs / name) == losses(runs / "whole"), "metrics.csv is continued, step by step"
    assert [int(step) for step, _ in losses(runs / "whole")] == list(range(1, NUM_STEPS + 1))
    for line in whole.output.read_text().splitlines():
        assert re.match(r"\d\d:\d\d:\d\d |Matplotlib is building", line), f"a stranger talks: {line}"


@pytest.mark.slow
def test_ctrl_c_leaves_a_run_that_goes_on(start, words, tmp_path):
    runs = tmp_path / "runs"
    run, name = stopped(start, words, runs, signal.SIGINT, [random.randint(6, 30), 6, 6])
    printed = run.finish(130)
    assert "interrupted" in printed and "Traceback" not in printed
    assert re.search(r"--resume goes on from step \d+", printed)
    assert not (runs / name / "bundle").exists()
    assert [path.name for path in (runs / name / "resume").iterdir()] == ["last.ckpt"]
    assert 5 <= read_step(runs / name / "resume" / "last.ckpt") < NUM_STEPS
    resumed = start(words(name, "--resume"))
    whole = start(words("whole"))
    resumed.finish()
    whole.finish()
    assert weights(runs / name) == weights(runs / "whole")


@pytest.mark.slow
def test_a_scheduler_that_ends_the_run_is_not_told_it_succeeded(start, words, tmp_path):
    run, name = stopped(start, words, tmp_path / "runs", signal.SIGTERM, [6, 6, 6])
    printed = run.finish(128 + signal.SIGTERM)
    assert "--resume goes on from step" in printed
    assert not (tmp_path / "runs" / name / "bundle").exists()
