"""Picture strips of a record: person, garment, result, truth and error of its best, median and worst cases, in one
picture that a page of any colour can show, since what lies between the photos is transparent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from fitroom.contracts import Preprocessing
from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.columns import badness, main_metrics
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.images import encode_webp, resize_u8

COLUMNS = ("person", "garment", "result", "truth", "error")
PICTURE_HEIGHT_PX = 256
MAX_BYTES = 120_000
ERROR_SPAN = 96  # levels of 255 at which the colours of the error end
COLOR_MAP = "inferno"
_QUIET = (118, 124, 130, 255)  # reads on white and on near black
_GAP_PX, _LINE_PX, _BETWEEN_PX = 4, 20, 12


class Chosen(NamedTuple):
    """A case that stands for others: "best", "median", "worst" or "case", its id, and the value it was chosen by."""

    label: str
    case_id: str
    value: float | None


@dataclass(frozen=True)
class Shown:
    """A chosen case with its pictures.

    Attributes:
        label, case_id, value: see :class:`Chosen`.
        person_u8, garment_u8, worn_u8: (H, W, 3) uint8, of any sizes.
        truth_u8: the same; None = not known, and the strip ends with the result.
    """

    label: str
    case_id: str
    value: float | None
    person_u8: np.ndarray
    garment_u8: np.ndarray
    worn_u8: np.ndarray
    truth_u8: np.ndarray | None


def strip_metric(protocol: TryOnProtocol, samples: pd.DataFrame) -> str | None:
    """The first score its rows may be ordered by that a single case has; None where no case has one."""
    means = [name for name in main_metrics(protocol) if METRICS[name].over == "mean"]
    return next((name for name in means if np.isfinite(samples[name].to_numpy(dtype=np.float64)).any()), None)


def choose(samples: pd.DataFrame, protocol: TryOnProtocol, num: int = 2) -> list[Chosen]:
    """Which cases stand for a record: those of its best, middle and worst values.

    Args:
        samples: the per-sample table of a record.
        protocol: of the record; see :func:`strip_metric`.
        num: cases of each kind; fewer where the table is short. No case is chosen twice.

    Returns:
        From better to worse. Cases without a value are passed over, equal ones are ordered by their ids. Where no case
        has a value, such as without truths, cases from all over the table.
    """
    name = strip_metric(protocol, samples)
    if name is None:
        there = sorted(samples["case_id"][samples["pixels_sha256"].notna()])
        places = sorted(set(np.linspace(0, len(there) - 1, min(3 * num, len(there))).astype(int)))
        return [Chosen("case", there[place], None) for place in places]
    values = dict(zip(samples["case_id"], samples[name].to_numpy(dtype=np.float64), strict=True))
    known = [case for case, value in values.items() if np.isfinite(value)]
    order = sorted(known, key=lambda case: (badness(METRICS[name], values[case]), case))
    num = max(min(num, len(order) // 3), 1)
    best, worst, middle = order[:num], order[num:][-num:], order[num:-num]
    start = max((len(middle) - num + 1) // 2, 0)
    found = {"best": best, "median": middle[start : start + num], "worst": worst}
    return [Chosen(label, case, float(values[case])) for label, cases in found.items() for case in cases]


def strip_tiles(shown: Shown) -> list[np.ndarray]:
    """The pictures of one case, at most 256 px high and all of one size, and their error: (H, W, 3) uint8 each."""
    height = min(PICTURE_HEIGHT_PX, shown.person_u8.shape[0])
    width = max(round(shown.person_u8.shape[1] * height / shown.person_u8.shape[0]), 8)
    spec = Preprocessing(height, width, "pad", mean=[1.0, 1.0, 1.0])
    given = [shown.person_u8, shown.garment_u8, shown.worn_u8, shown.truth_u8]
    tiles = [resize_u8(picture_u8, spec) for picture_u8 in given if picture_u8 is not None]
    return tiles if shown.truth_u8 is None else [*tiles, error_u8(tiles[2], tiles[3])]


def error_u8(worn_u8: np.ndarray, truth_u8: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 colours of the difference of two pictures of one size: black = none, pale = 96 levels or more."""
    error_unit = np.abs(worn_u8.astype(np.float32) - truth_u8).mean(axis=2) / ERROR_SPAN
    return _colors(np.clip(error_unit, 0, 1))


def strips_webp(shown: Sequence[Shown]) -> bytes:
    """All strips below each other as the bytes of a WebP of less than 120 kB.

    Raises:
        EvaluationError: there are none, or they are not all of one size.
    """
    strips = [strip_tiles(one) for one in shown]
    shapes = {tile_u8.shape for tiles in strips for tile_u8 in tiles}
    if len(shapes) != 1 or len({len(tiles) for tiles in strips}) != 1:
        raise EvaluationError(
            "these strips do not make a picture", rule="at least one, all of as many pictures of one size", got=shapes
        )
    sheet = _sheet(strips, [_line(one) for one in shown])
    for scale in (1.0, 0.8, 0.65, 0.5, 0.35):
        size = (round(sheet.width * scale), round(sheet.height * scale))
        pixels_u8 = np.asarray(sheet if scale == 1 else sheet.resize(size, Image.Resampling.LANCZOS))
        for quality in (80, 70, 60, 50):
            data = encode_webp(pixels_u8, quality)
            if len(data) < MAX_BYTES:
                return data
    return data


def _line(shown: Shown) -> str:
    return "   ".join([shown.label, shown.case_id] + ([] if shown.value is None else [f"{shown.value:.4g}"]))


def _sheet(strips: Sequence[list[np.ndarray]], lines: Sequence[str]) -> Image.Image:
    num, (height, width) = len(strips[0]), strips[0][0].shape[:2]
    step = _LINE_PX + height + _BETWEEN_PX
    legend = _LINE_PX if num == len(COLUMNS) else 0
    sheet = Image.new("RGBA", (num * (width + _GAP_PX) - _GAP_PX, _LINE_PX + len(strips) * step + legend))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for column, title in enumerate(COLUMNS[:num]):
        draw.text((column * (width + _GAP_PX), 1), title, _QUIET, font)
    for place, (tiles, line) in enumerate(zip(strips, lines, strict=True)):
        top = _LINE_PX + place * step
        draw.line((0, top + 1, sheet.width, top + 1), (*_QUIET[:3], 90))
        draw.text((0, top + 4), line, _QUIET, font)
        for column, tile_u8 in enumerate(tiles):
            sheet.paste(Image.fromarray(tile_u8), (column * (width + _GAP_PX), top + _LINE_PX + 3))
    if legend:
        _draw_legend(sheet, draw, font, (num - 1) * (width + _GAP_PX), width)
    return sheet


def _draw_legend(sheet: Image.Image, draw: ImageDraw.ImageDraw, font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
                 left: int, width: int) -> None:  # fmt: skip
    """The scale of the error below its column."""
    top, words = sheet.height - _LINE_PX, f"{ERROR_SPAN}+ of 255"
    start, end = left + round(draw.textlength("0", font)) + 6, left + width - round(draw.textlength(words, font)) - 6
    draw.text((left, top + 2), "0", _QUIET, font)
    draw.text((end + 6, top + 2), words, _QUIET, font)
    if end - start >= 8:
        ramp_u8 = _colors(np.tile(np.linspace(0, 1, end - start), (8, 1)))
        sheet.paste(Image.fromarray(ramp_u8), (start, top + 6))


def _colors(values_unit: np.ndarray) -> np.ndarray:
    """(H, W) in [0, 1] to (H, W, 3) uint8 by a colour map whose lightness is even."""
    from matplotlib import colormaps  # half a second, which choosing cases need not wait for

    colors: np.ndarray = colormaps[COLOR_MAP](values_unit, bytes=True)[..., :3]
    return colors
