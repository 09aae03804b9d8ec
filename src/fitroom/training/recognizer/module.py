"""The recogniser as a LightningModule: normalise, mix, predict, loss; nothing about files."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from typing_extensions import override

from fitroom.data.recognition.batches import RecognitionBatch
from fitroom.images import normalize_u8
from fitroom.models.frozen_bn import freeze_batch_norm
from fitroom.models.recognizer import Recognizer
from fitroom.training.across import gathered
from fitroom.training.module import RunModule
from fitroom.training.recognizer.config import RecognizerRunConfig
from fitroom.training.recognizer.losses import recognition_loss
from fitroom.training.recognizer.mixing import is_on, mix_pairs
from fitroom.training.recognizer.optim import build_optimizer, freeze_stages

PLACE = "place/index"  # no head's name has a slash in it


class RecognizerModule(RunModule):
    """Training and selection steps of a :class:`Recognizer`.

    Args:
        model: with resolved heads and start weights.
        config: of the run.
        num_steps: optimizer steps of the whole run.
    """

    model: Recognizer
    config: RecognizerRunConfig

    def __init__(self, model: Recognizer, config: RecognizerRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        freeze_stages(model, config.optim.freeze_stages)
        if config.optim.batch_norm == "frozen":
            spec = config.preprocessing
            freeze_batch_norm(model, torch.zeros(1, 3, spec.height_px, spec.width_px))
        if config.channels_last:
            model.to(memory_format=torch.channels_last)
        self.selection: dict[str, np.ndarray] = {}
        self._outputs: list[dict[str, torch.Tensor]] = []

    @override
    def training_step(self, batch: RecognitionBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch."""
        self.seed_dropout(batch_idx)
        x_BCHW = self._normalized(batch)
        partner_B = own_B = None
        if is_on(self.config.mix):
            x_BCHW, partner_B, own_B = mix_pairs(x_BCHW, batch.index, batch.epoch, self.config.mix, self.config.seed)
        outputs = self.model(x_BCHW)
        losses = recognition_loss(
            self.model.config.heads, outputs, batch.targets, self.config.label_smoothing, partner_B, own_B
        )
        return self.note_losses(losses)

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the outputs of the last look at the select part."""
        self._outputs = []

    @override
    def validation_step(self, batch: RecognitionBatch, batch_idx: int) -> None:
        """Keeps raw outputs; the averaged weights are in place while validation runs."""
        outputs = self.model(self._normalized(batch))
        kept = {name: outputs[name].float().cpu() for name in self.model.heads}
        kept |= {f"target/{name}": value.cpu() for name, value in batch.targets.items()}
        self._outputs.append(kept | {PLACE: batch.index.cpu()})

    @override
    def on_validation_epoch_end(self) -> None:
        """Gathers the select part in ``selection`` and logs how well it is answered."""
        self.selection, self.selection_step = self._gathered(), self.trainer.global_step
        self.log("step", float(self.selection_step), rank_zero_only=True)
        for head in self.model.config.heads:
            output, target = self.selection[head.name], self.selection[f"target/{head.name}"]
            if head.kind == "single" and (labelled := target >= 0).any():
                correct = output.argmax(1)[labelled] == target[labelled]
                self.log_selection(f"select/{head.name}_top1", correct.mean())
            elif head.kind == "multi" and (labelled := ~np.isnan(target[:, 0])).any():
                correct = (output > 0)[labelled] == (target > 0.5)[labelled]
                self.log_selection(f"select/{head.name}_accuracy", correct.mean())
            elif head.kind == "regression" and (labelled := ~np.isnan(target)).any():
                value = output[:, 0] * (head.high - head.low) + head.low
                self.log_selection(f"select/{head.name}_mae", np.abs(value - target)[labelled].mean())

    @override
    def sharded_parts(self) -> list[nn.Module]:
        """Blocks of the backbone, then what is left of it, projection and heads."""
        model = self.model
        rows = [part for part in model.backbone.children() if isinstance(part, nn.Sequential | nn.ModuleList)]
        blocks = [block for row in rows for block in row if any(True for _ in block.parameters())]
        projection = [model.projection] if model.config.embedding_dim else []
        return [*blocks, model.backbone, *projection, *model.heads.values()]

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW with layer-wise decay."""
        return build_optimizer(self.model, self.config.optim)

    def _normalized(self, batch: RecognitionBatch) -> torch.Tensor:
        x_BCHW = normalize_u8(batch.image_u8, self.config.preprocessing)
        return x_BCHW if self.config.channels_last else x_BCHW.contiguous()

    def _gathered(self) -> dict[str, np.ndarray]:
        """Outputs of all ranks in the order of the part, each photo once (ranks are padded to equal length)."""
        parts = [part for rank in gathered(self._outputs) for part in rank]
        merged = {key: torch.cat([part[key] for part in parts]).numpy() for key in parts[0]}
        _, first = np.unique(merged.pop(PLACE), return_index=True)
        return {key: value[first] for key, value in merged.items()}
