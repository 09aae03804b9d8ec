"""Made-up words and years, and the fonts that ship with matplotlib to set them in."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = (
    "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf", "DejaVuSans-BoldOblique.ttf",
    "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf",
    "DejaVuSerif-BoldItalic.ttf", "DejaVuSerif-Italic.ttf", "STIXGeneral.ttf", "STIXGeneralBol.ttf",
    "STIXGeneralItalic.ttf", "STIXGeneralBolIta.ttf", "cmr10.ttf", "cmb10.ttf", "cmss10.ttf", "cmtt10.ttf",
)  # fmt: skip
_HEADS = ("br", "d", "f", "gl", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w")
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")
_TAILS = ("", "l", "n", "nd", "r", "rk", "s", "st", "th")
_SUBLINES = ("athletic dept", "surf club", "est. {year}", "studio", "no. {number}", "supply co", "{year}", "league")


def words(rng: np.random.Generator) -> str:
    """One or two lines nobody owns: a pronounceable word or a year, often with a small line beneath."""
    year = int(rng.integers(1948, 2026))
    head = str(year) if rng.random() < 0.15 else "".join(_syllable(rng) for _ in range(int(rng.integers(2, 4))))
    lines = [head]
    if rng.random() < 0.55:
        lines.append(str(rng.choice(_SUBLINES)).format(year=year, number=int(rng.integers(1, 99))))
    text = "\n".join(lines)
    return text.upper() if rng.random() < 0.6 else text.capitalize()


def _syllable(rng: np.random.Generator) -> str:
    return str(rng.choice(_HEADS)) + str(rng.choice(_VOWELS)) + (str(rng.choice(_TAILS)) if rng.random() < 0.5 else "")


@lru_cache(maxsize=64)
def typeface(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """A font by its file name in matplotlib's data folder."""
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size_px)


def text_mask(text: str, font: str, width: int, spacing: float = 0.0) -> Image.Image:
    """A line of text cropped to its ink and scaled to a width."""
    face = typeface(font, 160)
    spaced = (" " * round(spacing)).join(text) if spacing else text
    left, top, right, bottom = face.getbbox(spaced)
    mask = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(mask).text((4 - left, 4 - top), spaced, font=face, fill=255)
    return mask.resize((width, max(1, round(mask.height * width / mask.width))), Image.Resampling.BOX)
