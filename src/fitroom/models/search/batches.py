"""Cut-outs through the embedding network, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from fitroom.contracts import Preprocessing
from fitroom.data.search.cutouts import Cutout
from fitroom.images import normalize_u8
from fitroom.models.search.network import GarmentEmbedder

BATCH = 16


def features_of(model: GarmentEmbedder, cuts: Sequence[Cutout], spec: Preprocessing) -> np.ndarray:
    """(N, F) float32, see :meth:`GarmentEmbedder.features`."""
    return _in_batches(model, model.features, cuts, spec)


def embeddings_of(model: GarmentEmbedder, cuts: Sequence[Cutout], spec: Preprocessing) -> np.ndarray:
    """(N, D) float32 of unit length."""
    return _in_batches(model, model, cuts, spec)


def _in_batches(
    model: GarmentEmbedder, call: Callable[..., torch.Tensor], cuts: Sequence[Cutout], spec: Preprocessing
) -> np.ndarray:
    was_training, found = model.training, []
    device = next(model.parameters()).device
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(cuts), BATCH):
            part = cuts[start : start + BATCH]
            x_BCHW = normalize_u8(torch.from_numpy(np.stack([cut.image_u8 for cut in part])), spec)
            mask_BHW = torch.from_numpy(np.stack([cut.mask for cut in part]))
            found.append(call(x_BCHW.to(device), mask_BHW.to(device)).float().cpu().numpy())
    model.train(was_training)
    return np.concatenate(found) if found else np.zeros((0, 0), np.float32)
