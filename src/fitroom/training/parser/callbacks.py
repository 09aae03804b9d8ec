"""The worst parses of the select part as a picture, after each look at it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.utilities import rank_zero_only
from typing_extensions import override

from fitroom.contracts import Part, Preprocessing
from fitroom.data.parsing.photos import ParsedPhotos
from fitroom.images import resize_labels, resize_u8
from fitroom.training.pictures import keep_picture
from fitroom.training.run_folder import RunFolder

TILE = Preprocessing(height_px=256, width_px=192, resize="pad")
COLUMNS = 4
# A fixed colour for each part, as far from each other as a golden turn of the hue makes them.
COLORS = np.array(
    [[0, 0, 0]] + [[int(127 + 120 * np.cos(2.4 * i + turn)) for turn in (0.0, 2.1, 4.2)] for i in range(1, len(Part))],
    np.uint8,
)


class ParseGrid(Callback):
    """Draws photo, answer and truth side by side, worst first, into ``figures/`` and wandb.

    Args:
        folder: of the run.
        photos: the select part.
        labels: names of parts in the order of the outputs.
    """

    def __init__(self, folder: RunFolder, photos: ParsedPhotos, labels: list[str]) -> None:
        self.folder, self.photos = folder, photos
        self.parts = np.array([Part[label] for label in labels], np.uint8)

    @override
    @rank_zero_only
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module: Any = pl_module
        if trainer.sanity_checking or not module.worst:
            return
        tiles = []
        for share, index, predicted in module.worst:
            image_u8, parse = self.photos.pair(index)
            tiles.append(_tile(image_u8, self.parts[predicted], parse, f"{share:.1%} wrong"))
        keep_picture(_grid(tiles), self.folder.figures, "parses", "select/worst_parses", trainer)


def colored(parse: np.ndarray) -> np.ndarray:
    """(H, W) uint8 of :class:`~fitroom.contracts.Part` to (H, W, 3) uint8."""
    return COLORS[parse]


def _tile(image_u8: np.ndarray, answer: np.ndarray, truth: np.ndarray, caption: str) -> Image.Image:
    views = [resize_u8(image_u8, TILE), *(colored(resize_labels(parse, TILE)) for parse in (answer, truth))]
    tile = Image.fromarray(np.hstack(views))
    ImageDraw.Draw(tile).text((4, 4), caption, fill="#ff0000", font=ImageFont.load_default(14))
    return tile


def _grid(tiles: list[Image.Image]) -> Image.Image:
    columns = min(COLUMNS, len(tiles))
    width, height = tiles[0].size
    grid = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height), "white")
    for place, tile in enumerate(tiles):
        grid.paste(tile, (place % columns * width, place // columns * height))
    return grid
