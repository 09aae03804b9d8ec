"""From photos and sizes to the worn picture, in any number of denoising steps, at any size of the person photo.

The network works in one frame (full, half and quarter of it); texture, light and weights are brought to the photo's own
size at the end, so that its pixels and the garment photo's are used as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from fitroom.data.tryon.conditions import drop_sizes
from fitroom.data.tryon.terms import DIFFUSED, LAYOUT
from fitroom.models.tryon.blend import lit_cloth, mixed, split_diffused
from fitroom.models.tryon.blocks import enlarge, look_up
from fitroom.models.tryon.denoiser import Context
from fitroom.models.tryon.garment import GarmentFeatures
from fitroom.models.tryon.layers import composed, layer_logits
from fitroom.models.tryon.layout import Layout
from fitroom.models.tryon.network import TryOnNetwork

# A weight this near to 0 or 1 is meant to be it; below a third, else three even weights have nothing left to share.
_SNAP = 0.33
_CARRIED = [LAYOUT.index(name) for name in ("background", "legs", "lower")]  # where paint may go a little further


@dataclass
class KnownGarment:
    """All that an answer needs of a garment.

    Attributes:
        features: of the reference branch.
        texture: (B, 3, h, w) signed, the garment's colours bled beyond its edge, as large as they are to be used.
        small: (B, 3, H/4, W/4) signed, the same at quarter size.
    """

    features: GarmentFeatures
    texture: torch.Tensor
    small: torch.Tensor


@dataclass
class Surroundings:
    """What the network was not shown of a photo, when it saw the person before a plain wall.

    Attributes:
        photo: (B, 3, h, w) signed, as it is: the person's own pixels are taken from here.
        behind: (B, 3, h, w) signed, with the person filled in: where paint would draw the wall, it is this.
    """

    photo: torch.Tensor
    behind: torch.Tensor


@dataclass
class Answer:
    """What came out.

    Attributes:
        worn: (B, 3, h, w) signed, the person photo's size.
        layout: in the network's frame.
        weights: (B, 3, h, w): share of texture, paint and the person's own pixel.
        paint: (B, 3, h, w) signed.
    """

    worn: torch.Tensor
    layout: Layout
    weights: torch.Tensor
    paint: torch.Tensor


def answer(
    network: TryOnNetwork,
    person: torch.Tensor,
    garment: KnownGarment,
    conditions: torch.Tensor,
    *,
    frame: tuple[int, int],
    mask: torch.Tensor | None = None,
    steps: int = 1,
    guidance: float = 1.0,
    noise: torch.Tensor | None = None,
    snap: bool = True,
    surroundings: Surroundings | None = None,
) -> Answer:
    """The worn picture.

    Args:
        network: in eval mode.
        person: (B, 3, h, w) signed; the frame's aspect.
        garment: of each.
        conditions: (B, NUM_CONDITIONS).
        frame: height and width of the network's full size, multiples of 64.
        mask: (B, 1, h, w) repaint mask, or None.
        steps: of the denoiser.
        guidance: 1 = as learned; more pulls light and paint away from what they would be at an unknown size.
        noise: (B, 6, H/4, W/4) standard normal; drawn from torch's generator where None.
        snap: weights nearer to 0 or 1 than a third become it: edges are sharper than the network is sure of them.
        surroundings: of a person who stands before a plain wall in ``person``, and elsewhere in the photo.
    """
    full = person if tuple(person.shape[-2:]) == frame else _resized(person, frame)
    own = None if mask is None else mask.to(person)
    grey, half, mask_half = _greyed(full, own)
    cond = network.conditions(conditions, garment.features)
    layout, context = network.lay_out(half, mask_half, garment.features, garment.small, cond, conditions)
    if noise is None:
        noise = torch.randn(len(person), DIFFUSED, frame[0] // 4, frame[1] // 4, device=person.device)
    blind = network.conditions(drop_sizes(conditions), garment.features) if guidance != 1 else None
    clean = _denoised(network, noise, context, cond, blind, steps, guidance)
    cloth, paint = _pictures(garment, layout, clean, frame)
    logits = network.blend(grey, cloth, paint, layout.source_logits, layout.at_2).float()  # CPUs cannot shrink bfloat16
    size = (person.shape[-2], person.shape[-1])
    behind = None if surroundings is None else surroundings.behind
    if size != frame:
        logits = _resized(logits, size)
        cloth, paint = _pictures(garment, layout, clean, size, behind)
    elif behind is not None:
        paint = _paint(layout, clean, size, behind)
    weights = logits.softmax(1)
    if snap:
        weights = ((weights - _SNAP) / (1 - 2 * _SNAP)).clamp(0, 1)
        weights = weights / weights.sum(1, keepdim=True)
    weights = _painted_beyond(weights, layout)
    if surroundings is not None:
        person = surroundings.photo
    worn = mixed(weights, cloth, paint, person).clamp(-1, 1)
    if own is not None:
        worn = own * worn + (1 - own) * person
    return Answer(worn, layout, weights, paint)


def _greyed(full: torch.Tensor, own: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The person in the frame, grey inside the repaint mask; its half, and the mask's half."""
    if own is None:
        half = F.avg_pool2d(full, 2)
        return full, half, torch.zeros_like(half[:, :1])
    frame = (full.shape[-2], full.shape[-1])
    own_full = own if tuple(own.shape[-2:]) == frame else F.interpolate(own, size=frame)
    grey = full * (1 - own_full)
    return grey, F.avg_pool2d(grey, 2), F.avg_pool2d(own_full, 2)


def _pictures(
    garment: KnownGarment,
    layout: Layout,
    clean: torch.Tensor,
    size: tuple[int, int],
    behind: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cloth under light, and paint, both (B, 3, h, w) signed; ``behind``: see :func:`_paint`."""
    light, _ = split_diffused(clean.float())  # before it is enlarged: light is divided, and few pixels are cheap
    cloth = lit_cloth(look_up(garment.texture, enlarge(layout.flow, size)), enlarge(light, size))
    return cloth, _paint(layout, clean, size, behind)


def _painted_beyond(weights: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Weights (B, 3, h, w) whose paint goes a pixel of the layout, four of the frame, further into the person's own.

    Where an old garment was taken away its outline stays else, as a thin line: the edge of what is painted is known no
    better. Only within what the layout shows as one: wall, legs or lower clothes.
    """
    texture, paint, own = weights.split(1, dim=1)
    shown = layout.parse_logits.float().softmax(1)[:, _CARRIED]
    painted = F.adaptive_avg_pool2d(paint, (shown.shape[-2], shown.shape[-1])) * shown
    near = (F.max_pool2d(painted, 3, stride=1, padding=1) * shown).sum(1, keepdim=True)
    more = torch.minimum(own, (enlarge(near, (weights.shape[-2], weights.shape[-1])) - paint).clamp_min(0))
    return torch.cat([texture, paint + more, own - more], 1)


def _paint(
    layout: Layout, clean: torch.Tensor, size: tuple[int, int], behind: torch.Tensor | None = None
) -> torch.Tensor:
    """(B, 3, *size); ``behind`` where it is known what lies behind the person."""
    if clean.shape[1] > DIFFUSED:
        return composed(clean[:, DIFFUSED:], layer_logits(layout.parse_logits), size, behind)
    paint = enlarge(split_diffused(clean.float())[1], size)
    if behind is None:
        return paint
    return torch.lerp(paint, behind, enlarge(layout.parse_logits.float().softmax(1)[:, :1], size))


def _denoised(
    network: TryOnNetwork,
    noise: torch.Tensor,
    context: Context,
    cond: torch.Tensor,
    blind: torch.Tensor | None,
    steps: int,
    guidance: float,
) -> torch.Tensor:
    """Noise to the clean picture along the straight path that flow matching teaches (Lipman et al. 2023).

    Layers, where there are any, are the last step's.
    """
    scheduler = _scheduler()
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps).tolist())
    noisy = noise
    for time, sigma in zip(scheduler.timesteps, scheduler.sigmas[:-1].tolist(), strict=True):
        level = torch.full((len(noisy),), sigma, device=noisy.device)
        answered = network.denoiser(noisy, level, context, cond).float()
        if blind is not None:
            without = network.denoiser(noisy, level, context, blind).float()
            answered = without + guidance * (answered - without)
        clean, layers = answered.split([DIFFUSED, answered.shape[1] - DIFFUSED], dim=1)
        noisy = scheduler.step((noisy - clean) / sigma, time, noisy).prev_sample
    return torch.cat([noisy, layers], 1)


def _scheduler() -> Any:
    from diffusers.schedulers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler()


def _resized(x_BCHW: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    # Antialiasing changes nothing where a picture grows, but takes more than twice the time.
    shrinks = size[0] < x_BCHW.shape[-2] or size[1] < x_BCHW.shape[-1]
    return F.interpolate(x_BCHW, size=size, mode="bilinear", align_corners=False, antialias=shrinks)
