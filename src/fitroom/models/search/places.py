"""What each place of a garment is like: masked means and spreads of a backbone's maps over the cells of a coarse grid.

Shapes: B batch, C channels, P places: those cells of the deepest map that hold most of the garment, in any order.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional as F

NUM_POSITION = 10
"""Numbers that say where in the garment's box a place is."""
_EPS = 1e-4


class Places(NamedTuple):
    """A batch of garments, place by place.

    Attributes:
        features_BPC: of the maps.
        where_BPX: (B, P, :data:`NUM_POSITION`) where each lies.
        share_BP: of each cell that is garment, in [0, 1].
    """

    features_BPC: torch.Tensor
    where_BPX: torch.Tensor
    share_BP: torch.Tensor


def num_channels(of_maps: list[int]) -> int:
    """C, for maps of so many channels each, the deepest last."""
    return 2 * sum(of_maps[:-1]) + of_maps[-1] + 1


def places_of(maps_BCHW: list[torch.Tensor], mask_BHW: torch.Tensor, most: int) -> Places:
    """Of maps of one garment in several depths, the deepest, whose cells are the places, last.

    Args:
        maps_BCHW: each a whole number of times as large as the last.
        mask_BHW: in [0, 1], of any size.
        most: P, or all cells where there are fewer.
    """
    height, width = maps_BCHW[-1].shape[2:]
    share_B1HW = _resized(mask_BHW[:, None].float(), height, width)
    found = [share_B1HW, maps_BCHW[-1]]
    for y_BCHW in maps_BCHW[:-1]:
        mask_B1HW = _resized(mask_BHW[:, None].float(), *y_BCHW.shape[2:])
        weight_B1HW = _resized(mask_B1HW, height, width) + _EPS
        mean_BCHW = _resized(y_BCHW * mask_B1HW, height, width) / weight_B1HW
        square_BCHW = _resized(y_BCHW.square() * mask_B1HW, height, width) / weight_B1HW
        found += [mean_BCHW, (square_BCHW - mean_BCHW.square()).clamp_min(0).add(_EPS).sqrt()]
    features_BPC = torch.cat(found, 1).flatten(2).transpose(1, 2)
    every = Places(features_BPC, _positions(mask_BHW, height, width), share_B1HW.flatten(1))
    return fullest(every, most)


def fullest(places: Places, most: int) -> Places:
    """The ``most`` places that hold most of the garment."""
    if places.share_BP.shape[1] <= most:
        return places
    share_BP, kept_BP = places.share_BP.topk(most, 1)
    kept_BP1 = kept_BP[..., None]
    features_BPC, where_BPX = (part.take_along_dim(kept_BP1, 1) for part in places[:2])
    return Places(features_BPC, where_BPX, share_BP)


def _resized(y_BCHW: torch.Tensor, height: int, width: int) -> torch.Tensor:
    return F.interpolate(y_BCHW, size=(height, width), mode="area")


def _positions(mask_BHW: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(B, P, X): from top to bottom and from the middle outwards, with waves of both, in the garment's own box."""
    seen_BHW = mask_BHW > 0.5
    y_BH = _within(seen_BHW.any(2), height)
    x_BW = _within(seen_BHW.any(1), width)
    y_BHW, x_BHW = (
        y_BH[:, :, None].expand(-1, height, width),
        (2 * x_BW - 1)[:, None].expand(-1, height, width),
    )
    waves = [turn(n * torch.pi * z) for z in (y_BHW, x_BHW) for n in (1, 2) for turn in (torch.sin, torch.cos)]
    return torch.stack([y_BHW, x_BHW, *waves], -1).flatten(1, 2)


def _within(seen_BN: torch.Tensor, count: int) -> torch.Tensor:
    """(B, count) where the middles of so many equal cells lie between the first (0) and the last (1) that is seen."""
    full = seen_BN.shape[1]
    first_B = seen_BN.float().argmax(1)
    last_B = full - seen_BN.flip(1).float().argmax(1)
    middle_N = (torch.arange(count, device=seen_BN.device) + 0.5) * (full / count)
    found_BN = (middle_N[None] - first_B[:, None]) / (last_B - first_B).clamp_min(1)[:, None]
    return found_BN.clamp(-0.5, 1.5)
