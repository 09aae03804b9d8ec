"""What a try-on model among latents minimises: the squared error of its answer, by level and by half of the picture."""

from __future__ import annotations

import torch

from fitroom.models.tryon_latent.shared import LatentNetwork, Noised


def denoise_loss(model: LatentNetwork, answer: torch.Tensor, noised: Noised, garment: float) -> torch.Tensor:
    """(B,) mean squared error of each sample, weighed by its level.

    Args:
        model: says which part of the picture is the person's.
        answer, noised: like the clean picture.
        garment: weight of the rest beside the person's part, where there is a rest.
    """
    squared = (answer.float() - noised.target.float()).square()
    person = model.worn(squared)
    share = person[0].numel() / squared[0].numel()
    of_person, of_all = person.flatten(1).mean(1), squared.flatten(1).mean(1)
    if share == 1:
        return noised.weight_B * of_person
    of_rest = (of_all - share * of_person) / (1 - share)
    return noised.weight_B * (of_person + garment * of_rest) / (1 + garment)
