"""The embedding network as a LightningModule: its linear map, and how well the select part is found."""

from __future__ import annotations

import torch
from typing_extensions import override

from fitroom.data.search.loaders import PairBatch
from fitroom.models.search.network import GarmentEmbedder
from fitroom.training.module import RunModule
from fitroom.training.optim import adamw, decay_groups
from fitroom.training.search.config import SearchRunConfig
from fitroom.training.search.losses import info_nce


class SearchModule(RunModule):
    """Training and selection steps of a :class:`~fitroom.models.search.network.GarmentEmbedder`.

    Attributes:
        found: of the last look at the select part: share of worn garments whose product came first among the part's.
    """

    model: GarmentEmbedder
    config: SearchRunConfig

    def __init__(self, model: GarmentEmbedder, config: SearchRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        for part in (model.stem, model.blocks):
            part.requires_grad_(False)
        self.found: float | None = None
        self._seen: list[PairBatch] = []

    @override
    def training_step(self, batch: PairBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch. Both kinds of picture are standardised together."""
        both_BD = self.model.embedded(torch.cat([batch.worn, batch.product]))
        worn_BD, product_BD = both_BD.chunk(2)
        return self.note_losses({"nce": info_nce(worn_BD, product_BD, batch.which, self.config.loss.temperature)})

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._seen = []

    @override
    def validation_step(self, batch: PairBatch, batch_idx: int) -> None:
        """The averaged weights are in place while validation runs."""
        worn_BD, product_BD = self.model.embedded(batch.worn), self.model.embedded(batch.product)
        self._seen.append(PairBatch(worn_BD, product_BD, batch.which))

    @override
    def on_validation_epoch_end(self) -> None:
        """Logs the share of worn garments whose product came first."""
        worn_ND, product_ND, which_N = (torch.cat(part) for part in zip(*self._seen, strict=True))
        nearest_N = (worn_ND @ product_ND.T).argmax(1)
        self.found = float((which_N[nearest_N] == which_N).float().mean())
        self.selection_step = self.trainer.global_step
        self.log("step", float(self.selection_step), rank_zero_only=True)
        self.log_selection("select/first", self.found)

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW over the linear map."""
        return adamw(decay_groups(self.model.parameters(), self.config.optim), self.config.optim)
