"""Pairs as the loaders deal them: all of an epoch in one view."""

from __future__ import annotations

import numpy as np
import torch

from fitroom.data.search.loaders import Looks, PairDataset, collate_pairs
from fitroom.data.stream import SampleKey


def test_all_pairs_of_an_epoch_are_shown_in_one_view() -> None:
    views, worn, products = 3, 4, 2
    number_V11 = torch.arange(views)[:, None, None] * 10.0
    numbered = (number_V11 + torch.arange(count)[None, :, None] for count in (worn, products))
    looks = [Looks(*(part,) * 4) for part in numbered]
    dataset = PairDataset(looks[0], looks[1], np.array([1, 0, 1, 0]), seed=0, varied=True)
    shown = set()
    for epoch in range(20):
        batch = collate_pairs([dataset[SampleKey(index, epoch)] for index in range(worn)])
        (view,) = {int(value) // 10 for value in [*batch.worn.bands_F[:, 0], *batch.product.bands_F[:, 0]]}
        assert (batch.product.share_P[:, 0] - 10 * view).tolist() == batch.which.tolist() == [1, 0, 1, 0]
        shown.add(view)
    assert shown == {0, 1, 2}
    assert PairDataset(looks[0], looks[1], np.array([1]), 0, varied=False)[SampleKey(0, 5)].worn.bands_F.tolist() == [0]
