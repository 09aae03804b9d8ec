"""The search network as a LightningModule: both its stages, and how well the select part is found by each."""

from __future__ import annotations

import torch
from torch.nn import functional as F
from typing_extensions import override

from fitroom.data.search.loaders import Looks, PairBatch
from fitroom.models.search.network import Coded, GarmentEmbedder
from fitroom.models.search.places import Places
from fitroom.training.across import rows_of_all
from fitroom.training.module import RunModule
from fitroom.training.optim import adamw, decay_groups
from fitroom.training.search.config import SearchRunConfig
from fitroom.training.search.losses import candidates, info_nce

LOOKED_AT = 20
"""Candidates of the first stage that the second one sorts, where the select part is looked at."""


class SearchModule(RunModule):
    """Training and selection steps of a :class:`~fitroom.models.search.network.GarmentEmbedder`.

    Attributes:
        found: of the last look at the select part: share of worn garments whose product came first among the part's, by
            the first stage alone, and by both.
    """

    model: GarmentEmbedder
    config: SearchRunConfig

    def __init__(self, model: GarmentEmbedder, config: SearchRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        for part in (model.stem, model.blocks):
            part.requires_grad_(False)
        self.found: dict[str, float] = {}
        self._seen: list[tuple[Coded, Coded, torch.Tensor]] = []

    @override
    def training_step(self, batch: PairBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch. Both kinds of picture are standardised together."""
        self.seed_dropout(batch_idx)
        worn, product = _halves(
            self._coded(Looks(*(torch.cat(p) for p in zip(batch.worn, batch.product, strict=True))))
        )
        worn, product = (Coded(*map(rows_of_all, part)) for part in (worn, product))  # who is told from whom: the batch
        which_B = rows_of_all(batch.which)
        losses = {
            "nce": info_nce(worn.embedding_BD, product.embedding_BD, which_B, self.config.loss.temperature)
        }  # fmt: skip
        if self.config.model.code_dim:
            similarity_BB = (worn.embedding_BD @ product.embedding_BD.T).detach()
            chosen_BK, is_one_BK = candidates(similarity_BB, which_B, self.config.loss.rivals)
            logit_BK = matched(self.model, worn, product, chosen_BK, similarity_BB.gather(1, chosen_BK))
            logit_BK = logit_BK.masked_fill(~is_one_BK, float("-inf"))
            losses["match"] = F.cross_entropy(logit_BK, torch.zeros_like(which_B))
        return self.note_losses(losses)

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._seen = []

    @override
    def validation_step(self, batch: PairBatch, batch_idx: int) -> None:
        """The averaged weights are in place while validation runs."""
        self._seen.append((self._coded(batch.worn), self._coded(batch.product), batch.which))

    @override
    def on_validation_epoch_end(self) -> None:
        """Logs the share of worn garments whose product came first."""
        worns, products, whichs = zip(*self._seen, strict=True)
        which_N = torch.cat(whichs)
        worn, all_products = (Coded(*(torch.cat(p) for p in zip(*parts, strict=True))) for parts in (worns, products))
        first_M = torch.tensor([which_N.tolist().index(one) for one in which_N.unique().tolist()])
        product, which_M = Coded(*(part[first_M] for part in all_products)), which_N[first_M]
        similarity_NM = worn.embedding_BD @ product.embedding_BD.T
        best_NK = similarity_NM.topk(min(LOOKED_AT, len(which_M)), 1).indices
        self.found = {"first stage": float((which_M[best_NK[:, 0]] == which_N).float().mean())}
        if self.config.model.code_dim:
            logit_NK = matched(self.model, worn, product, best_NK, similarity_NM.gather(1, best_NK))
            chosen_N = best_NK.gather(1, logit_NK.argmax(1, keepdim=True))[:, 0]
            self.found["both stages"] = float((which_M[chosen_N] == which_N).float().mean())
        self.selection_step = self.trainer.global_step
        self.log("step", float(self.selection_step), rank_zero_only=True)
        for name, value in self.found.items():
            self.log_selection(f"select/first_{name.replace(' ', '_')}", value)

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW over all but the backbone."""
        return adamw(decay_groups(self.model.parameters(), self.config.optim), self.config.optim)

    def _coded(self, looks: Looks) -> Coded:
        bands_BF, features_BPC, where_BPX, share_BP = looks
        embedding_BD = self.model.embedded(bands_BF)
        if not self.config.model.code_dim:
            return Coded(embedding_BD, embedding_BD.new_zeros(len(bands_BF), 0, 0), share_BP)
        return Coded(embedding_BD, self.model.coder(Places(features_BPC.float(), where_BPX, share_BP)), share_BP)


def matched(
    model: GarmentEmbedder, worn: Coded, product: Coded, chosen_QK: torch.Tensor, similarity_QK: torch.Tensor
) -> torch.Tensor:
    """(Q, K) logits of the second stage, of the products that are chosen for each worn garment."""
    chosen = product.code_BPD[chosen_QK], product.share_BP[chosen_QK]
    logit_QK: torch.Tensor = model.matcher(worn.code_BPD, worn.share_BP, *chosen, similarity_QK)
    return logit_QK


def _halves(both: Coded) -> tuple[Coded, Coded]:
    first, second = zip(*(part.chunk(2) for part in both), strict=True)
    return Coded(*first), Coded(*second)
