"""Pictures a run leaves behind, in ``figures/`` and in wandb."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import WandbLogger


def keep_picture(picture: Image.Image, figures: Path, name: str, figure: str, trainer: Trainer) -> None:
    """Writes ``<figures>/<name>_step<step>.png``, and shows it in wandb, where that is on, as ``figure``."""
    save_picture(picture, figures / f"{name}_step{trainer.global_step:06d}.png")
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger):
            logger.log_image(figure, [picture], step=trainer.global_step)


def save_picture(picture: Image.Image, path: Path) -> None:
    """Writes a PNG beside, then renames."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    picture.save(beside, "PNG")
    beside.replace(path)
