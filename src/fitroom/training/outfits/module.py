"""The outfit network as a LightningModule: losses, and how well it judges the select part; nothing about files."""

from __future__ import annotations

import numpy as np
import torch
from typing_extensions import override

from fitroom.data.outfits.outfit_loaders import OutfitBatch
from fitroom.metrics.ranking import roc_auc
from fitroom.models.outfits.network import OutfitNetwork
from fitroom.training.module import RunModule
from fitroom.training.optim import adamw, decay_groups
from fitroom.training.outfits.config import OutfitRunConfig
from fitroom.training.outfits.losses import completion, outfit_loss, together


class OutfitModule(RunModule):
    """Training and selection steps of an :class:`~fitroom.models.outfits.network.OutfitNetwork`.

    Attributes:
        auc, filled: of the last look at the select part: area under the ROC curve of outfits against mixed ones, and
            share of blanks whose piece was ranked first among the candidates.
    """

    model: OutfitNetwork
    config: OutfitRunConfig

    def __init__(self, model: OutfitNetwork, config: OutfitRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        self.auc: float | None = None
        self.filled: float | None = None
        self._logits: list[np.ndarray] = []
        self._hits: list[np.ndarray] = []

    @override
    def training_step(self, batch: OutfitBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch."""
        self.seed_dropout(batch_idx)
        return self.note_losses(outfit_loss(self.model, batch, self.config.loss))

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._logits, self._hits = [], []

    @override
    def validation_step(self, batch: OutfitBatch, batch_idx: int) -> None:
        """The averaged weights are in place while validation runs."""
        self._logits.append(torch.stack(together(self.model, batch)).float().cpu().numpy())
        self._hits.append((completion(self.model, batch).argmax(1) == 0).cpu().numpy())

    @override
    def on_validation_epoch_end(self) -> None:
        """Logs the area under the ROC curve and the share of blanks filled rightly."""
        logits_2N = np.concatenate(self._logits, 1)
        self.auc = roc_auc(logits_2N.ravel(), np.repeat([True, False], logits_2N.shape[1]))
        self.filled, self.selection_step = float(np.concatenate(self._hits).mean()), self.trainer.global_step
        self.log("step", float(self.selection_step), rank_zero_only=True)
        self.log_selection("select/auc", self.auc)
        self.log_selection("select/filled", self.filled)

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW over all."""
        return adamw(decay_groups(self.model.parameters(), self.config.optim), self.config.optim)
