"""Emblems of simple shapes with a word nobody owns, as two masks: one for each ink."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from fitroom.wardrobe.fabrics.lettering import text_mask
from fitroom.wardrobe.fabrics.prints import Print


def emblem(worn: Print, width: int) -> tuple[Image.Image, Image.Image]:
    first, second = Image.new("L", (width, width)), Image.new("L", (width, width))
    one, two = ImageDraw.Draw(first), ImageDraw.Draw(second)
    half = width / 2
    if worn.kind in {"emblem", "badge"}:
        ring = max(3, width // 28)
        one.ellipse((1, 1, width - 2, width - 2), outline=255, width=ring)
        if worn.kind == "badge":
            one.ellipse((2.2 * ring, 2.2 * ring, width - 2.2 * ring, width - 2.2 * ring), outline=255, width=ring // 2)
        _fit_text(first, worn, (0.2 * width, 0.40 * width, 0.8 * width, 0.62 * width))
    elif worn.kind == "peaks":
        one.polygon([(0, 0.7 * width), (0.36 * width, 0.14 * width), (0.72 * width, 0.7 * width)], fill=255)
        one.polygon([(0.42 * width, 0.7 * width), (0.72 * width, 0.3 * width), (width, 0.7 * width)], fill=255)
        cap = [(0.36, 0.14), (0.46, 0.30), (0.40, 0.27), (0.36, 0.34), (0.31, 0.27), (0.26, 0.30)]
        one.polygon([(x * width, y * width) for x, y in cap], fill=0)
        two.polygon([(x * width, y * width) for x, y in cap], fill=255)
        _fit_text(first, worn, (0.1 * width, 0.78 * width, 0.9 * width, 0.95 * width))
    elif worn.kind == "waves":
        for k in range(3):
            x = np.linspace(0.02, 0.98, 60) * width
            y = (0.28 + 0.15 * k) * width + 0.05 * width * np.sin(4 * np.pi * x / width + 0.6 * k)
            line = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
            (two if k == 1 else one).line(line, fill=255, width=width // 16, joint="curve")
        _fit_text(first, worn, (0.15 * width, 0.76 * width, 0.85 * width, 0.92 * width))
    elif worn.kind == "sun":
        two.pieslice((0.22 * width, 0.2 * width, 0.78 * width, 0.76 * width), 180, 360, fill=255)
        for angle in np.linspace(np.pi, 2 * np.pi, 9):
            ray = [(half + r * width * np.cos(angle), 0.48 * width + r * width * np.sin(angle)) for r in (0.33, 0.44)]
            two.line(ray, fill=255, width=width // 36)
        for k in range(3):
            one.rectangle((0.12 * width, (0.52 + 0.07 * k) * width, 0.88 * width, (0.555 + 0.07 * k) * width), fill=255)
        _fit_text(first, worn, (0.15 * width, 0.8 * width, 0.85 * width, 0.95 * width))
    elif worn.kind == "bars":
        for k in range(4):
            shift = 0.2 * width * k
            bar = [(shift + 0.1 * width, 0.65 * width), (shift + 0.2 * width, 0.25 * width)]
            bar += [(shift + 0.32 * width, 0.25 * width), (shift + 0.22 * width, 0.65 * width)]
            (two if k == 3 else one).polygon(bar, fill=255)
        _fit_text(first, worn, (0.1 * width, 0.75 * width, 0.9 * width, 0.92 * width))
    else:
        one.rounded_rectangle((1, 1, width - 2, width - 2), width // 8, fill=255)
        letter = text_mask((worn.text or "m")[:1].upper(), worn.font or "", int(0.5 * width))
        letter.thumbnail((int(0.6 * width), int(0.6 * width)))
        place = (width - letter.width) // 2, (width - letter.height) // 2
        first.paste(0, (*place, place[0] + letter.width, place[1] + letter.height), letter)
        second.paste(letter, place)
    return first, second


def _fit_text(first: Image.Image, worn: Print, box: tuple[float, float, float, float]) -> None:
    """Write the emblem's word into a box in the first ink."""
    mask = text_mask(worn.text or "", worn.font or "", int(box[2] - box[0]))
    if mask.height > box[3] - box[1]:
        mask.thumbnail((mask.width, int(box[3] - box[1])))
    left = int((box[0] + box[2] - mask.width) / 2)
    top = int((box[1] + box[3] - mask.height) / 2)
    first.paste(255, (left, top, left + mask.width, top + mask.height), mask)
