"""The outfit network's losses: outfit against mixed pieces, and the piece that was taken among others."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from fitroom.data.outfits.outfit_loaders import OutfitBatch
from fitroom.models.outfits.network import OutfitNetwork
from fitroom.training.outfits.config import OutfitLossConfig


def outfit_loss(model: OutfitNetwork, batch: OutfitBatch, config: OutfitLossConfig) -> dict[str, torch.Tensor]:
    """Parts of the loss by name, nats; their sum is what is minimised."""
    losses = {}
    if config.together:
        whole_B, mixed_B = together(model, batch)
        both = F.softplus(-whole_B).mean() + F.softplus(mixed_B).mean()  # binary cross-entropy, of logits
        losses["together"] = config.together * both / 2
    if config.completion:
        score_BK = completion(model, batch)
        first_B = torch.zeros(len(score_BK), dtype=torch.long, device=score_BK.device)
        losses["completion"] = config.completion * F.cross_entropy(score_BK, first_B)
    return losses


def together(model: OutfitNetwork, batch: OutfitBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """(B,) logits of the outfits, and of the mixed ones."""
    whole_B, mixed_B = (model(one, batch.present_BN, batch.context_BC) for one in (batch.pieces, batch.mixed))
    return whole_B, mixed_B


def completion(model: OutfitNetwork, batch: OutfitBatch) -> torch.Tensor:
    """(B, K) scores of the candidates, the first of which was taken; all are of its category."""
    rest_BND, candidate_BKD = model.tokens(batch.rest), model.tokens(batch.candidates)
    category_B = batch.candidates.words[:, 0, 0, 0]
    return model.completion(rest_BND, batch.rest_present_BN, batch.context_BC, candidate_BKD, category_B)
