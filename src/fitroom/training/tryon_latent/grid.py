"""Sample grids of a try-on model among latents: person as given, garment, answer, truth. Look early."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities import rank_zero_only
from torch.nn import functional as F
from typing_extensions import override

from fitroom.data.tryon_photos import PhotoDataset, collate_photos, sample_noise
from fitroom.images import signed_to_u8
from fitroom.training.pictures import keep_picture
from fitroom.training.run_folder import RunFolder

TILE_HEIGHT_PX = 256


class LatentSampleGrid(Callback):
    """Answers a few cases, the same each time and from the same noise, into ``figures/`` and wandb.

    Args:
        folder: of the run.
        cases: of the select part, or of the fit part where there is none; not augmented.
        count: how many of them.
        every_steps: steps between two grids.
        sampling_steps: denoising steps of an answer.
    """

    def __init__(
        self, folder: RunFolder, cases: PhotoDataset, count: int, every_steps: int, sampling_steps: int
    ) -> None:
        self.folder, self.cases, self.every_steps, self.sampling_steps = folder, cases, every_steps, sampling_steps
        self.chosen = np.unique(np.linspace(0, len(cases) - 1, count).astype(int)).tolist()
        self._drawn_step = -1

    @override
    @rank_zero_only
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        if step % self.every_steps == 0 and step != self._drawn_step:
            self._draw(trainer, pl_module)

    @override
    @rank_zero_only
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:  # while the averaged weights, those that ship, are in place
            self._draw(trainer, pl_module)

    def _draw(self, trainer: Trainer, pl_module: Any) -> None:
        self._drawn_step = trainer.global_step
        with trainer.strategy.precision_plugin.forward_context():
            grid = sample_grid(pl_module, self.cases, self.chosen, self.sampling_steps)
        keep_picture(Image.fromarray(grid), self.folder.figures, "samples", "select/samples", trainer)


@torch.no_grad()
def sample_grid(module: Any, cases: PhotoDataset, chosen: list[int], steps: int) -> np.ndarray:
    """(rows x 256, columns, 3) uint8: a row a case."""
    was_training, rows = module.model.training, []
    module.model.eval()
    for place in chosen:
        batch = collate_photos([cases[place]]).to(module.device)
        scene, worn = module.look_at(batch)
        noise, _ = sample_noise(batch.seed, tuple(module.model.clean(worn, scene).shape[1:]))
        clean = module.model.sampled(scene, noise.to(worn), steps, module.config.model.guidance)
        answer = module.model.decode(module.model.worn(clean))
        rows.append(_row([batch.person, batch.garment, answer, batch.worn]))
    module.model.train(was_training)
    return np.concatenate(rows, axis=0)


def _row(pictures: list[torch.Tensor]) -> np.ndarray:
    height, width = pictures[0].shape[-2:]
    size = (TILE_HEIGHT_PX, TILE_HEIGHT_PX * width // height)
    tiles = [F.interpolate(p.float().cpu(), size=size, mode="area")[0].permute(1, 2, 0) for p in pictures]
    row: np.ndarray = signed_to_u8(torch.cat(tiles, 1).clamp(-1, 1)).numpy()
    return row
