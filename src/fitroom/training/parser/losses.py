"""The parser's loss: cross-entropy that counts more near boundaries, and soft Dice over the labels of the batch.

Both are over the pixels of all processes.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from fitroom.contracts import UNKNOWN_PART
from fitroom.training.across import summed
from fitroom.training.parser.config import ParserLossConfig


def parser_loss(
    folded_B4Lhw: torch.Tensor, target_BHW: torch.Tensor, config: ParserLossConfig
) -> dict[str, torch.Tensor]:
    """Parts of the loss by name; their sum is what is minimised.

    Args:
        folded_B4Lhw: raw outputs, as :meth:`fitroom.models.parser.Parser.folded` gives them.
        target_BHW: true label of each pixel; :data:`~fitroom.contracts.UNKNOWN_PART` counts nothing.
        config: weights.
    """
    # Pixels in the order in which the outputs lie in memory where it is channels_last: nothing is copied.
    log_p_NL = F.log_softmax(folded_B4Lhw.permute(0, 3, 4, 1, 2).flatten(0, 3).float(), 1)
    target_N = _folded(target_BHW)
    weight_N = 1 + config.boundary * _folded(near_boundary(target_BHW, config.boundary_px)).float()
    known_N = target_N != UNKNOWN_PART
    if not known_N.all():
        log_p_NL, target_N, weight_N = log_p_NL[known_N], target_N[known_N], weight_N[known_N]
    loss_N = F.nll_loss(log_p_NL, target_N, reduction="none")
    off, weight = summed(torch.stack([(loss_N * weight_N).sum(), weight_N.sum()]))
    losses = {"cross_entropy": off / weight}
    if config.dice:
        losses["dice"] = config.dice * _dice(log_p_NL.exp(), target_N)
    return losses


def near_boundary(target_BHW: torch.Tensor, distance_px: int) -> torch.Tensor:
    """(B, H, W) bool: unlike labels lie within a square of ``distance_px`` on each side; unknown ones are like all."""
    if not distance_px:
        return torch.zeros(target_BHW.shape, dtype=torch.bool, device=target_BHW.device)
    labels, side = target_BHW[:, None].float(), 2 * distance_px + 1
    unknown = labels == UNKNOWN_PART
    highest = F.max_pool2d(labels.masked_fill(unknown, -1), side, 1, distance_px)
    lowest = -F.max_pool2d(-labels, side, 1, distance_px)  # an unknown label is the highest of all
    return (highest > lowest)[:, 0]


def _folded(map_BHW: torch.Tensor) -> torch.Tensor:
    """(B, H, W) to (N,) int64: 2 x 2 px by 2 x 2 px, each row by row."""
    num, height, width = map_BHW.shape
    tiles = map_BHW.view(num, height // 2, 2, width // 2, 2).permute(0, 1, 3, 2, 4)
    return tiles.reshape(-1).long()


def _dice(p_NL: torch.Tensor, target_N: torch.Tensor) -> torch.Tensor:
    """1 - soft Dice (Milletari et al. 2016) of each label that the batch holds, mean over them."""
    num_labels = p_NL.shape[1]
    count_L = torch.bincount(target_N, minlength=num_labels).float()
    own_N = p_NL.gather(1, target_N[:, None])[:, 0]
    hit_L = torch.zeros(num_labels, device=p_NL.device).index_add(0, target_N, own_N)
    hit_L, said_L, count_L = summed(torch.stack([hit_L, p_NL.sum(0), count_L]))
    dice_L = (2 * hit_L + 1) / (said_L + count_L + 1)
    return 1 - dice_L[count_L > 0].mean()
