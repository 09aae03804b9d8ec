"""The reading networks as a LightningModule: loss, and the error in cm on people whom none of them has met."""

from __future__ import annotations

import numpy as np
import torch
from typing_extensions import override

from fitroom.data.figures import FigureBatch, Figures
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.models.body_photo.network import BodyPhotoNetwork
from fitroom.training.body_photo.config import BodyPhotoRunConfig
from fitroom.training.body_photo.losses import reading_loss
from fitroom.training.module import RunModule
from fitroom.training.optim import adamw, decay_groups


class BodyPhotoModule(RunModule):
    """Training and selection steps of a :class:`~fitroom.models.body_photo.network.BodyPhotoNetwork`.

    Args:
        model, config, num_steps: as for every run.
        select: photos of people whom no member meets.

    Attributes:
        error_cm: of the last look at the select part: mean absolute error of all readings, were they all that is known.
    """

    model: BodyPhotoNetwork
    config: BodyPhotoRunConfig

    def __init__(self, model: BodyPhotoNetwork, config: BodyPhotoRunConfig, num_steps: int, select: Figures) -> None:
        super().__init__(model, config, num_steps)
        self.select = select
        self.error_cm: float | None = None
        self._read: list[np.ndarray] = []

    @override
    def training_step(self, batch: FigureBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch."""
        self.seed_dropout(batch_idx)
        return self.note_losses({"squares": reading_loss(self.model(batch.shares), batch.z, batch.fold, batch.weight)})

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._read = []

    @override
    def validation_step(self, batch: FigureBatch, batch_idx: int) -> None:
        """The averaged weights are in place while validation runs."""
        self._read.append(self.model(batch.shares).mean(1).float().cpu().numpy())

    @override
    def on_validation_epoch_end(self) -> None:
        """Logs the mean absolute error in cm."""
        self.error_cm = float(errors_cm(np.concatenate(self._read), self.select, self.model.config).mean())
        self.selection_step = self.trainer.global_step
        self.log("step", float(self.selection_step), rank_zero_only=True)
        self.log_selection("select/error_cm", self.error_cm)

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW over all members."""
        return adamw(decay_groups(self.model.parameters(), self.config.optim), self.config.optim)


def errors_cm(read_NK: np.ndarray, figures: Figures, config: BodyPhotoConfig) -> np.ndarray:
    """(K,) mean absolute error of readings taken at their word, the height known, each body of the same weight."""
    logs_NK = read_NK * np.array(config.scale) + np.array(config.center)
    off_NK = np.abs(np.exp(logs_NK) - np.exp(figures.logs_NK)) * figures.height_cm_N[:, None]
    return np.asarray(np.average(off_NK, axis=0, weights=figures.weight_N))
