"""An outfit network as it is asked: pieces in, how well they go together and how well each candidate completes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from fitroom.data.outfits.encoding import padded
from fitroom.data.outfits.pieces import Piece
from fitroom.models.outfits.network import OutfitNetwork


class OutfitJudge:
    """Answers of a network, without gradients.

    Args:
        model: in eval mode.
    """

    def __init__(self, model: OutfitNetwork) -> None:
        self.model = model.eval()

    @torch.inference_mode()
    def together(self, outfits: Sequence[Sequence[Piece]], contexts: Sequence[Mapping[str, str]]) -> np.ndarray:
        """(B,) logits that the pieces of each go together for what its context says; 0 = as likely as not."""
        coder = self.model.coder
        pieces, present_BN = padded([coder.pieces(list(pieces)) for pieces in outfits])
        context_BC = torch.tensor([coder.context(context) for context in contexts])
        return self.model(pieces, present_BN, context_BC).double().numpy()

    @torch.inference_mode()
    def completion(self, rest: Sequence[Piece], candidates: Sequence[Piece], context: Mapping[str, str]) -> np.ndarray:
        """(K,) how well each candidate completes the rest; comparable within one call and category alone."""
        model = self.model
        pieces, present_BN = padded([model.coder.pieces(list(rest))])
        candidate_BKD = model.tokens(model.coder.pieces(list(candidates)))[None]
        categories = {piece.category for piece in candidates}
        code = model.coder.codes.get(("category", categories.pop()), 0) if len(categories) == 1 else 0
        context_BC = torch.tensor([model.coder.context(context)])
        score_BK = model.completion(model.tokens(pieces), present_BN, context_BC, candidate_BKD, torch.tensor([code]))
        return score_BK[0].double().numpy()

    def rank(self, rest: Sequence[Piece], candidates: Sequence[Piece], context: Mapping[str, str]) -> np.ndarray:
        """(K,) both heads at once: the logit of each completed outfit plus its completion score; higher is better."""
        completed = [[*rest, candidate] for candidate in candidates]
        return self.together(completed, [context] * len(completed)) + self.completion(rest, candidates, context)
