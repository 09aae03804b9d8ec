"""Paint in layers: what lies behind the person, their head, their skin, their other clothes, and the garment itself.

A network that is not sure where a limb ends paints the mean of limb and wall there: a haze. So each layer has colours
everywhere, as if nothing else were there, and the layout says at the picture's own size which layer is seen:

    layer  = what the answer keeps of the person photo in that layer, carried on smoothly, + what the denoiser adds
             (nothing to what lies behind the person: on strangers it left the old garment's shape there as a shade)
    paint  = layers, by the layout's classes, whose edges are made sharper than the network is sure of them
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from fitroom.data.tryon.terms import LAYERS, LAYOUT, PERSON
from fitroom.models.tryon.blocks import enlarge
from fitroom.models.tryon.layout import Layout

NUM_LAYERS, NUM_KEPT = len(LAYERS), len(LAYERS) - 1  # the garment itself, the last, is not in the person photo
NUM_ADDED = len(LAYERS) - 1  # to the first, what lies behind, the denoiser adds nothing
_CRISP = 8.0  # factor of the logits where layers meet
_SURE = 0.8  # a pixel is kept where the layout is this sure of it
_KNOWN_PX = 20.0  # what has fewer kept pixels, at quarter size, is not quite known
# Layer and classes of what is carried on together: skin is one, but shoes have not the colour of the sweater.
_PIECES = [
    (layer, [LAYOUT.index(name) for name in together])
    for layer, (kind, names) in enumerate(list(LAYERS.items())[:NUM_KEPT])
    for together in ([(name,) for name in names] if kind == "clothes" else [names])
]


def layer_logits(parse_logits_BCHW: torch.Tensor) -> torch.Tensor:
    """(B, len(LAYOUT), h, w) to the logarithm of the probability of each layer, (B, NUM_LAYERS, h, w)."""
    log_p = F.log_softmax(parse_logits_BCHW.float(), 1)
    classes = [[LAYOUT.index(name) for name in names] for names in LAYERS.values()]
    return torch.cat([log_p[:, of].logsumexp(1, keepdim=True) for of in classes], 1)


def carried_on(layout: Layout, person_small_BCHW: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What the answer keeps of each layer, carried on over the whole picture; without a way back.

    Args:
        layout: of the answer.
        person_small_BCHW: (B, 3, H/4, W/4) signed.

    Returns:
        (B, NUM_KEPT, 3, H/4, W/4) signed, 0 where nothing is kept at all; (B, NUM_KEPT, H/4, W/4) in [0, 1]: how well
        each is known.
    """
    with torch.no_grad(), torch.autocast(person_small_BCHW.device.type, enabled=False):
        p = layout.parse_logits.float().softmax(1)
        share_BPHW = torch.stack([p[:, of].sum(1) for _, of in _PIECES], 1)
        kept = share_BPHW * layout.source_logits.float().softmax(1)[:, PERSON, None]
        weight = ((kept - _SURE) / (1 - _SURE)).clamp(0, 1).flatten(0, 1)[:, None]
        colours = person_small_BCHW.float()[:, None].expand(-1, len(_PIECES), -1, -1, -1).flatten(0, 1)
        filled = fill(colours, weight).unflatten(0, (-1, len(_PIECES)))
        known = (weight.sum((1, 2, 3)) / _KNOWN_PX).clamp_max(1).unflatten(0, (-1, len(_PIECES)))
        likely_BPHW = share_BPHW + 1e-6
        told_BPHW = likely_BPHW * known[:, :, None, None]
        pictures, shares = [], []
        for layer in range(NUM_KEPT):
            of = [place for place, (which, _) in enumerate(_PIECES) if which == layer]
            told, likely = told_BPHW[:, of].sum(1), likely_BPHW[:, of].sum(1)
            mean = (told_BPHW[:, of, None] * filled[:, of]).sum(1) / told.clamp_min(1e-9)[:, None]
            pictures.append(mean)
            shares.append(told / likely)
    return torch.stack(pictures, 1), torch.stack(shares, 1)


def fill(colours_BCHW: torch.Tensor, weight_B1HW: torch.Tensor) -> torch.Tensor:
    """Colours where they have weight 1, smoothly carried on to where they have none; 0 where no pixel has any.

    Means over ever larger squares, from which what is missing is taken (pull-push, Gortler et al. 1996).
    """
    sums, weights = [colours_BCHW * weight_B1HW], [weight_B1HW]
    while max(weights[-1].shape[-2:]) > 1:
        for pyramid in (sums, weights):
            pyramid.append(F.avg_pool2d(pyramid[-1], 2, ceil_mode=True, count_include_pad=False))
    filled = sums[-1] / weights[-1].clamp_min(1e-6)
    for total, weight in zip(sums[-2::-1], weights[-2::-1], strict=True):
        size = (total.shape[-2], total.shape[-1])
        filled = torch.lerp(enlarge(filled, size), total / weight.clamp_min(1e-6), weight)
    return filled


def based(paint_B3HW: torch.Tensor, filled: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """(B, NUM_LAYERS, 3, h, w): layers before the denoiser adds to the last NUM_ADDED; see :func:`carried_on`.

    Args:
        paint_B3HW: what the denoiser would paint without layers: for the garment itself, and where little is kept.
        filled, known: of :func:`carried_on`.
    """
    kept = torch.lerp(paint_B3HW[:, None], filled.to(paint_B3HW), known.to(paint_B3HW)[:, :, None])
    return torch.cat([kept, paint_B3HW[:, None]], 1)


def composed(
    layers_BCHW: torch.Tensor,
    logits_BLHW: torch.Tensor,
    size: tuple[int, int],
    behind_B3HW: torch.Tensor | None = None,
) -> torch.Tensor:
    """Layers as the layout shows them.

    Args:
        layers_BCHW: (B, 3 NUM_LAYERS, h, w) signed.
        logits_BLHW: (B, NUM_LAYERS, h, w) of :func:`layer_logits`.
        size: height and width of what comes out.
        behind_B3HW: (B, 3, *size), where it is known what lies behind the person.

    Returns:
        paint (B, 3, *size) signed.
    """
    seen_BLHW = enlarge(_CRISP * logits_BLHW, size).softmax(1)
    paint = torch.zeros(())
    for index, layer in enumerate(layers_BCHW.float().split(3, dim=1)):  # one at a time: half the time of all at once
        shown = behind_B3HW if index == 0 and behind_B3HW is not None else enlarge(layer, size)
        paint = paint + seen_BLHW[:, index, None] * shown
    return paint
