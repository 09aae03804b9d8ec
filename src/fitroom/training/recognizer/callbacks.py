"""The worst errors of the recogniser as a picture, after each look at the select part."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities import rank_zero_only
from typing_extensions import override

from fitroom.data.manifest import Manifest
from fitroom.metrics.calibration import softmax
from fitroom.training.pictures import keep_picture
from fitroom.training.recognizer.figures import error_grid
from fitroom.training.run_folder import RunFolder


class ErrorGrid(Callback):
    """Draws the worst errors of the select part after each look at it, into ``figures/`` and wandb.

    Args:
        folder: of the run.
        manifest: the select part.
        count: tiles.
    """

    def __init__(self, folder: RunFolder, manifest: Manifest, count: int) -> None:
        self.folder, self.manifest, self.count = folder, manifest, count

    @override
    @rank_zero_only
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module: Any = pl_module
        head = module.model.config.heads[0]
        if head.kind != "single" or trainer.sanity_checking:
            return
        targets_N: np.ndarray = module.selection[f"target/{head.name}"]
        grid = error_grid(self.manifest, head.classes, softmax(module.selection[head.name]), targets_N, self.count)
        if grid is None:
            return
        keep_picture(grid, self.folder.figures, "errors", "select/worst_errors", trainer)
