from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import LightningModule, Trainer
from torch import nn
from torch.utils.data import DataLoader

from fitroom.training.averaging import WarmAverage
from fitroom.training.checkpoint import AtomicCheckpointIO, SaveCheckpoint


class Counting(LightningModule):
    """Its one weight is the number of steps done; its counter too."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.register_buffer("counter", torch.zeros((), dtype=torch.int64))
        self.seen: list[float] = []

    def training_step(self, batch, batch_idx):
        self.counter += 1
        return -self.weight.sum()

    def validation_step(self, batch, batch_idx):
        self.seen.append(float(self.weight[0]))

    def on_validation_epoch_end(self):
        self.seen.append(float(self.weight[0]))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


def expected(num_steps: int, decay: float) -> float:
    average = 1.0  # the first update takes the weights over
    for n in range(1, num_steps):
        d = min(decay, (1 + n) / (10 + n))
        average = d * average + (1 - d) * (n + 1)
    return average


def trained(num_steps: int, decay: float = 0.9, *, start=None, stop_at: int | None = None, folder=None, **options):
    module, average = Counting(), WarmAverage(decay)
    callbacks = [average]
    if folder is not None:
        callbacks.append(SaveCheckpoint(folder / "last.ckpt", stop_at or num_steps))
    trainer = Trainer(
        accelerator="cpu",
        max_steps=stop_at or num_steps,
        callbacks=callbacks,
        plugins=[AtomicCheckpointIO()],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )
    loader = DataLoader(torch.zeros(100, 1), batch_size=1)
    trainer.fit(
        module, loader, loader if options.get("limit_val_batches") else None, ckpt_path=start, weights_only=True
    )
    return module, average


@pytest.mark.parametrize(("num_steps", "decay"), [(1, 0.9), (5, 0.9), (30, 0.5)])
def test_the_shipped_weights_are_the_warm_average(num_steps, decay):
    module, average = trained(num_steps, decay)
    assert module.weight.tolist() == pytest.approx([expected(num_steps, decay)] * 2, rel=1e-5)
    assert average.average.module.weight.tolist() == module.weight.tolist()
    if num_steps > 5:
        assert module.weight[0] < num_steps - 0.5, "it must differ from the last weights"


def test_counters_are_taken_over_not_averaged():
    module, _ = trained(5)
    assert int(module.counter) == 5


def test_validation_sees_the_average_and_training_its_own_weights():
    module, _ = trained(6, limit_val_batches=1, val_check_interval=3, check_val_every_n_epoch=None)
    assert module.seen == pytest.approx([expected(3, 0.9)] * 2 + [expected(6, 0.9)] * 2, rel=1e-5)
    assert int(module.counter) == 6


def test_a_resumed_average_goes_on_as_if_it_had_not_stopped(tmp_path):
    trained(12, stop_at=5, folder=tmp_path)
    module, _ = trained(12, start=tmp_path / "last.ckpt")
    whole, _ = trained(12)
    assert torch.equal(module.weight, whole.weight)


def test_a_checkpoint_holds_both_weights(tmp_path):
    trained(5, folder=tmp_path)
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert saved["current_model_state"]["weight"].tolist() == [5, 5]
    assert saved["state_dict"]["weight"].tolist() == pytest.approx([expected(5, 0.9)] * 2, rel=1e-5)


def test_a_second_end_changes_nothing():
    module, average = trained(5)
    before = copy.deepcopy(module.state_dict())
    average.on_train_end(SimpleNamespace(), module)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
