from __future__ import annotations

import errno
import resource
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Trainer

from fitroom.errors import RunError
from fitroom.training.checkpoint import AtomicCheckpointIO, SaveCheckpoint, read_step


def checkpoint(step: int) -> dict[str, object]:
    return {"global_step": step, "state_dict": {"w": torch.full((300, 300), float(step))}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good checkpoint of step 7."""
    path = tmp_path / "resume" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint(checkpoint(7), path)
    return path


def assert_untouched(path: Path) -> None:
    assert read_step(path) == 7
    assert torch.equal(torch.load(path, weights_only=True)["state_dict"]["w"], torch.full((300, 300), 7.0))
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


class Failing:
    """A file whose disk is full, or whose writer is interrupted, after some bytes."""

    def __init__(self, file, error: BaseException, after_bytes: int) -> None:
        self.file, self.error, self.left = file, error, after_bytes

    def write(self, data) -> int:
        self.left -= len(data)
        if self.left < 0:
            raise self.error
        return self.file.write(data)

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        self.file.close()


def fail_writing(monkeypatch: pytest.MonkeyPatch, error: BaseException, after_bytes: int) -> None:
    real = Path.open

    def failing_open(self: Path, mode: str = "r", *args, **options):
        file = real(self, mode, *args, **options)
        return Failing(file, error, after_bytes) if mode == "wb" else file

    monkeypatch.setattr(Path, "open", failing_open)


def test_a_checkpoint_replaces_the_last_one(path):
    AtomicCheckpointIO().save_checkpoint(checkpoint(8), path)
    assert read_step(path) == 8
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


@pytest.mark.parametrize("after_bytes", [0, 5_000, 300_000])
def test_a_full_disk_leaves_the_last_good_one(path, after_bytes, monkeypatch):
    fail_writing(monkeypatch, OSError(errno.ENOSPC, "No space left on device"), after_bytes)
    with pytest.raises(RunError, match="last good one is untouched") as caught:
        AtomicCheckpointIO().save_checkpoint(checkpoint(8), path)
    monkeypatch.undo()
    assert "No space left" in str(caught.value.got) and "disk space" in str(caught.value.fix)
    assert_untouched(path)


def test_a_refusal_of_the_system_itself_leaves_the_last_good_one(path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(RunError, match="last good one is untouched"):
            AtomicCheckpointIO().save_checkpoint(checkpoint(8), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_untouched(path)


def test_an_interrupt_in_the_middle_leaves_the_last_good_one(path, monkeypatch):
    fail_writing(monkeypatch, KeyboardInterrupt(), 5_000)
    with pytest.raises(KeyboardInterrupt):
        AtomicCheckpointIO().save_checkpoint(checkpoint(8), path)
    monkeypatch.undo()
    assert_untouched(path)


def test_what_a_kill_left_behind_is_overwritten(path):
    path.with_name(".last.ckpt.writing").write_bytes(b"half")
    AtomicCheckpointIO().save_checkpoint(checkpoint(9), path)
    assert read_step(path) == 9
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_a_missing_and_a_damaged_checkpoint_say_which(path):
    with pytest.raises(RunError, match="no checkpoint to resume from"):
        read_step(path.with_name("none.ckpt"))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match="cannot be read"):
        read_step(path)
    torch.save({"epoch": 1}, path)
    with pytest.raises(RunError, match="cannot be read"):
        read_step(path)


class Steps:
    """A trainer that saves nothing, and remembers when it was asked to."""

    def __init__(self, max_steps: int) -> None:
        self.max_steps, self.global_step = max_steps, 0
        self.saved: list[int] = []

    def save_checkpoint(self, path: Path) -> None:
        self.saved.append(self.global_step)

    def train(
        self, callback: SaveCheckpoint, start: int = 0, accumulate: int = 1, loss: float = 1.0, weight: float = 1.0
    ):
        module = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(module.weight, weight)
        self.global_step = start
        callback.on_train_start(self, None)
        for batch in range((self.max_steps - start) * accumulate):
            self.global_step += (batch + 1) % accumulate == 0
            callback.on_train_batch_end(self, module, {"loss": torch.tensor(loss)}, None, batch)
        return self.saved


def test_it_saves_every_so_many_steps_and_after_the_last(tmp_path):
    assert Steps(10).train(SaveCheckpoint(tmp_path / "c", 4)) == [4, 8, 10]
    assert Steps(8).train(SaveCheckpoint(tmp_path / "c", 4)) == [4, 8]
    assert Steps(3).train(SaveCheckpoint(tmp_path / "c", 100)) == [3]


@pytest.mark.parametrize("start", [0, 4, 8])
def test_it_never_saves_in_the_middle_of_an_accumulated_step(tmp_path, start):
    steps = Steps(10)
    callback = SaveCheckpoint(tmp_path / "c", 4)
    asked: list[int] = []
    steps.save_checkpoint = lambda path: asked.append(steps.global_step)  # type: ignore[method-assign]
    steps.train(callback, start, accumulate=3)
    assert asked == [step for step in (4, 8, 10) if step > start]


@pytest.mark.parametrize("ruined", [{"loss": float("nan")}, {"loss": float("inf")}, {"weight": float("nan")}])
def test_a_run_that_diverged_keeps_its_last_good_checkpoint(tmp_path, ruined):
    steps = Steps(10)
    with pytest.raises(RunError, match="diverged: the loss at step 4"):
        steps.train(SaveCheckpoint(tmp_path / "c", 4), **ruined)
    assert steps.saved == []


def test_lightning_writes_through_it():
    plugin = AtomicCheckpointIO()
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, plugins=[plugin])
    assert trainer.strategy.checkpoint_io is plugin
