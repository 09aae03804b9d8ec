"""Speed figures of a run: waits for data are seen, and operations are those of the network."""

from __future__ import annotations

import itertools
import time
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch.utils.data import DataLoader, Dataset

from fitroom.training import throughput
from fitroom.training.throughput import Throughput, held_gib, matmul_flops_per_s

SIDE, BATCH = 64, 8


class Samples(Dataset):
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s

    def __len__(self) -> int:
        return 12 * BATCH

    def __getitem__(self, index: int) -> torch.Tensor:
        time.sleep(self.wait_s)
        return torch.ones(SIDE)


class Net(LightningModule):
    def __init__(self, work_s: float) -> None:
        super().__init__()
        self.work_s, self.layer = work_s, torch.nn.Linear(SIDE, SIDE, bias=False)

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
        time.sleep(self.work_s)
        return self.layer(batch).square().mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1e-3)


def run(tmp_path, wait_s: float, work_s: float, *between: Callback) -> Throughput:
    speed = Throughput(BATCH, every_steps=5)
    trainer = Trainer(
        max_epochs=1, accelerator="cpu", callbacks=[speed.step_end, *between, speed], logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(Net(work_s), DataLoader(Samples(wait_s / BATCH), BATCH))
    return speed


def test_a_slow_loader_and_a_slow_step_are_told_apart(tmp_path):
    hungry, busy = run(tmp_path, 0.08, 0.01).figures, run(tmp_path, 0.004, 0.05).figures
    assert hungry["speed/data_wait"] > 0.5 > busy["speed/data_wait"] > 0
    assert hungry["speed/samples_per_s"] < BATCH / 0.08 and busy["speed/samples_per_s"] < BATCH / 0.05


def test_operations_are_counted_forward_and_backward(tmp_path, monkeypatch):
    monkeypatch.setattr(throughput, "matmul_flops_per_s", lambda *given: 1e6)
    ticks = itertools.count()  # each look at the clock is a second later: a wait and a step take one each
    monkeypatch.setattr(throughput, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    flops = 2 * (2 * BATCH * SIDE * SIDE)  # the product, and the gradient of the weights
    assert run(tmp_path, 0.0, 0.0).figures["speed/mfu"] == flops / 2 / 1e6


class Draws(Callback):
    """Takes its time after each step, and computes something."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        time.sleep(0.05)
        pl_module.layer(batch.repeat(50, 1))


def test_what_others_do_after_a_step_is_no_part_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(throughput, "matmul_flops_per_s", lambda *given: 1e6)
    plain, drawing = run(tmp_path, 0.0, 0.02), run(tmp_path, 0.0, 0.02, Draws())
    assert drawing._flops == plain._flops
    assert drawing.figures["speed/samples_per_s"] > BATCH / 0.05 and drawing.figures["speed/data_wait"] < 0.5


def test_a_run_that_goes_on_knows_what_was_counted_and_counts_nothing_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(throughput, "matmul_flops_per_s", lambda *given: 1e6)
    first = run(tmp_path, 0.0, 0.0)
    counted = []

    class Later(Throughput):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            super().on_train_batch_start(trainer, pl_module, batch, batch_idx + 3)
            counted.append(self._counter is not None)

    for state in (first.state_dict(), None):
        speed = Later(BATCH, every_steps=5)
        if state is not None:
            speed.load_state_dict(state)
        trainer = Trainer(
            max_epochs=1, accelerator="cpu", callbacks=[speed.step_end, speed], logger=False,
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
            default_root_dir=tmp_path,
        )  # fmt: skip
        trainer.fit(Net(0.0), DataLoader(Samples(0.0), BATCH))
        assert ("speed/mfu" in speed.figures) == (state is not None), "what is not known is left out, and not 0"
    assert not any(counted)


def test_memory_is_told_of_gpus_alone(monkeypatch):
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 3 * 2**29)
    assert held_gib(torch.device("cuda", 0)) == {"speed/memory_gib": 1.5} and held_gib(torch.device("cpu")) == {}


def test_the_machine_computes_something():
    assert matmul_flops_per_s(torch.device("cpu"), torch.float32) > 1e8


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16), ("16-mixed", torch.float16)],
)
def test_the_peak_is_that_of_the_precision(precision, dtype):
    assert throughput._dtype(precision) == dtype
