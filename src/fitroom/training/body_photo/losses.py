"""The loss of the reading networks: the squared error of each reading, by members that may learn from the person."""

from __future__ import annotations

import torch

from fitroom.training.across import summed


def reading_loss(
    read_BMK: torch.Tensor, z_BK: torch.Tensor, fold_B: torch.Tensor, weight_B: torch.Tensor
) -> torch.Tensor:
    """Mean squared error in squares of standard deviations.

    Args:
        read_BMK: readings of each member.
        z_BK: the truth.
        fold_B: the member that must not learn from a photo, for its errors there are to tell how far to believe it.
        weight_B: of each photo.
    """
    error_BM = (read_BMK - z_BK[:, None]).square().mean(-1)
    members_M = torch.arange(read_BMK.shape[1], device=fold_B.device)
    weight_BM = (members_M != fold_B[:, None]) * weight_B[:, None]
    total, weight = summed(torch.stack([(error_BM * weight_BM).sum(), weight_BM.sum()]))
    return total / weight.clamp_min(1e-6)
