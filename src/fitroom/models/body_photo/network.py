"""Small networks that read a body off a figure, each of which has not met a share of the people.

Shapes: B figures, C groups of parts, R x W cells, M members, K readings, F features.

    shares_BCRW -> by row: the width of each group, and how far all and all but bare arms reach from the middle
                -> features_BF -> each member: standardised -> K readings
                -> (B, M, K); what is answered is the mean over M

Readings are standardised logarithms of measure over height: a figure knows no centimetres. Rows do not tell left from
right, so a mirrored photo is read alike. Linear members are meant: some two hundred bodies teach no more.
"""

from __future__ import annotations

import torch
from torch import nn

from fitroom.models.body_photo.config import BodyPhotoConfig

_ARM = "LEFT_ARM"


class BodyPhotoNetwork(nn.Module):
    """See the file's first lines."""

    def __init__(self, config: BodyPhotoConfig) -> None:
        super().__init__()
        self.config = config
        self.arms = next((place for place, group in enumerate(config.groups) if _ARM in group), None)
        features = (len(config.groups) + 2) * (config.rows // config.pooled)
        self.norm = nn.BatchNorm1d(features, affine=False)
        self.drop = nn.Dropout(config.drop)
        self.members = nn.ModuleList(nn.Linear(features, len(config.measures)) for _ in range(config.members))
        for p in self.members.parameters():
            nn.init.zeros_(p)

    def forward(self, shares_BCRW: torch.Tensor) -> torch.Tensor:
        """Figures (B, C, R, W) in [0, 1] to the readings (B, M, K) of each member."""
        features_BF = self.drop(self.norm(self.features(shares_BCRW)))
        return torch.stack([member(features_BF) for member in self.members], 1)

    def features(self, shares_BCRW: torch.Tensor) -> torch.Tensor:
        """(B, F) in shares of the height: row by row, pooled over neighbouring rows."""
        rows, columns = self.config.rows, self.config.columns
        away_W = (torch.arange(columns, device=shares_BCRW.device) + 0.5 - columns / 2).abs()
        body_BRW = shares_BCRW.sum(1)
        bare_BRW = body_BRW if self.arms is None else body_BRW - shares_BCRW[:, self.arms]
        reach = [(part_BRW * away_W).sum(-1) * (4 / columns) for part_BRW in (body_BRW, bare_BRW)]
        rows_BXR = torch.cat([shares_BCRW.sum(-1), torch.stack(reach, 1)], 1) / rows
        return rows_BXR.unfold(2, self.config.pooled, self.config.pooled).mean(-1).flatten(1)
