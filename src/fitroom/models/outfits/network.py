"""Outfits as sets of tokens under a transformer, with two heads, after OutfitTransformer (Sarkar et al. 2022).

Shapes: B outfits, N pieces (padded), K candidates, D width. A piece is one token: the sum of what is known of it.

    [outfit] context pieces...            -> one number: do they go together (logit)
    [target + its category] context rest  -> a query; a candidate's token -> a key; their product: does it complete them

Pieces have no order, so tokens have no positions. What is not known of a piece adds a learned "not known" of its own,
so any attribute, the price and the embedding can be left out, in training and in use.
"""

from __future__ import annotations

import torch
from torch import nn

from fitroom.data.outfits.encoding import CODED, Coder, PieceCodes
from fitroom.data.outfits.pieces import CONTEXT
from fitroom.models.outfits.config import OutfitConfig


class OutfitNetwork(nn.Module):
    """See the file's first lines."""

    def __init__(self, config: OutfitConfig) -> None:
        super().__init__()
        self.config, width = config, config.width
        self.coder = Coder(config.vocabulary, config.price_center, config.price_scale, config.embedding_dim)
        self.words = nn.Embedding(len(self.coder.codes) + 1, width, padding_idx=0)
        self.unknown = nn.Parameter(torch.randn(len(CODED) + len(CONTEXT), width) * 0.02)
        self.price = nn.Linear(2, width)
        self.photo = nn.Linear(config.embedding_dim + 1, width)
        self.starts = nn.Parameter(torch.randn(2, width) * 0.02)
        self.piece_norm = nn.LayerNorm(width)
        layer = nn.TransformerEncoderLayer(
            width, config.attention_heads, 2 * width, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, config.layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.together = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1))
        self.query = nn.Linear(width, width)
        self.key = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
        nn.init.normal_(self.words.weight, std=0.3)
        with torch.no_grad():
            self.words.weight[0].zero_()

    def tokens(self, pieces: PieceCodes) -> torch.Tensor:
        """(..., D) of pieces (...)."""
        known = pieces.words > 0  # (..., A, V)
        words = self.words(pieces.words).sum(-2) / known.sum(-1, keepdim=True).clamp(min=1)
        missing = (~known.any(-1, keepdim=True)) * self.unknown[: len(CODED)]
        token = (words + missing).sum(-2) + self.price(pieces.price) + self.photo(pieces.embedding)
        return self.piece_norm(token)

    def together_logit(
        self, token_BND: torch.Tensor, present_BN: torch.Tensor, context_BC: torch.Tensor
    ) -> torch.Tensor:
        """(B,) logit that the pieces go together, for what the context says."""
        start_BD = self.starts[0].expand(len(token_BND), -1)
        return self.together(self._first(start_BD, token_BND, present_BN, context_BC))[:, 0]

    def completion(
        self, token_BND: torch.Tensor, present_BN: torch.Tensor, context_BC: torch.Tensor, candidate_BKD: torch.Tensor,
        category_B: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """(B, K) scores of candidates beside the rest; higher is better, comparable within a row.

        Args:
            token_BND, present_BN, context_BC: the rest of the outfit.
            candidate_BKD: tokens of candidates.
            category_B: code of the category that is wanted; 0 = any. It is all that the query knows of the target.
        """
        start_BD = self.starts[1] + self.words(category_B)
        query_BD = self.query(self._first(start_BD, token_BND, present_BN, context_BC))
        return torch.einsum("bd,bkd->bk", query_BD, self.key(candidate_BKD)) / self.config.width**0.5

    def forward(self, pieces: PieceCodes, present_BN: torch.Tensor, context_BC: torch.Tensor) -> torch.Tensor:
        """(B,) logit that the pieces go together."""
        return self.together_logit(self.tokens(pieces), present_BN, context_BC)

    def _first(
        self, start_BD: torch.Tensor, token_BND: torch.Tensor, present_BN: torch.Tensor, context_BC: torch.Tensor
    ) -> torch.Tensor:
        """(B, D) what comes out of the first token."""
        missing = (context_BC == 0)[..., None] * self.unknown[len(CODED) :]
        asked_BCD = self.words(context_BC) + missing
        everything = torch.cat([start_BD[:, None], asked_BCD, token_BND], 1)
        told = torch.ones(len(present_BN), 1 + context_BC.shape[1], dtype=torch.bool, device=present_BN.device)
        absent = ~torch.cat([told, present_BN], 1)
        return self.layers(everything, src_key_padding_mask=absent)[:, 0]
