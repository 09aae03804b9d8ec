"""Cut-outs through the search network, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from fitroom.contracts import Preprocessing
from fitroom.data.search.cutouts import Cutout
from fitroom.data.search.loaders import Looks
from fitroom.images import normalize_u8
from fitroom.models.search.network import Coded, GarmentEmbedder

BATCH = 16


def looks_of(model: GarmentEmbedder, cuts: Sequence[Cutout], spec: Preprocessing) -> Looks:
    """What :meth:`GarmentEmbedder.looked_at` gives, of N cut-outs; features of places in float16."""

    def looked_at(x_BCHW: torch.Tensor, mask_BHW: torch.Tensor) -> tuple[torch.Tensor, ...]:
        bands_BF, places = model.looked_at(x_BCHW, mask_BHW)
        return bands_BF, places.features_BPC.half(), places.where_BPX, places.share_BP

    return Looks(*_in_batches(model, looked_at, cuts, spec))


def coded(model: GarmentEmbedder, cuts: Sequence[Cutout], spec: Preprocessing) -> Coded:
    """See :meth:`GarmentEmbedder.coded`, of N cut-outs."""
    return Coded(*_in_batches(model, model.coded, cuts, spec))


def embeddings_of(model: GarmentEmbedder, cuts: Sequence[Cutout], spec: Preprocessing) -> np.ndarray:
    """(N, D) float32 of unit length."""
    if not cuts:
        return np.zeros((0, 0), np.float32)
    found_ND: np.ndarray = _in_batches(model, lambda x, mask: (model(x, mask),), cuts, spec)[0].numpy()
    return found_ND


def _in_batches(
    model: GarmentEmbedder, call: Callable[..., tuple[torch.Tensor, ...]], cuts: Sequence[Cutout], spec: Preprocessing
) -> list[torch.Tensor]:
    was_training, found = model.training, []
    device = next(model.parameters()).device
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(cuts), BATCH):
            part = cuts[start : start + BATCH]
            x_BCHW = normalize_u8(torch.from_numpy(np.stack([cut.image_u8 for cut in part])), spec)
            mask_BHW = torch.from_numpy(np.stack([cut.mask for cut in part]))
            found.append([one.cpu() for one in call(x_BCHW.to(device), mask_BHW.to(device))])
    model.train(was_training)
    return [torch.cat(parts) for parts in zip(*found, strict=True)]
