"""InfoNCE against a plain loop, and pairs of one product that are no negatives of each other."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from fitroom.training.search.losses import info_nce


def test_it_is_cross_entropy_both_ways() -> None:
    torch.manual_seed(0)
    worn_BD, product_BD = (F.normalize(torch.randn(5, 4), dim=1) for _ in range(2))
    logits_BB = worn_BD @ product_BD.T / 0.1
    target_B = torch.arange(5)
    expected = (F.cross_entropy(logits_BB, target_B) + F.cross_entropy(logits_BB.T, target_B)) / 2
    torch.testing.assert_close(info_nce(worn_BD, product_BD, target_B, 0.1), expected)


def test_the_same_product_twice_is_no_negative() -> None:
    torch.manual_seed(0)
    worn_BD, product_BD = (F.normalize(torch.randn(3, 4), dim=1) for _ in range(2))
    product_BD[1] = product_BD[0]
    which_B = torch.tensor([7, 7, 2])
    # Each of the first two sees its own product and the third's alone.
    logits_BB = worn_BD @ product_BD.T / 0.1
    rows = [F.cross_entropy(logits_BB[[i]][:, keep], torch.tensor([keep.index(i)]))
            for i, keep in ((0, [0, 2]), (1, [1, 2]), (2, [0, 1, 2]))]  # fmt: skip
    columns = [F.cross_entropy(logits_BB.T[[i]][:, keep], torch.tensor([keep.index(i)]))
               for i, keep in ((0, [0, 2]), (1, [1, 2]), (2, [0, 1, 2]))]  # fmt: skip
    expected = (torch.stack(rows).mean() + torch.stack(columns).mean()) / 2
    torch.testing.assert_close(info_nce(worn_BD, product_BD, which_B, 0.1), expected)
