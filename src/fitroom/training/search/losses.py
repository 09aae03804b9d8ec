"""InfoNCE (van den Oord et al. 2018), both ways, with several worn garments of one product in a batch; and who is to be
told from whom by the second stage."""

from __future__ import annotations

import torch


def info_nce(
    worn_BD: torch.Tensor, product_BD: torch.Tensor, which_B: torch.Tensor, temperature: float
) -> torch.Tensor:
    """Mean cross-entropy in nats of finding the own product among a batch's, and the own worn garment among its.

    Args:
        worn_BD, product_BD: of unit length.
        which_B: int; pairs of one product are no negatives of each other.
        temperature: above 0.
    """
    logits_BB = worn_BD @ product_BD.T / temperature
    same_BB = which_B[:, None] == which_B[None]
    other_BB = same_BB & ~torch.eye(len(which_B), dtype=torch.bool, device=which_B.device)
    logits_BB = logits_BB.masked_fill(other_BB, float("-inf"))
    own_B = logits_BB.diagonal()
    return (logits_BB.logsumexp(1) + logits_BB.logsumexp(0) - 2 * own_B).mean() / 2


def candidates(
    similarity_BB: torch.Tensor, which_B: torch.Tensor, num_rivals: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """(B, 1 + K) int64: places in the batch of each worn garment's own product, and of the most alike of others; and
    (B, 1 + K) bool, whether it is one: a batch may hold fewer others.

    Args:
        similarity_BB: of worn garments and products.
        which_B: int, product of each pair.
        num_rivals: K at most; fewer where a batch is smaller.
    """
    same_BB = which_B[:, None] == which_B[None]
    count = min(num_rivals, len(which_B) - 1)
    best_BK = similarity_BB.masked_fill(same_BB, float("-inf")).topk(count, 1)
    own_B1 = torch.arange(len(which_B), device=which_B.device)[:, None]
    is_one_BK = torch.cat([torch.ones_like(own_B1, dtype=torch.bool), best_BK.values.isfinite()], 1)
    return torch.cat([own_B1, best_BK.indices], 1), is_one_BK
