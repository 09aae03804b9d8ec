"""Sample grids of a try-on model among latents: person as given, garment, answer, truth. Look early."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from pytorch_lightning import Trainer
from typing_extensions import override

from fitroom.data.tryon.photo_batches import collate_photos
from fitroom.data.tryon.photos import PhotoDataset, sample_noise
from fitroom.training.pictures import Grid, side_by_side
from fitroom.training.run_folder import RunFolder


class LatentSampleGrid(Grid):
    """Answers, each from the same noise every time.

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
        super().__init__(folder, len(cases), count, every_steps)
        self.cases, self.sampling_steps = cases, sampling_steps

    @override
    def draw(self, trainer: Trainer, module: Any) -> np.ndarray:
        with trainer.strategy.precision_plugin.forward_context():
            return sample_grid(module, self.cases, self.chosen, self.sampling_steps)


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
        rows.append(side_by_side([batch.person, batch.garment, answer, batch.worn]))
    module.model.train(was_training)
    return np.concatenate(rows, axis=0)
