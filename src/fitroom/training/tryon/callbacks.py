"""Sample grids: what the model answers, every so many steps and at every look at the select part. Look early."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from pytorch_lightning import Callback, LightningModule, Trainer
from torch.nn import functional as F
from typing_extensions import override

from fitroom.data.tryon import TryOnDataset
from fitroom.data.tryon_cases import GARMENT, PERSON, WORN
from fitroom.data.tryon_terms import LAYOUT
from fitroom.data.tryon_views import collate_views
from fitroom.images import signed_to_u8, u8_to_signed
from fitroom.models.tryon.answer import Answer, KnownGarment, answer
from fitroom.training.pictures import keep_picture
from fitroom.training.run_folder import RunFolder
from fitroom.training.sharding import takes_part

TILE_HEIGHT_PX = 256


class SampleGrid(Callback):
    """Draws person, garment, answer, truth, layout and sources side by side, into ``figures/`` and wandb.

    Args:
        folder: of the run.
        cases: to answer: of the select part, or of the fit part where there is none; not augmented.
        count: how many of them.
        every_steps: steps between two grids.
    """

    def __init__(self, folder: RunFolder, cases: TryOnDataset, count: int, every_steps: int) -> None:
        self.folder, self.cases, self.every_steps = folder, cases, every_steps
        self.chosen = np.unique(np.linspace(0, len(cases) - 1, count).astype(int))
        self._drawn_step = -1

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        if step % self.every_steps == 0 and step != self._drawn_step:
            self._draw(trainer, pl_module)

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:  # while the averaged weights, those that ship, are in place
            self._draw(trainer, pl_module)

    def _draw(self, trainer: Trainer, pl_module: Any) -> None:
        self._drawn_step = trainer.global_step
        if not takes_part(trainer):
            return
        grid = Image.fromarray(sample_grid(pl_module, self.cases, self.chosen))
        if trainer.is_global_zero:
            keep_picture(grid, self.folder.figures, "samples", "select/samples", trainer)


@torch.no_grad()
def sample_grid(module: Any, dataset: TryOnDataset, chosen: np.ndarray) -> np.ndarray:
    """(rows x 256, columns, 3) uint8: a row a case."""
    rows = []
    for place in chosen:
        got, index = answered(module, dataset, int(place))
        person, garment, worn = (
            _signed(dataset.cases.pictures[index, which], module.device) for which in (PERSON, GARMENT, WORN)
        )
        rows.append(_row([person, garment, got.worn, worn, *_maps(got)]))
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
    return [layout.expand(-1, 3, -1, -1), got.weights * 2 - 1, got.clean[:, 3:]]


def _signed(picture_u8: np.ndarray, device: torch.device) -> torch.Tensor:
    return u8_to_signed(torch.from_numpy(np.array(picture_u8))).permute(2, 0, 1)[None].to(device)


def _row(pictures: list[torch.Tensor]) -> np.ndarray:
    height, width = pictures[0].shape[-2:]
    size = (TILE_HEIGHT_PX, TILE_HEIGHT_PX * width // height)
    tiles = [F.interpolate(p.float().cpu(), size=size, mode="area")[0].permute(1, 2, 0) for p in pictures]
    row: np.ndarray = signed_to_u8(torch.cat(tiles, 1)).numpy()
    return row
