"""Draw lettering and logos, and print them onto the front."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from fitroom.wardrobe.fabrics.canvas import Canvas
from fitroom.wardrobe.fabrics.emblems import emblem
from fitroom.wardrobe.fabrics.lettering import text_mask
from fitroom.wardrobe.fabrics.prints import Print
from fitroom.wardrobe.fabrics.sheet import measure_sheet
from fitroom.wardrobe.patterns.pattern import Pattern

_SUPER = 3
_SMALL_CM = 8.0  # narrower art goes over the heart


def print_art(canvas: Canvas, pattern: Pattern, worn: Print) -> None:
    """Ink a print's art onto the part of the front that this canvas covers.

    Wide art is centred below the neckline, narrow art and art on parted fronts sits over the heart, that of bottoms
    high on the left thigh.
    """
    art = art_layer(worn, canvas.px_per_cm)
    x_cm, y_cm, scale = _place(pattern, worn)
    if scale != 1.0:
        art = _resize(art, scale)
    height, width = art.shape[0] / canvas.px_per_cm, art.shape[1] / canvas.px_per_cm
    patch = canvas.patch(x_cm - width / 2, x_cm + width / 2, y_cm - height, y_cm)
    if patch is None:
        return
    columns = ((patch.x_cm[0] - x_cm + width / 2) * canvas.px_per_cm).astype(int).clip(0, art.shape[1] - 1)
    rows = ((y_cm - patch.y_cm[:, 0]) * canvas.px_per_cm).astype(int).clip(0, art.shape[0] - 1)
    seen = art[rows][:, columns]
    below = canvas.albedo[patch.at]
    below += seen[..., 3:] * (seen[..., :3] - below)
    canvas.height_mm[patch.at] += np.float32(0.08) * seen[..., 3]


def _place(pattern: Pattern, worn: Print) -> tuple[float, float, float]:
    """Centre x and top y of the art in garment coordinates, and the factor that makes it fit."""
    sheet, width_cm, design = measure_sheet(pattern, -1), worn.repeat_cm[0], pattern.design
    if design.region == "bottom":
        return 0.5 * sheet.half_cm, -11.0, min(1.0, 6.0 / width_cm)
    blocked = any(design.details.get(name) for name in ("placket", "buttons", "zip"))
    if blocked or width_cm < _SMALL_CM:
        return 0.46 * sheet.half_cm, sheet.neck_cm - 5.0, min(1.0, min(_SMALL_CM, 0.42 * sheet.half_cm) / width_cm)
    return 0.0, sheet.neck_cm - 5.5, min(1.0, 1.15 * sheet.half_cm / width_cm)


@lru_cache(maxsize=8)
def art_layer(worn: Print, px_per_cm: float) -> np.ndarray:
    """(h, w, 4) float32: linear RGB of the ink and how much of it covers the cloth."""
    width = max(8, round(worn.repeat_cm[0] * px_per_cm)) * _SUPER
    draw = _letters if worn.pattern == "lettering" else emblem
    first, second = draw(worn, width)
    shares = [np.asarray(mask.reduce(_SUPER), np.float32) / 255.0 for mask in (first, second)]
    total = (shares[0] + shares[1])[..., None]
    inks = np.array(worn.palette[1].rgb) * shares[0][..., None] + np.array(worn.palette[2].rgb) * shares[1][..., None]
    layer = np.concatenate([inks / np.maximum(total, 1e-6), np.minimum(total, 1.0)], axis=-1).astype(np.float32)
    layer.setflags(write=False)
    return layer


def _resize(art: np.ndarray, scale: float) -> np.ndarray:
    size = max(2, round(art.shape[1] * scale)), max(2, round(art.shape[0] * scale))
    planes = [np.asarray(Image.fromarray(art[..., k]).resize(size, Image.Resampling.BOX), np.float32) for k in range(4)]
    return np.stack(planes, axis=-1)


def _letters(worn: Print, width: int) -> tuple[Image.Image, Image.Image]:
    lines = (worn.text or "").split("\n")
    head = text_mask(lines[0], worn.font or "", width)
    most = int(0.42 * width)
    if head.height > most:
        head = head.resize((max(1, head.width * most // head.height), most), Image.Resampling.BOX)
    if worn.kind == "arched":
        head = _arch(head, 0.1)
    gap = int(0.06 * width)
    line = text_mask(lines[1], worn.font or "", int(0.5 * head.width), 1.0) if len(lines) > 1 else None
    if line is not None and line.height > 0.09 * width:
        line = line.resize((max(1, round(line.width * 0.09 * width / line.height)), round(0.09 * width)))
    height = head.height + gap * 2 + (line.height + gap if line is not None else 0) + int(0.04 * width)
    first, second = Image.new("L", (width, height)), Image.new("L", (width, height))
    first.paste(head, ((width - head.width) // 2, gap))
    bottom = head.height + 2 * gap
    if line is not None:
        second.paste(line, ((width - line.width) // 2, bottom))
    bar = max(3, width // 90)
    if worn.kind == "underlined":
        ImageDraw.Draw(second).rectangle(
            (width // 4, bottom - gap // 2 - bar, 3 * width // 4, bottom - gap // 2), fill=255
        )
    elif worn.kind == "boxed":
        ImageDraw.Draw(first).rectangle((0, 0, width - 1, height - 1), outline=255, width=2 * bar)
    elif worn.kind == "outlined":
        first, second = _outline(first, second, bar)
    return first, second


def _outline(first: Image.Image, second: Image.Image, bar: int) -> tuple[Image.Image, Image.Image]:
    """Letters in the second ink inside an outline of the first."""
    filled = np.asarray(first, np.float32)
    blur = np.asarray(first.resize((max(1, first.width // bar), max(1, first.height // bar)), Image.Resampling.BOX))
    grown = np.asarray(Image.fromarray(blur).resize(first.size, Image.Resampling.BILINEAR), np.float32)
    rim = np.clip(4.0 * grown, 0.0, 255.0) - filled
    return Image.fromarray(np.clip(rim, 0, 255).astype(np.uint8)), Image.fromarray(
        np.clip(filled + np.asarray(second, np.float32), 0, 255).astype(np.uint8)
    )


def _arch(mask: Image.Image, rise: float) -> Image.Image:
    """Text bent upwards in the middle."""
    pixels = np.asarray(mask)
    width = pixels.shape[1]
    drop = (rise * width * (2 * np.arange(width) / width - 1) ** 2).astype(int)
    bent = np.zeros((pixels.shape[0] + int(drop.max()) + 1, width), np.uint8)
    rows = np.arange(pixels.shape[0])[:, None] + drop[None, :]
    bent[rows, np.arange(width)[None, :]] = pixels
    return Image.fromarray(bent)
