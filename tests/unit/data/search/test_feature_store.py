"""Features are made once for the same pixels and the same network, and anew for any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from fitroom.data.search.cutouts import Cutout
from fitroom.data.search.feature_store import kept
from fitroom.data.search.loaders import Looks

CUTS = [Cutout(np.full((4, 4, 3), value, np.uint8), np.ones((4, 4), bool)) for value in (10, 20)]


def test_the_same_is_made_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make(cuts: Sequence[Cutout]) -> Looks:
        made.append(len(cuts))
        mean_N1 = torch.tensor([[float(cut.image_u8.mean())] for cut in cuts])
        return Looks(mean_N1, mean_N1[..., None].half(), mean_N1[..., None] + 1, mean_N1 / 255)

    def ask(network: str = "a", cuts: Sequence[Cutout] = CUTS) -> Looks:
        return kept(tmp_path / "store", network, cuts, make)

    first, again = ask(), ask()
    assert made == [2]
    assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(first, again, strict=True))
    half = CUTS[1].mask.copy()
    half[:2] = False
    ask("b"), ask(cuts=CUTS[:1]), ask(cuts=CUTS[::-1]), ask(cuts=[CUTS[0], Cutout(CUTS[1].image_u8, half)])
    assert made == [2, 2, 1, 2, 2]
    for path in (tmp_path / "store").iterdir():
        path.write_bytes(b"cut short")
    assert torch.equal(ask().share_P, first.share_P) and made[-1] == 2 and len(made) == 6
