"""The search network: what a garment's cloth is like, band by band, as a vector of unit length, and place by place.

Shapes: B batch, H x W input, G bands, F features, D embedding, P places.

    x_BCHW, mask_BHW -> first blocks of an ImageNet backbone -> maps of several depths, and the colours themselves
        -> mean and spread of each channel over the garment's pixels, in each band -> features_BF
        -> standardised -> linear -> L2 norm -> embedding_BD

Place within a band does not count to the embedding: an arm may hang before the garment, and cloth hangs otherwise on
everybody. A second stage, where there is one, compares two garments place by place (``places``, ``matcher``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.models.recognizer import create_backbone
from fitroom.models.search.config import SearchConfig
from fitroom.models.search.matcher import GarmentMatcher, PlaceCoder
from fitroom.models.search.places import Places, num_channels, places_of

_EPS = 1e-4


class Coded(NamedTuple):
    """Garments as both stages know them.

    Attributes:
        embedding_BD: of unit length.
        code_BPD: of each place; (B, 0, 0) without a second stage.
        share_BP: of each place that is garment, in [0, 1].
    """

    embedding_BD: torch.Tensor
    code_BPD: torch.Tensor
    share_BP: torch.Tensor


class GarmentEmbedder(nn.Module):
    """See the file's first lines.

    Args:
        config: its parts.
        backbone: a ready backbone (timm, ``num_classes=0``); built without weights where None.
    """

    def __init__(self, config: SearchConfig, backbone: nn.Module | None = None) -> None:
        super().__init__()
        whole: Any = backbone if backbone is not None else create_backbone(config.backbone)
        self.config = config
        self.stem = nn.Sequential(whole.conv_stem, whole.bn1)
        self.blocks = nn.ModuleList(list(whole.blocks)[: config.taps[-1] + 1])
        channels = [3, *(int(whole.feature_info[tap]["num_chs"]) for tap in _infos(whole, config.taps))]
        self.num_features = 2 * sum(channels) * config.bands
        self.norm = nn.BatchNorm1d(self.num_features, affine=False)
        self.project = nn.Linear(self.num_features, config.dim, bias=False)
        if config.code_dim:
            self.coder = PlaceCoder(num_channels(channels), config.code_dim)
            self.matcher = GarmentMatcher(config.code_dim, config.compare_dim)

    def forward(self, x_BCHW: torch.Tensor, mask_BHW: torch.Tensor) -> torch.Tensor:
        """Normalised cut-outs (B, 3, H, W) and masks (B, H, W) in [0, 1] to (B, D) of unit length."""
        return self.embedded(self.features(x_BCHW, mask_BHW))

    def coded(self, x_BCHW: torch.Tensor, mask_BHW: torch.Tensor) -> Coded:
        """The same input, for both stages."""
        maps = self.maps(x_BCHW)
        embedding_BD = self.embedded(self.summed_up(maps, mask_BHW))
        if not self.config.code_dim:
            return Coded(
                embedding_BD, embedding_BD.new_zeros(len(x_BCHW), 0, 0), embedding_BD.new_zeros(len(x_BCHW), 0)
            )
        places = places_of(maps, mask_BHW, self.config.places)
        return Coded(embedding_BD, self.coder(places), places.share_BP)

    def embedded(self, features_BF: torch.Tensor) -> torch.Tensor:
        """What :meth:`features` gave, to (B, D) of unit length."""
        return F.normalize(self.project(self.norm(features_BF)).float(), dim=1)

    def features(self, x_BCHW: torch.Tensor, mask_BHW: torch.Tensor) -> torch.Tensor:
        """(B, F): mean and spread of every channel of every map, band by band."""
        return self.summed_up(self.maps(x_BCHW), mask_BHW)

    def looked_at(self, x_BCHW: torch.Tensor, mask_BHW: torch.Tensor) -> tuple[torch.Tensor, Places]:
        """:meth:`features`, and the places of the same maps."""
        maps = self.maps(x_BCHW)
        return self.summed_up(maps, mask_BHW), places_of(maps, mask_BHW, self.config.places)

    def maps(self, x_BCHW: torch.Tensor) -> list[torch.Tensor]:
        """The input itself, and what the backbone sees in each depth that is tapped."""
        found = [x_BCHW]
        y_BCHW = self.stem(x_BCHW)
        for number, block in enumerate(self.blocks):
            y_BCHW = block(y_BCHW)
            if number in self.config.taps:
                found.append(y_BCHW)
        return found

    def summed_up(self, maps_BCHW: list[torch.Tensor], mask_BHW: torch.Tensor) -> torch.Tensor:
        """(B, F) of maps."""
        return torch.cat([_summed_up(y_BCHW, mask_BHW, self.config.bands) for y_BCHW in maps_BCHW], 1)


def _infos(backbone: Any, taps: list[int]) -> list[int]:
    """Places in timm's feature_info of blocks; it lists the last block of each stride alone."""
    named = {info["module"]: place for place, info in enumerate(backbone.feature_info)}
    return [named[f"blocks.{tap}"] for tap in taps]


def _summed_up(y_BCHW: torch.Tensor, mask_BHW: torch.Tensor, bands: int) -> torch.Tensor:
    """(B, 2 * C * G): means, then spreads; of an empty band zeros."""
    height, width = y_BCHW.shape[2:]
    share_B1HW = F.interpolate(mask_BHW[:, None].float(), size=(height, width), mode="area")
    weight_BGHW = share_B1HW * _bands_of(mask_BHW, height, bands)
    weight_BGP = weight_BGHW.flatten(2)
    weight_BGP = weight_BGP / (weight_BGP.sum(-1, keepdim=True) + _EPS)
    y_BPC = y_BCHW.flatten(2).transpose(1, 2)
    mean_BGC = weight_BGP @ y_BPC
    spread_BGC = (weight_BGP @ y_BPC.square() - mean_BGC.square()).clamp_min(0).add(_EPS).sqrt()
    return torch.cat([mean_BGC.flatten(1), spread_BGC.flatten(1)], 1)


def _bands_of(mask_BHW: torch.Tensor, height: int, bands: int) -> torch.Tensor:
    """(B, G, height, 1) share of each row that lies in each band of the garment's own height."""
    rows_BH = (mask_BHW > 0.5).any(2)
    full = rows_BH.shape[1]
    first_B = rows_BH.float().argmax(1)
    last_B = full - rows_BH.flip(1).float().argmax(1)
    middle_H = (torch.arange(height, device=mask_BHW.device) + 0.5) * (full / height)
    place_BH = (middle_H[None] - first_B[:, None]) / (last_B - first_B).clamp_min(1)[:, None] * bands
    band_G1 = torch.arange(bands, device=mask_BHW.device)[:, None]
    # A row belongs to the nearest band, and fades over to its neighbour: no jump where a hem moves by a pixel.
    share_BGH = (1 - (place_BH[:, None] - 0.5 - band_G1).abs()).clamp(0, 1)
    return (share_BGH / share_BGH.sum(1, keepdim=True).clamp_min(_EPS))[..., None]
