"""The second stage tells apart what the first one cannot: a patch on the left and one on the right, in one band."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from fitroom.models.search.config import SearchConfig
from fitroom.models.search.network import Coded, GarmentEmbedder
from fitroom.training.search.losses import candidates
from fitroom.training.search.module import matched

SIDES = np.array([False, True])


def garments(colors_G3: np.ndarray, worn: bool, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each colour two, which differ in the side of their patch; worn ones in another light, with noise."""
    x_GSHWC = np.broadcast_to(colors_G3[:, None, None, None], (len(colors_G3), 2, 32, 32, 3)).copy()
    x_GSHWC[:, 0, 10:18, 6:14] *= -1
    x_GSHWC[:, 1, 10:18, 18:26] *= -1
    if worn:
        x_GSHWC = x_GSHWC * rng.uniform(0.8, 1.2, (len(colors_G3), 2, 1, 1, 1)) + rng.normal(0, 0.1, x_GSHWC.shape)
    x_BCHW = torch.from_numpy(x_GSHWC.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).astype(np.float32))
    return x_BCHW, torch.ones(len(x_BCHW), 32, 32)


def coded(model: GarmentEmbedder, count: int, rng: np.random.Generator) -> tuple[Coded, Coded]:
    colors_G3 = rng.choice([-1, 1], (count, 3)) * rng.uniform(0.4, 1, (count, 3))  # a patch is never like its ground
    return model.coded(*garments(colors_G3, True, rng)), model.coded(*garments(colors_G3, False, rng))


def test_it_learns_to_tell_twins_apart_on_garments_it_has_not_met() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = GarmentEmbedder(SearchConfig(taps=[0], bands=1, dim=8, code_dim=12, compare_dim=12))
    model.stem.requires_grad_(False), model.blocks.requires_grad_(False)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(100):
        worn, product = coded(model, 8, rng)
        similarity_BB = (worn.embedding_BD @ product.embedding_BD.T).detach()
        chosen_BK, _ = candidates(similarity_BB, torch.arange(16), 1)
        logit_BK = matched(model, worn, product, chosen_BK, similarity_BB.gather(1, chosen_BK))
        optimizer.zero_grad()
        F.cross_entropy(logit_BK, torch.zeros(16, dtype=torch.long)).backward()
        optimizer.step()
    with torch.no_grad():
        worn, product = coded(model.eval(), 64, rng)
        twin_B = torch.arange(128) ^ 1
        pair_BK = torch.stack([torch.arange(128), twin_B], 1)
        similarity_BK = (worn.embedding_BD @ product.embedding_BD.T).gather(1, pair_BK)
        logit_BK = matched(model, worn, product, pair_BK, similarity_BK)
    assert (logit_BK[:, 0] > logit_BK[:, 1]).float().mean() > 0.75  # a half is chance
    assert (similarity_BK[:, 0] > similarity_BK[:, 1]).float().mean() < 0.65  # a band does not know left from right


def test_rivals_are_the_most_alike_of_other_products() -> None:
    similarity_BB = torch.tensor(
        [[0.9, 0.8, 0.1, 0.7], [0.2, 0.9, 0.6, 0.3], [0.5, 0.4, 0.9, 0.8], [0.1, 0.3, 0.2, 0.4]]
    )
    which_B = torch.tensor([0, 0, 1, 2])  # the first two show one product
    chosen_BK, is_one_BK = candidates(similarity_BB, which_B, 2)
    assert chosen_BK.tolist() == [[0, 3, 2], [1, 2, 3], [2, 3, 0], [3, 1, 2]] and is_one_BK.all()
    chosen_BK, is_one_BK = candidates(similarity_BB, which_B, 9)
    assert chosen_BK.shape == (4, 4) and is_one_BK.sum(1).tolist() == [3, 3, 4, 4]  # none is the right one itself
