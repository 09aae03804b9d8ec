"""The second stage: whether a worn garment is a product, by looking each place of one up in the other.

Shapes: Q worn garments, K candidates each, P places, D width of a place's code, C width of a comparison.

    code_PD of each -> attention worn -> product and product -> worn: what the other has where it is most alike
        -> comparison of every place with its counterpart -> mean and maximum over the garment -> logit_QK

After decomposable attention (Parikh et al. 2016). What counts is how two garments differ, not what they are, so that it
holds for garments it has never met.
"""

from __future__ import annotations

import torch
from torch import nn

from fitroom.models.search.places import NUM_POSITION, Places

LEAST_SHARE = 0.1
"""Of a cell that is garment, to be compared."""
_FAR = -1e4  # a logit that no softmax sees; finite, so that an empty garment gives numbers


class PlaceCoder(nn.Module):
    """Places to codes, the same for worn garments and products.

    Args:
        num_channels: of the places' features.
        code_dim: D.
    """

    def __init__(self, num_channels: int, code_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(num_channels, affine=False)
        self.drop = nn.Dropout(0.1)
        self.inner = nn.Linear(num_channels + NUM_POSITION, 2 * code_dim)
        self.outer = nn.Linear(2 * code_dim, code_dim)
        self.last = nn.LayerNorm(code_dim)

    def forward(self, places: Places) -> torch.Tensor:
        """(B, P, D); each code has mean 0 and spread 1, within learned factors."""
        standard_BPC = self.norm(places.features_BPC.flatten(0, 1)).unflatten(0, places.share_BP.shape)
        x_BPX = torch.cat([self.drop(standard_BPC), places.where_BPX], -1)
        coded_BPD: torch.Tensor = self.last(self.outer(nn.functional.gelu(self.inner(x_BPX))))
        return coded_BPD


class GarmentMatcher(nn.Module):
    """See the file's first lines.

    Args:
        code_dim, compare_dim: D and C.
    """

    def __init__(self, code_dim: int, compare_dim: int) -> None:
        super().__init__()
        self.scale = code_dim**-0.5
        self.ask, self.answer = nn.Linear(code_dim, code_dim), nn.Linear(code_dim, code_dim)
        self.of_worn, self.of_product = _Comparison(code_dim, compare_dim), _Comparison(code_dim, compare_dim)
        self.judge = nn.Sequential(
            nn.Linear(4 * compare_dim, compare_dim), nn.GELU(), nn.Dropout(0.1), nn.Linear(compare_dim, 1)
        )
        self.trust = nn.Parameter(torch.tensor(10.0))

    def forward(
        self, worn_QPD: torch.Tensor, worn_share_QP: torch.Tensor,
        product_QKPD: torch.Tensor, product_share_QKP: torch.Tensor, similarity_QK: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """(Q, K) logits, higher = rather the same product; only differences between candidates of one query count.

        Args:
            worn_QPD, product_QKPD: codes.
            worn_share_QP, product_share_QKP: of each place that is garment, in [0, 1].
            similarity_QK: of the first stage.
        """
        near_QKPP = torch.einsum("qpd,qkrd->qkpr", self.ask(worn_QPD), self.answer(product_QKPD)) * self.scale
        seen_QP, shown_QKP = worn_share_QP > LEAST_SHARE, product_share_QKP > LEAST_SHARE
        to_product = near_QKPP.masked_fill(~shown_QKP[:, :, None], _FAR).softmax(3)
        to_worn = near_QKPP.masked_fill(~seen_QP[:, None, :, None], _FAR).softmax(2)
        many_QKPD = worn_QPD[:, None].expand(-1, product_QKPD.shape[1], -1, -1)
        of_worn = self.of_worn(many_QKPD, to_product @ product_QKPD, worn_share_QP[:, None].expand_as(shown_QKP))
        of_product = self.of_product(product_QKPD, to_worn.transpose(2, 3) @ many_QKPD, product_share_QKP)
        logit_QK: torch.Tensor = self.judge(torch.cat([of_worn, of_product], -1))[..., 0]
        return logit_QK + self.trust * similarity_QK


class _Comparison(nn.Module):
    """Places of one garment beside what the other has there, summed up: (..., P, D) twice to (..., 2 * C)."""

    def __init__(self, code_dim: int, compare_dim: int) -> None:
        super().__init__()
        self.compare = nn.Sequential(nn.Linear(3 * code_dim, compare_dim), nn.GELU())
        self.weigh = nn.Linear(code_dim, 1)

    def forward(self, own_PD: torch.Tensor, other_PD: torch.Tensor, share_P: torch.Tensor) -> torch.Tensor:
        apart_PD = own_PD - other_PD
        found_PC = self.compare(torch.cat([own_PD, apart_PD, apart_PD.abs()], -1))
        is_garment_P = share_P > LEAST_SHARE
        weight_P = (self.weigh(own_PD)[..., 0] + share_P.clamp_min(1e-3).log()).masked_fill(~is_garment_P, _FAR)
        mean_C = (weight_P.softmax(-1)[..., None] * found_PC).sum(-2)
        most_C = found_PC.masked_fill(~is_garment_P[..., None], -1.0).amax(-2)
        return torch.cat([mean_C, most_C], -1)
