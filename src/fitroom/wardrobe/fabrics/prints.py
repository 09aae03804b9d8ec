"""The print book: 2,048 colourways of solids, stripes, checks, florals, dots, all-overs, logos, lettering and photos.

A print knows nothing of the garment; :func:`printed_on` adapts it to what a material is sold in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fitroom.wardrobe.fabrics.fabric import Material
from fitroom.wardrobe.fabrics.lettering import FONTS, words
from fitroom.wardrobe.fabrics.palettes import Color, contrast, harmony, luminance, single
from fitroom.wardrobe.plan import check_index

NUM_PRINTS = 2048
PatternName = Literal["solid", "stripe", "check", "floral", "dots", "print", "logo", "lettering", "photo"]
PATTERNS: tuple[PatternName, ...] = PatternName.__args__  # type: ignore[attr-defined]
SHARES = (0.42, 0.13, 0.09, 0.09, 0.05, 0.08, 0.06, 0.05, 0.03)
_STREAM, _MATERIAL_STREAM = 71_003, 71_004
_PLAIN_MATERIALS = {"denim", "leather", "fleece"}
_ART = {"logo", "lettering"}
_REPEAT_FROM_RHYTHM = {"stripe", "check"}


@dataclass(frozen=True)
class Print:
    """What is dyed, woven or printed onto a cloth.

    Attributes:
        index: its number in the catalogue.
        pattern: the recogniser's label for it.
        kind: which drawing of that pattern: "breton", "gingham", "ditsy" ...
        palette: its dyes, the ground first.
        repeat_cm: (width, height) after which it repeats; of chest art the size of the art.
        rhythm: of stripes and checks: (index into ``palette``, width in cm) over one repeat.
        font: file name of the font of chest art with text, else None.
        text: the lines of that text, split by a line feed, else None.
    """

    index: int
    pattern: PatternName
    kind: str
    palette: tuple[Color, ...]
    repeat_cm: tuple[float, float] = (1.0, 1.0)
    rhythm: tuple[tuple[int, float], ...] = ()
    font: str | None = None
    text: str | None = None

    @property
    def colorway(self) -> str:
        """The names of its dyes, e.g. "navy/white"."""
        return "/".join(color.name for color in self.palette)

    @property
    def on_chest(self) -> bool:
        """Whether it is one picture on the front instead of all over."""
        return self.pattern in _ART


def print_(index: int) -> Print:
    """The print of that number, always the same one.

    Args:
        index: 0 to ``NUM_PRINTS - 1``.

    Raises:
        ConfigError: an index outside the catalogue.
    """
    check_index("print", index, NUM_PRINTS)
    rng = np.random.default_rng([index, _STREAM])
    pattern = PATTERNS[int(rng.choice(len(PATTERNS), p=SHARES))]
    return _MAKE[pattern](index, rng)


def printed_on(decor: Print, material: Material) -> Print:
    """The print as that material is sold: denim and leather plain in colours of their own, satin without chest art."""
    rng = np.random.default_rng([decor.index, _MATERIAL_STREAM])
    if material in {"denim", "leather"}:
        return Print(decor.index, "solid", "plain", (single(rng, material),))
    sheer_or_shiny = material in {"satin", "chiffon"} and decor.on_chest
    if sheer_or_shiny or (material in _PLAIN_MATERIALS and not (decor.on_chest or decor.pattern == "solid")):
        return Print(decor.index, "solid", "plain", decor.palette[:1])
    if material in {"wool knit", "linen"} and decor.pattern in {"photo", "logo", "lettering", "dots"}:
        return Print(decor.index, "solid", "plain", decor.palette[:1])
    return decor


def _solid(index: int, rng: np.random.Generator) -> Print:
    return Print(index, "solid", "plain", (single(rng),))


def _stripe(index: int, rng: np.random.Generator) -> Print:
    kinds = ("breton", "even", "bands", "double", "pinstripe", "candy", "ticking")
    kind = str(rng.choice(kinds, p=(0.24, 0.18, 0.14, 0.14, 0.12, 0.10, 0.08)))
    palette = harmony(rng, 3 if kind in {"bands", "double"} else 2)
    unit = float(rng.uniform(0.85, 1.2))
    rhythm = {
        "breton": ((0, 1.7), (1, 0.8)),
        "even": ((0, 1.0), (1, 1.0)) if rng.random() < 0.5 else ((0, 2.6), (1, 2.6)),
        "bands": ((0, 7.0), (1, 4.0), (2, 1.2), (1, 4.0)),
        "double": ((0, 3.0), (1, 0.5), (0, 0.6), (2, 0.5)),
        "pinstripe": ((0, 1.6), (1, 0.12)),
        "candy": ((0, 0.4), (1, 0.4)),
        "ticking": ((0, 1.1), (1, 0.28), (0, 0.22), (1, 0.12), (0, 0.22), (1, 0.28)),
    }[kind]
    upright = kind in {"pinstripe", "candy", "ticking"} or (kind in {"double", "even"} and rng.random() < 0.25)
    return _rhythmic(index, "stripe", f"{'vertical' if upright else 'horizontal'} {kind}", palette, rhythm, unit)


def _check(index: int, rng: np.random.Generator) -> Print:
    kind = str(rng.choice(("gingham", "tartan", "windowpane", "tattersall", "buffalo")))
    palette = harmony(rng, 3)
    rhythm = {
        "gingham": ((0, 0.6), (1, 0.6)),
        "tartan": ((0, 2.6), (1, 1.5), (2, 0.25), (1, 1.5), (0, 2.6), (1, 0.4), (0, 0.5), (1, 0.4)),
        "windowpane": ((0, 4.6), (1, 0.22)),
        "tattersall": ((0, 1.3), (1, 0.16), (0, 1.3), (2, 0.16)),
        "buffalo": ((0, 2.8), (1, 2.8)),
    }[kind]
    return _rhythmic(index, "check", kind, palette, rhythm, float(rng.uniform(0.8, 1.3)))


def _rhythmic(
    index: int,
    pattern: PatternName,
    kind: str,
    palette: tuple[Color, ...],
    rhythm: tuple[tuple[int, float], ...],
    unit: float,
) -> Print:
    rhythm = tuple((color, width * unit) for color, width in rhythm)
    repeat = sum(width for _, width in rhythm)
    used = 1 + max(color for color, _ in rhythm)
    return Print(index, pattern, kind, palette[:used], (repeat, repeat), rhythm)


def _floral(index: int, rng: np.random.Generator) -> Print:
    kind = str(rng.choice(("ditsy", "blooms", "meadow", "branches")))
    repeat = {"ditsy": 9.0, "blooms": 27.0, "meadow": 16.0, "branches": 22.0}[kind] * float(rng.uniform(0.85, 1.15))
    return Print(index, "floral", kind, harmony(rng, 3), (repeat, repeat))


def _dots(index: int, rng: np.random.Generator) -> Print:
    kind = str(rng.choice(("pin dots", "polka", "coin", "scattered")))
    repeat = {"pin dots": 1.1, "polka": 2.4, "coin": 5.0, "scattered": 12.0}[kind] * float(rng.uniform(0.8, 1.2))
    return Print(index, "dots", kind, harmony(rng, 2), (repeat, repeat))


def _all_over(index: int, rng: np.random.Generator) -> Print:
    kind = str(rng.choice(("brush", "terrazzo", "tiles", "leaves", "camo", "animal", "chevron", "waves")))
    repeat = {"tiles": 12.0, "chevron": 6.0, "camo": 30.0, "waves": 20.0}.get(kind, 18.0) * float(rng.uniform(0.8, 1.2))
    return Print(index, "print", kind, harmony(rng, 3), (repeat, repeat))


def _logo(index: int, rng: np.random.Generator) -> Print:
    kind = str(rng.choice(("emblem", "badge", "peaks", "waves", "sun", "monogram", "bars")))
    ground = single(rng)
    small = rng.random() < 0.4
    width = float(rng.uniform(4.5, 6.5) if small else rng.uniform(13.0, 21.0))
    text = words(rng).split("\n")[0]
    font = str(rng.choice(FONTS))
    return Print(index, "logo", kind, _inked(ground, rng), (width, width), (), font, text)


def _lettering(index: int, rng: np.random.Generator) -> Print:
    kind = str(rng.choice(("plain", "outlined", "underlined", "arched", "boxed")))
    width = float(rng.uniform(15.0, 25.0))
    return Print(
        index, "lettering", kind, _inked(single(rng), rng), (width, width), (), str(rng.choice(FONTS)), words(rng)
    )


def _photo(index: int, rng: np.random.Generator) -> Print:
    ground = harmony(rng, 3)
    repeat = float(rng.uniform(34.0, 60.0))
    return Print(index, "photo", "picture", ground, (repeat, repeat))


def _inked(ground: Color, rng: np.random.Generator) -> tuple[Color, ...]:
    """The ground and two inks that read on it; the second is often a colour."""
    first = contrast(ground, rng)
    others = [color for color in harmony(rng, 3) if abs(luminance(color) - luminance(ground)) > 0.08]
    return ground, first, (others[0] if others else replace(first))


_MAKE = {
    "solid": _solid, "stripe": _stripe, "check": _check, "floral": _floral, "dots": _dots, "print": _all_over,
    "logo": _logo, "lettering": _lettering, "photo": _photo,
}  # fmt: skip
