"""The recogniser's loss: each head where it is labelled, averaged over the labelled photos of *all* processes."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch.nn import functional as F

from fitroom.contracts import Head


def head_loss(
    head: Head, output_BC: torch.Tensor, target: torch.Tensor, label_smoothing: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss of one head photo by photo.

    Args:
        head: kind and range.
        output_BC: raw outputs.
        target: as in ``data.recognition``.
        label_smoothing: of single-label heads.

    Returns:
        loss (B,) float32, 0 where not labelled: cross-entropy (single), mean binary cross-entropy (multi) or smooth L1
        on the range scaled to [0, 1] (regression); labelled (B,) bool.
    """
    output_BC = output_BC.float()
    if head.kind == "single":
        loss = F.cross_entropy(output_BC, target, ignore_index=-1, label_smoothing=label_smoothing, reduction="none")
        return loss, target >= 0
    labelled = ~torch.isnan(target if head.kind == "regression" else target[:, 0])
    filled = torch.nan_to_num(target)
    if head.kind == "multi":
        loss = F.binary_cross_entropy_with_logits(output_BC, filled, reduction="none").mean(1)
    else:
        target_B = (filled - head.low) / (head.high - head.low)
        loss = F.smooth_l1_loss(output_BC[:, 0], target_B, reduction="none", beta=0.1)
    return loss * labelled, labelled


def recognition_loss(
    heads: list[Head],
    outputs: dict[str, torch.Tensor],
    targets: dict[str, torch.Tensor],
    label_smoothing: float = 0.0,
    partner_B: torch.Tensor | None = None,
    own_B: torch.Tensor | None = None,
) -> dict[str, torch.Tensor]:
    """Weighted loss of each head; their sum is what is minimised.

    With ``partner_B`` and ``own_B`` (see ``mixing``) a photo's loss is ``own`` of its own targets and ``1 - own`` of
    its partner's. A head's loss is the sum over labelled photos, divided by their number over all processes, so that
    the mean of gradients over processes is the gradient of the global mean.

    Returns:
        head name to scalar.
    """
    losses = {}
    for head in heads:
        loss_B, labelled_B = head_loss(head, outputs[head.name], targets[head.name], label_smoothing)
        weight_B = labelled_B.float()
        if partner_B is not None and own_B is not None:
            other_B, other_labelled_B = head_loss(
                head, outputs[head.name], targets[head.name][partner_B], label_smoothing
            )
            loss_B = own_B * loss_B + (1 - own_B) * other_B
            weight_B = own_B * weight_B + (1 - own_B) * other_labelled_B.float()
        losses[head.name] = head.weight * loss_B.sum() / _mean_over_processes(weight_B.sum()).clamp(min=1e-6)
    return losses


def _mean_over_processes(count: torch.Tensor) -> torch.Tensor:
    if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
        count = count.detach().clone()
        dist.all_reduce(count)
        return count / dist.get_world_size()
    return count
