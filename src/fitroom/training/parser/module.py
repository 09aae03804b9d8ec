"""The parser as a LightningModule: normalise, predict, loss, and scores of the select part; nothing about files."""

from __future__ import annotations

import numpy as np
import torch
from typing_extensions import override

from fitroom.data.parsing.photos import ParseBatch
from fitroom.images import normalize_u8
from fitroom.metrics.parsing import ParseCounts, ParseScores
from fitroom.models.frozen_bn import freeze_batch_norm
from fitroom.models.parser import Parser
from fitroom.training.across import gathered
from fitroom.training.module import RunModule
from fitroom.training.optim import adamw, encoder_groups
from fitroom.training.parser.config import ParserRunConfig
from fitroom.training.parser.losses import parser_loss


class ParserModule(RunModule):
    """Training and selection steps of a :class:`Parser`.

    Args:
        model: with labels and start weights.
        config: of the run.
        num_steps: optimizer steps of the whole run.

    Attributes:
        scores: of the last look at the select part.
        worst: (pixels that are wrong as a share, index, predicted labels (H, W) uint8) of the select part, worst first.
    """

    model: Parser
    config: ParserRunConfig

    def __init__(self, model: Parser, config: ParserRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        model.encoder.freeze(config.optim.freeze_stages)
        # The encoder's statistics are those of many photos; the decoder has none yet and learns them.
        freeze_batch_norm(model.encoder, torch.zeros(1, 3, 64, 64))
        if config.channels_last:
            model.to(memory_format=torch.channels_last)
        self.scores: ParseScores | None = None
        self.worst: list[tuple[float, int, np.ndarray]] = []
        self._counts = ParseCounts(len(model.config.labels))

    @override
    def training_step(self, batch: ParseBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch."""
        folded_B4Lhw = self.model.folded(self._normalized(batch))
        return self.note_losses(parser_loss(folded_B4Lhw, batch.target, self.config.loss))

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._counts, self.worst = ParseCounts(len(self.model.config.labels)), []

    @override
    def validation_step(self, batch: ParseBatch, batch_idx: int) -> None:
        """Counts hits and boundaries; the averaged weights are in place while validation runs."""
        predicted_BHW = self.model(self._normalized(batch))["logits"].argmax(1).byte().cpu().numpy()
        target_BHW = batch.target.cpu().numpy()
        new = self.not_repeated(batch_idx, len(target_BHW))
        for index, predicted, target in zip(batch.index.tolist()[:new], predicted_BHW, target_BHW, strict=False):
            self._counts.add(predicted, target)
            self.worst.append((float((predicted != target).mean()), index, predicted))
        self.worst = self._worst_of(self.worst)

    @override
    def on_validation_epoch_end(self) -> None:
        """Logs mIoU, boundary F and the IoU of each label."""
        self._add_other_processes()
        self.scores, self.selection_step = self._counts.scores(), self.trainer.global_step
        self.log("step", float(self.selection_step), rank_zero_only=True)
        self.log_selection("select/miou", self.scores.mean_iou)
        self.log_selection("select/boundary_f_2px", self.scores.boundary_f)
        for label, iou in zip(self.model.config.labels, self.scores.iou_L, strict=True):
            if not np.isnan(iou):
                self.log(f"select_iou/{label.lower()}", float(iou), rank_zero_only=True)

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW; the encoder at its own rate."""
        config = self.config.optim
        return adamw(encoder_groups(self.model, [self.model.encoder], config, config.encoder_rate), config)

    def _normalized(self, batch: ParseBatch) -> torch.Tensor:
        x_BCHW = normalize_u8(batch.image_u8, self.config.preprocessing)
        return x_BCHW if self.config.channels_last else x_BCHW.contiguous()

    def _worst_of(self, photos: list[tuple[float, int, np.ndarray]]) -> list[tuple[float, int, np.ndarray]]:
        return sorted(photos, key=lambda item: (-item[0], item[1]))[: self.config.logging.error_grid]

    def _add_other_processes(self) -> None:
        """Sums counts over processes, and keeps the worst photos of all."""
        for name in ("confusion_LL", "boundary_4"):
            setattr(self._counts, name, sum(gathered(getattr(self._counts, name))))
        self.worst = self._worst_of([photo for part in gathered(self.worst) for photo in part])
