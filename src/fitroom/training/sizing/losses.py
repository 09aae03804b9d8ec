"""The body model's loss: the log density of all that was measured, and of the rest given what is told."""

from __future__ import annotations

import torch

from fitroom.data.sizing.loaders import PeopleBatch
from fitroom.models.sizing.body_model import BodyModel
from fitroom.training.sizing.config import SizingLossConfig


def sizing_loss(model: BodyModel, batch: PeopleBatch, config: SizingLossConfig) -> dict[str, torch.Tensor]:
    """Parts of the loss by name, nats a person; their sum is what is minimised.

    The second is the negative conditional log-likelihood ``-log p(rest | told) = log p(told) - log p(all)``, exact for
    this model: a composite likelihood (Lindsay 1988) over the subsets that shoppers tell.
    """
    exact = torch.zeros_like(batch.z_BD)
    all_B = model(batch.z_BD, batch.known_BD, exact, batch.sex_BS)
    losses = {"joint": -all_B.mean()}
    if config.conditional:
        told_B = model(batch.z_BD, batch.told_BD, exact, batch.sex_BS)
        losses["conditional"] = -config.conditional * (all_B - told_B).mean()
    return losses
