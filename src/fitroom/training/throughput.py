"""How fast a run goes: samples a second, the share of time that waits for data, and how much of the machine is used.

Logged beside the losses, over the steps since the last line:

    speed/samples_per_s    over all processes; validation, figures, checkpoints and the weights' average left out
    speed/data_wait        share of that time in which no batch was there
    speed/mfu              model FLOPs utilisation (Chowdhery et al. 2022, PaLM): multiply-adds of a step, forward and
                           backward, as two operations each, over that time and the speed of a plain matrix product;
                           what gradient checkpointing computes again is counted too, which theirs leaves out
    speed/memory_gib       on a GPU, the most that tensors of the first process held at once since training began

A step now and then is counted, and shows in the figures as the slow one that it is; the others do as many operations.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch.utils.flop_counter import FlopCounterMode
from typing_extensions import override

COUNT_EVERY = 500  # micro-batches: counting sees every operation, which takes a GPU's step several times as long
_MATRIX = {"cpu": 1024, "cuda": 8192}


class StepEnd(Callback):
    """Says when a step is over; the first of all callbacks, so that what others do then is no part of it."""

    def __init__(self, ended: Callable[[Trainer], None]) -> None:
        self._ended = ended

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._ended(trainer)


class Throughput(Callback):
    """See the file's first lines. It must be the last callback: what others do after a step is no wait for data either.

    Args:
        batch_size: samples an optimizer step, over all processes and accumulation.
        every_steps: optimizer steps a figure is over.

    Attributes:
        figures: the last ones, by name.
        step_end: must be the first callback.
    """

    def __init__(self, batch_size: int, every_steps: int) -> None:
        self.batch_size, self.every_steps = batch_size, every_steps
        self.figures: dict[str, float] = {}
        self.step_end = StepEnd(self._step_ended)
        self._counter: FlopCounterMode | None = None
        self._peak = self._flops = 0.0
        self._forget()

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._peak = matmul_flops_per_s(pl_module.device, _dtype(str(trainer.precision)))
        if pl_module.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(pl_module.device)  # the product's matrices are not the run's
        self._forget(trainer.global_step)

    @override
    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._started_s = time.perf_counter()
        self._waited_s += self._started_s - self._ended_s
        if batch_idx % COUNT_EVERY == 0:
            self._counter = FlopCounterMode(display=False)
            self._counter.__enter__()
            torch.compiler.set_stance("force_eager")  # what is fused is not seen

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        pl_module.log_dict(self.figures, batch_size=1, rank_zero_only=True)
        self._ended_s = time.perf_counter()

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._ended_s = time.perf_counter()

    @override
    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if self._counter is not None:
            self._counter.__exit__(None, None, None)
            self._counter = None

    @override
    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        torch.compiler.set_stance("default")  # what the process compiles later is compiled

    @override
    def state_dict(self) -> dict[str, Any]:
        """A run that goes on knows what was counted: to count anew would round that step in another way."""
        return {"flops": self._flops}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._flops = state_dict["flops"]

    def _step_ended(self, trainer: Trainer) -> None:
        self._worked_s += time.perf_counter() - self._started_s
        self._batches += 1
        if self._counter is not None:
            self._counter.__exit__(None, None, None)
            self._flops, self._counter = self._counter.get_total_flops(), None
        steps = trainer.global_step - self._first_step
        if steps >= self.every_steps:
            spent_s = self._worked_s + self._waited_s
            self.figures["speed/samples_per_s"] = steps * self.batch_size / spent_s
            self.figures["speed/data_wait"] = self._waited_s / spent_s
            if self._flops:
                self.figures["speed/mfu"] = self._flops * self._batches / spent_s / self._peak
            self.figures |= held_gib(trainer.strategy.root_device)
            self._forget(trainer.global_step)

    def _forget(self, step: int = 0) -> None:
        self._first_step = step
        self._worked_s = self._waited_s = 0.0
        self._batches = 0
        self._started_s = self._ended_s = time.perf_counter()


def matmul_flops_per_s(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of a product of two large matrices, the best of five; a multiply-add is two."""
    side = _MATRIX.get(device.type, 1024)
    a = torch.ones(side, side, device=device, dtype=dtype)
    best_s = float("inf")
    with torch.no_grad():
        for _ in range(5):
            start_s = time.perf_counter()
            a @ a
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            best_s = min(best_s, time.perf_counter() - start_s)
    return 2 * side**3 / best_s


def held_gib(device: torch.device) -> dict[str, float]:
    """``speed/memory_gib`` of a GPU; nothing of a processor, where tensors are not told from all else."""
    if device.type != "cuda":
        return {}
    return {"speed/memory_gib": torch.cuda.max_memory_allocated(device) / 2**30}


def _dtype(precision: str) -> torch.dtype:
    return torch.bfloat16 if precision.startswith("bf16") else torch.float16 if "16" in precision else torch.float32
