"""What the try-on model minimises; truth comes from the simulation, so every part of the answer is judged by itself."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from fitroom.data.tryon.terms import DIFFUSED, LAYERS, LAYOUT, PERSON, TARGET
from fitroom.data.tryon.views import IGNORED, TryOnBatch
from fitroom.models.tryon.garment import GarmentFeatures
from fitroom.models.tryon.hem import IN_PICTURE, HemGuess, hem_rows
from fitroom.models.tryon.layout import Layout
from fitroom.training.across import summed
from fitroom.training.tryon.config import TryOnLossConfig

_EARLIER = 0.75  # weight of a flow's loss beside that of the next finer one
_HIDDEN = 0.3  # weight of flow that the garment photo does not show
_UNCHANGED = 0.2  # weight of paint where the person's own pixel is used
_AT_EDGES = 0.1  # weight of a layer where it meets another one
_SOFT = 0.01
_JOINTS, _DEPTHS, _REACH = 20.0, 0.1, 0.2  # weights beside a hem's likelihood: a picture's height, cm, cm
_OUTSIDE = 1 / 3  # weight of a joint below the picture
_TUCKED_CM = 15.0  # a hem that is so much higher than it would hang is tucked in, where nothing says so


def layout_losses(
    layout: Layout, garment: GarmentFeatures, batch: TryOnBatch, config: TryOnLossConfig
) -> dict[str, torch.Tensor]:
    """Flow, layout, sources at quarter size, and what the garment photo shows."""
    shown = F.binary_cross_entropy_with_logits(layout.shown_logits.float(), batch.shown, weight=batch.cover)
    in_photo = F.binary_cross_entropy_with_logits(garment.mask_logits_B1HW.float(), batch.in_photo)
    return {
        "slope": config.slope * slope_loss(layout.flow, batch.flow, batch.cover),
        "flow": config.flow * flow_loss(layout.flows, batch.flow, batch.cover, batch.shown),
        "layout": config.layout * F.cross_entropy(layout.parse_logits.float(), batch.layout),
        "source": config.source * source_loss(layout.source_logits, batch.source),
        "shown": config.shown * (shown + in_photo),
    }


def flow_loss(
    flows: list[torch.Tensor], flow_B2HW: torch.Tensor, cover_B1HW: torch.Tensor, shown_B1HW: torch.Tensor
) -> torch.Tensor:
    """Mean distance from the exact flow over the garment's pixels, at all strides; coarser ones count less.

    The mean is over the pixels of all processes: one whose cases show little cloth counts little.

    Args:
        flows: predicted, coarse to fine.
        flow_B2HW, cover_B1HW, shown_B1HW: see :class:`~fitroom.data.tryon.views.TryOnBatch`.
    """
    off, cloth = [], []
    for flow in flows:
        size = (flow.shape[-2], flow.shape[-1])
        cover = F.adaptive_avg_pool2d(cover_B1HW, size)
        target = F.adaptive_avg_pool2d(flow_B2HW * cover_B1HW, size) / cover.clamp_min(1e-3)
        seen = F.adaptive_avg_pool2d(shown_B1HW * cover_B1HW, size) / cover.clamp_min(1e-3)
        weight = cover * (cover > 0.2) * (_HIDDEN + (1 - _HIDDEN) * seen)
        distance = ((flow.float() - target).square().sum(1, keepdim=True) + _SOFT**2).sqrt() - _SOFT
        off.append((weight * distance).sum())
        cloth.append(weight.sum())
    off_L, cloth_L = summed(torch.stack([torch.stack(off), torch.stack(cloth)]))
    weight_L = _EARLIER ** torch.arange(len(flows) - 1, -1, -1, device=off_L.device)
    return (off_L / cloth_L.clamp_min(1.0) * weight_L).sum() / weight_L.sum()


def slope_loss(flow: torch.Tensor, flow_B2HW: torch.Tensor, cover_B1HW: torch.Tensor) -> torch.Tensor:
    """Mean distance between the slopes of the flow and of the exact one, in px of the photo a px of the answer.

    A flow that is off by the same everywhere shows the texture as it is, only elsewhere; one that is off unevenly bends
    stripes and letters. Neighbours count where both are cloth.

    Args:
        flow: predicted, at quarter size.
        flow_B2HW, cover_B1HW: see :class:`~fitroom.data.tryon.views.TryOnBatch`.
    """
    height, width = flow.shape[-2:]
    off = (flow.float() - flow_B2HW) * flow.new_tensor([width / 2, height / 2])[:, None, None]
    cloth = (cover_B1HW > 0.5).float()
    sums = []
    for axis in (2, 3):
        length = off.shape[axis] - 1
        both = cloth.narrow(axis, 0, length) * cloth.narrow(axis, 1, length)
        bend = (off.narrow(axis, 1, length) - off.narrow(axis, 0, length)).square().sum(1, keepdim=True)
        sums.append(torch.stack([(both * ((bend + _SOFT**2).sqrt() - _SOFT)).sum(), both.sum()]))
    total, pairs = summed(torch.stack(sums).sum(0))
    return total / pairs.clamp_min(1.0)


def hem_loss(guess: HemGuess, batch: TryOnBatch) -> torch.Tensor:
    """How unlikely the true row of the hem is, and what says it: joints, their depths, the hem's, a skirt, a light top.

    The likelihood is that of two Laplace distributions, free and tucked in, or of the one that is known to be true. A
    hem beyond the picture's edge is only known to be no higher. What is not known of a sample does not count.

    Args:
        guess: of the head.
        batch: the truth.
    """
    row_B = true_hem(batch)
    there_B, row_B = row_B.isfinite(), row_B.nan_to_num(1.0)
    nll_BK = hem_off(guess.rows_BK, row_B[:, None]) / guess.off_BK + guess.off_BK.log()
    light_B, skirt_B = batch.tucks.unbind(1)
    tucked_B = torch.where(light_B == 0, 0.0, light_B * skirt_B)
    by_truth_B = nll_BK.gather(1, tucked_B.nan_to_num(0.0).long()[:, None])[:, 0]
    nll_B = torch.where(tucked_B.isnan(), -(guess.log_p_BK - nll_BK).logsumexp(1), by_truth_B)
    unlike_B2 = F.binary_cross_entropy_with_logits(guess.tucks_B2, batch.tucks.nan_to_num(0.0), reduction="none")
    known_B = batch.joints.isfinite().all(1) & batch.frame_cm.isfinite()
    joints_BJ, frame_B = batch.joints.nan_to_num(0.0), batch.frame_cm.nan_to_num(0.0)  # NaN has no gradient of 0
    depths_BJ = (joints_BJ - joints_BJ[:, :1]) * frame_B[:, None]
    reach_B = (row_B - joints_BJ[:, 0]) * frame_B
    low_B = reach_B > guess.reach_B.detach() - _TUCKED_CM
    hangs_B = there_B & (row_B < IN_PICTURE) & torch.where(tucked_B.isnan(), low_B, tucked_B == 0)
    seen_BJ = torch.where(joints_BJ < 1, 1.0, _OUTSIDE)
    parts = [
        (nll_B, there_B),
        (_JOINTS * (seen_BJ * (guess.joints_BJ - joints_BJ).abs()).mean(1), known_B),
        (_DEPTHS * (guess.depths_BJ - depths_BJ).abs().mean(1), known_B),
        (_REACH * (guess.reach_B - reach_B).abs(), known_B & hangs_B),
        *zip(unlike_B2.unbind(1), batch.tucks.isfinite().unbind(1), strict=True),
    ]
    sums = [torch.stack([torch.where(counts_B, off_B, 0).sum(), counts_B.sum().float()]) for off_B, counts_B in parts]
    total_P, count_P = summed(torch.stack(sums)).unbind(1)
    return (total_P / count_P.clamp_min(1.0)).sum()


def true_hem(batch: TryOnBatch) -> torch.Tensor:
    """(B,) where the answers' garments end, as shares of the height; NaN without one."""
    return hem_rows((batch.layout == TARGET).float())


def hem_off(guessed: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """How far rows are from the true ones, as shares of the height; 0 where both are below the picture."""
    return torch.where(true >= IN_PICTURE, (true - guessed).clamp_min(0), (guessed - true).abs())


def source_loss(logits_B3HW: torch.Tensor, source_BHW: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of where a pixel comes from; cloth that is not judged must only not be the person's own pixel."""
    log_p = F.log_softmax(logits_B3HW.float(), 1)
    judged = F.nll_loss(log_p, source_BHW.clamp_max(2), reduction="none")
    not_own = torch.logsumexp(log_p[:, :PERSON], 1).neg()
    return torch.where(source_BHW == IGNORED, not_own, judged).mean()


def denoise_loss(clean: torch.Tensor, batch: TryOnBatch) -> torch.Tensor:
    """(B,) loss of each sample: light where there is cloth, paint everywhere, less where the photo's pixel is used."""
    weight_light = batch.cover.expand(-1, 3, -1, -1)
    paint = torch.where(batch.source[:, None] == PERSON, _UNCHANGED, 1.0).expand(-1, 3, -1, -1)
    weight = torch.cat([weight_light, paint], 1)
    loss = F.smooth_l1_loss(clean[:, :DIFFUSED].float(), batch.clean, reduction="none", beta=0.1)
    return (weight * loss).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp_min(1.0)


def layers_loss(clean: torch.Tensor, batch: TryOnBatch) -> torch.Tensor:
    """Mean distance of the layers' colours, each where it alone is seen; less where the photo's pixel is used.

    Args:
        clean: (B, 6 + 3 len(LAYERS), H/4, W/4), as a denoiser with layers answers.
        batch: the truth.
    """
    of_class = [next(i for i, names in enumerate(LAYERS.values()) if name in names) for name in LAYOUT]
    layer_BHW = torch.tensor(of_class, device=batch.layout.device)[batch.layout]
    layers = clean[:, DIFFUSED:].float().unflatten(1, (len(LAYERS), 3))
    place = layer_BHW[:, None, None].expand(-1, 1, 3, -1, -1)
    loss = F.smooth_l1_loss(layers.gather(1, place)[:, 0], batch.clean[:, DIFFUSED // 2 :], reduction="none", beta=0.1)
    padded = F.pad(layer_BHW[:, None].float(), (1, 1, 1, 1), mode="replicate")
    alone = F.max_pool2d(padded, 3, 1) == -F.max_pool2d(-padded, 3, 1)  # at an edge a pixel is a mixture
    weight = torch.where(batch.source[:, None] == PERSON, _UNCHANGED, 1.0) * torch.where(alone, 1.0, _AT_EDGES)
    total, shown = summed(torch.stack([(weight * loss).sum(), 3 * weight.sum()]))
    return total / shown.clamp_min(1.0)


def picture_loss(picture: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Mean distance of colours and, half as much, of gradients; both (B, 3, H, W) signed."""
    off = picture.float() - truth
    across, down = off[..., 1:] - off[..., :-1], off[..., 1:, :] - off[..., :-1, :]
    return off.abs().mean() + 0.5 * (across.abs().mean() + down.abs().mean())
