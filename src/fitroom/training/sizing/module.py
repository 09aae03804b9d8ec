"""The body model as a LightningModule: losses, and how well it foretells the select part; nothing about files."""

from __future__ import annotations

import torch
from typing_extensions import override

from fitroom.data.sizing.loaders import PeopleBatch
from fitroom.models.sizing.body_model import BodyModel
from fitroom.training.module import RunModule
from fitroom.training.optim import adamw, decay_groups
from fitroom.training.sizing.config import SizingRunConfig
from fitroom.training.sizing.losses import sizing_loss


class SizingModule(RunModule):
    """Training and selection steps of a :class:`~fitroom.models.sizing.body_model.BodyModel`.

    Attributes:
        nats: of the last look at the select part: mean negative log density of what was not told, a person.
    """

    model: BodyModel
    config: SizingRunConfig

    def __init__(self, model: BodyModel, config: SizingRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        self.nats: float | None = None
        self._sums: list[tuple[float, int]] = []

    @override
    def training_step(self, batch: PeopleBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch."""
        return self.note_losses(sizing_loss(self.model, batch, self.config.loss))

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._sums = []

    @override
    def validation_step(self, batch: PeopleBatch, batch_idx: int) -> None:
        """The averaged weights are in place while validation runs."""
        exact = torch.zeros_like(batch.z_BD)
        all_B, told_B = (
            self.model(batch.z_BD, mask_BD, exact, batch.sex_BS) for mask_BD in (batch.known_BD, batch.told_BD)
        )
        self._sums.append((float((told_B - all_B).sum()), len(all_B)))

    @override
    def on_validation_epoch_end(self) -> None:
        """Logs the negative log density of what was not told."""
        total, count = (sum(column) for column in zip(*self._sums, strict=True))
        self.nats, self.selection_step = total / count, self.trainer.global_step
        self.log("step", float(self.selection_step), rank_zero_only=True)
        self.log_selection("select/nats", self.nats)

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW over all."""
        return adamw(decay_groups(self.model.parameters(), self.config.optim), self.config.optim)
