"""Grids are drawn after steps, each once, and not before there has been one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from fitroom.training.pictures import Grid
from fitroom.training.run_folder import RunFolder


class Drawn(Grid):
    def __init__(self, folder: Path) -> None:
        super().__init__(RunFolder(folder), 4, 2, every_steps=2)
        self.steps: list[int] = []

    def draw(self, trainer: Any, module: Any) -> np.ndarray:
        self.steps.append(trainer.global_step)
        return np.zeros((4, 4, 3), np.uint8)


def drawn(folder: Path, steps: list[int]) -> list[int]:
    """Where a grid is drawn, of the step that stands after each micro-batch; the first is where the run begins."""
    grid = Drawn(folder)
    trainer: Any = SimpleNamespace(loggers=[], is_global_zero=True, strategy=None)
    module: Any = None
    for place, step in enumerate(steps):
        trainer.global_step = step
        if place == 0:
            grid.on_train_start(trainer, module)
        else:
            grid.on_train_batch_end(trainer, module, None, None, place)
    return grid.steps


def test_micro_batches_before_a_step_draw_nothing(tmp_path: Path) -> None:
    assert drawn(tmp_path, [0, 0, 1, 1, 2, 2, 3, 3, 4]) == [2, 4]


def test_a_run_that_goes_on_draws_what_is_new(tmp_path: Path) -> None:
    assert drawn(tmp_path, [4, 4, 5, 5, 6]) == [6]
