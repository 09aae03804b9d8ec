"""Sample grids: what the model answers, every so many steps and at every look at the select part. Look early."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from pytorch_lightning import Trainer
from torch.nn import functional as F
from typing_extensions import override

from fitroom.data.tryon.batches import TryOnDataset
from fitroom.data.tryon.cases import GARMENT, PERSON, WORN
from fitroom.data.tryon.terms import LAYOUT
from fitroom.data.tryon.views import collate_views
from fitroom.images import u8_to_signed
from fitroom.models.tryon.answer import Answer, KnownGarment, answer
from fitroom.training.pictures import Grid, side_by_side
from fitroom.training.run_folder import RunFolder


class SampleGrid(Grid):
    """Person, garment, answer, truth, layout and sources side by side.

    Args:
        folder: of the run.
        cases: to answer: of the select part, or of the fit part where there is none; not augmented.
        count: how many of them.
        every_steps: steps between two grids.
    """

    def __init__(self, folder: RunFolder, cases: TryOnDataset, count: int, every_steps: int) -> None:
        super().__init__(folder, len(cases), count, every_steps)
        self.cases = cases

    @override
    def draw(self, trainer: Trainer, module: Any) -> np.ndarray:
        return sample_grid(module, self.cases, self.chosen)


@torch.no_grad()
def sample_grid(module: Any, dataset: TryOnDataset, chosen: list[int]) -> np.ndarray:
    """(rows x 256, columns, 3) uint8: a row a case."""
    rows = []
    for place in chosen:
        got, index = answered(module, dataset, place)
        person, garment, worn = (
            _signed(dataset.cases.pictures[index, which], module.device) for which in (PERSON, GARMENT, WORN)
        )
        rows.append(side_by_side([person, garment, got.worn, worn, *_maps(got)]))
    return np.concatenate(rows, axis=0)


@torch.no_grad()
def answered(module: Any, dataset: TryOnDataset, place: int) -> tuple[Answer, int]:
    """One step from noise that is always the same, in the frame; and the case's index."""
    was_training = module.model.training
    module.model.eval()
    batch = collate_views([dataset[place]]).to(module.device)
    index = int(batch.index[0])
    person = _signed(dataset.cases.pictures[index, PERSON], module.device)
    features = module.model.encode_garment(batch.garment)
    garment = KnownGarment(features, batch.texture, F.avg_pool2d(batch.texture, 4))
    noise = torch.randn(batch.clean.shape, generator=torch.Generator().manual_seed(0)).to(person)
    size = (person.shape[-2], person.shape[-1])
    got = answer(module.model, person, garment, batch.conditions, frame=size, noise=noise)
    module.model.train(was_training)
    return got, index


def _maps(got: Answer) -> list[torch.Tensor]:
    layout = got.layout.parse_logits.argmax(1, keepdim=True) / (len(LAYOUT) - 1) * 2 - 1
    return [layout.expand(-1, 3, -1, -1), got.weights * 2 - 1, got.paint]


def _signed(picture_u8: np.ndarray, device: torch.device) -> torch.Tensor:
    return u8_to_signed(torch.from_numpy(np.array(picture_u8))).permute(2, 0, 1)[None].to(device)
