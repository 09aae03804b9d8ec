"""Training steps through torch.compile; all else (validation, sample grids, what ships) runs as it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch import nn
from typing_extensions import override


class Compiled(Callback):
    """Compiles parts of the network in place; their weights and their names stay what they are.

    Args:
        parts: modules that are asked by calling them.
        backend: of torch.compile.
    """

    def __init__(self, parts: Iterable[nn.Module], backend: str) -> None:
        for part in parts:
            part.compile(backend=backend, dynamic=False)

    @override
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.compiler.set_stance("force_eager")

    @override
    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        torch.compiler.set_stance("default")

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        torch.compiler.set_stance("force_eager")

    @override
    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        torch.compiler.set_stance("default")
