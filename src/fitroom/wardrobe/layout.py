"""Pictures with captions laid out on a page: even margins, one column width, type that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fitroom.errors import ConfigError
from fitroom.writing import file_beside

PAPER, INK, FAINT = (250, 249, 247), (32, 32, 36), (118, 116, 112)
SUFFIXES = (".png", ".jpg", ".jpeg")
MARGIN_PX, TITLE_PX, TEXT_PX, LEADING_PX = 36, 25, 13, 18


@dataclass(frozen=True)
class Tile:
    """Pictures side by side, all of one height, over lines of text.

    Attributes:
        pictures: (H, W, 3) uint8 each.
        lines: the caption; its first line is the darker one.
    """

    pictures: Sequence[np.ndarray]
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """A sheet before it is drawn.

    Attributes:
        title, subtitle: on top.
        rows: of tiles; a row may be shorter than others.
        picture_height_px: that all pictures are brought to.
        gap_px: between tiles; pictures inside a tile touch but for ``seam_px``.
        seam_px: see there.
    """

    title: str
    subtitle: str
    rows: Sequence[Sequence[Tile]]
    picture_height_px: int = 240
    gap_px: int = 22
    seam_px: int = 3


def check_out(out: Path) -> None:
    """Raises ConfigError where no picture can be written to ``out``."""
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError("the picture's format is not known", where="out", rule=" or ".join(SUFFIXES), got=out)
    if not out.absolute().parent.is_dir():
        raise ConfigError("the picture's folder is not there", where="out", got=out, fix="make the folder first")


def save(page: Page, out: Path) -> None:
    """Draws a page and writes it."""
    check_out(out)
    with file_beside(out) as beside:
        draw(page).save(beside, "PNG" if out.suffix.lower() == ".png" else "JPEG", quality=92)


def draw(page: Page) -> Image.Image:
    """The page as a picture."""
    rows = [[_tile(tile, page) for tile in row] for row in page.rows]
    widths = [max(row[place].width for row in rows if place < len(row)) for place in range(max(map(len, rows)))]
    heights = [max(tile.height for tile in row) for row in rows]
    head_px = MARGIN_PX + TITLE_PX + LEADING_PX + page.gap_px
    sheet = Image.new(
        "RGB",
        (
            max(2 * MARGIN_PX + sum(widths) + page.gap_px * (len(widths) - 1), 640),
            head_px + sum(heights) + page.gap_px * (len(heights) - 1) + MARGIN_PX,
        ),
        PAPER,
    )
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN_PX, MARGIN_PX - 8), page.title, INK, _font(TITLE_PX, bold=True))
    pen.text((MARGIN_PX, MARGIN_PX + TITLE_PX), page.subtitle, FAINT, _font(TEXT_PX))
    y = head_px
    for row, height in zip(rows, heights, strict=True):
        x = MARGIN_PX
        for tile, width in zip(row, widths, strict=False):
            sheet.paste(tile, (x, y))
            x += width + page.gap_px
        y += height + page.gap_px
    return sheet


def _tile(tile: Tile, page: Page) -> Image.Image:
    pictures = [_scaled(picture, page.picture_height_px) for picture in tile.pictures]
    width = sum(picture.width for picture in pictures) + page.seam_px * (len(pictures) - 1)
    text_px = LEADING_PX * len(tile.lines) + 6 * bool(tile.lines)
    canvas = Image.new("RGB", (width, page.picture_height_px + text_px), PAPER)
    x = 0
    for picture in pictures:
        canvas.paste(picture, (x, 0))
        x += picture.width + page.seam_px
    pen = ImageDraw.Draw(canvas)
    for i, line in enumerate(tile.lines):
        place = (0, page.picture_height_px + 6 + LEADING_PX * i)
        pen.text(place, _fitting(line, width), FAINT if i else INK, _font(TEXT_PX))
    return canvas


def _scaled(picture: np.ndarray, height_px: int) -> Image.Image:
    image = Image.fromarray(picture)
    return image.resize((max(round(image.width * height_px / image.height), 1), height_px), Image.Resampling.LANCZOS)


def _fitting(line: str, width_px: int) -> str:
    """The line, cut at a word with an ellipsis where it is too long."""
    font = _font(TEXT_PX)
    if font.getlength(line) <= width_px:
        return line
    while line and font.getlength(line + "…") > width_px:
        line = line[:-1]
    return line.rstrip(" ,·") + "…"


@cache
def _font(size_px: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size_px)
