"""Pictures a run leaves behind, in ``figures/`` and in wandb: grids of what it answers, every so many steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.loggers import WandbLogger
from torch.nn import functional as F
from typing_extensions import override

from fitroom.images import signed_to_u8
from fitroom.training.run_folder import RunFolder
from fitroom.training.sharding import takes_part
from fitroom.writing import file_beside

TILE_HEIGHT_PX = 256


class Grid(Callback, ABC):
    """Draws answers every so many steps, and at each look at the select part. Look early.

    Args:
        folder: of the run.
        num_cases: of the cases that could be shown.
        count: how many of them are, the same each time.
        every_steps: steps between two grids.
    """

    def __init__(self, folder: RunFolder, num_cases: int, count: int, every_steps: int) -> None:
        self.folder, self.every_steps = folder, every_steps
        self.chosen: list[int] = np.unique(np.linspace(0, num_cases - 1, count).astype(int)).tolist()
        self._drawn_step = 0

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._drawn_step = trainer.global_step  # nothing is new yet, whatever micro-batches come before the next step

    @abstractmethod
    def draw(self, trainer: Trainer, module: Any) -> np.ndarray:
        """(H, W, 3) uint8 of the chosen cases."""

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        if step % self.every_steps == 0 and step != self._drawn_step:
            self._keep(trainer, pl_module)

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:  # while the averaged weights, those that ship, are in place
            self._keep(trainer, pl_module)

    def _keep(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._drawn_step = trainer.global_step
        if not takes_part(trainer):
            return
        grid = Image.fromarray(self.draw(trainer, pl_module))
        if trainer.is_global_zero:
            keep_picture(grid, self.folder.figures, "samples", "select/samples", trainer)


def side_by_side(pictures: list[torch.Tensor]) -> np.ndarray:
    """Pictures of one case, each (1, 3, H, W) signed, to (256, columns, 3) uint8."""
    height, width = pictures[0].shape[-2:]
    size = (TILE_HEIGHT_PX, TILE_HEIGHT_PX * width // height)
    tiles = [F.interpolate(p.float().cpu(), size=size, mode="area")[0].permute(1, 2, 0) for p in pictures]
    row: np.ndarray = signed_to_u8(torch.cat(tiles, 1).clamp(-1, 1)).numpy()
    return row


def keep_picture(picture: Image.Image, figures: Path, name: str, figure: str, trainer: Trainer) -> None:
    """Writes ``<figures>/<name>_step<step>.png``, and shows it in wandb, where that is on, as ``figure``."""
    save_picture(picture, figures / f"{name}_step{trainer.global_step:06d}.png")
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger):
            logger.log_image(figure, [picture], step=trainer.global_step)


def save_picture(picture: Image.Image, path: Path) -> None:
    """Writes a PNG, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with file_beside(path) as beside:
        picture.save(beside, "PNG")
