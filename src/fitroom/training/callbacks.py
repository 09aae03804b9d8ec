"""What a run reports while it trains: plain log lines."""

from __future__ import annotations

import time
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities import rank_zero_only
from typing_extensions import override

from fitroom.progress import log


class LogLines(Callback):
    """Plain lines where there is no terminal for a progress bar.

    Args:
        every_s: seconds between lines.
    """

    def __init__(self, every_s: float = 30.0) -> None:
        self.every_s = every_s
        self._begun_s = self._last_s = 0.0
        self._first_step = 0

    @override
    @rank_zero_only
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._begun_s = self._last_s = time.perf_counter()
        self._first_step = trainer.global_step

    @override
    @rank_zero_only
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        now_s = time.perf_counter()
        if now_s - self._last_s < self.every_s:
            return
        self._last_s = now_s
        done, total = trainer.global_step, trainer.max_steps
        left_s = (now_s - self._begun_s) / max(done - self._first_step, 1) * (total - done)
        loss = float(outputs["loss"]) * trainer.accumulate_grad_batches
        log.info("step %d of %d, loss %.4f, about %d min left", done, total, loss, round(left_s / 60))

    @override
    @rank_zero_only
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:
            figures = {k: f"{float(v):.4f}" for k, v in trainer.callback_metrics.items() if k.startswith("select/")}
            log.info("step %d: %s", trainer.global_step, ", ".join(f"{k} {v}" for k, v in figures.items()))
