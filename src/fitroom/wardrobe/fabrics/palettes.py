"""Colours by the names shops give them, the basic colour each counts as, and which go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from fitroom.wardrobe.fabrics.fabric import Material

BASIC_COLORS = (
    "black", "white", "grey", "beige", "brown", "red", "pink", "orange", "yellow", "green", "blue", "purple",
)  # fmt: skip

# name -> (sRGB hex, basic colour, how often shops stock it)
NAMED: Mapping[str, tuple[str, str, float]] = MappingProxyType(
    {
        "black": ("1d1d1f", "black", 10.0),
        "white": ("efeeea", "white", 10.0),
        "off white": ("ece7db", "white", 5.0),
        "ecru": ("ddd3bf", "beige", 4.0),
        "grey melange": ("a5a6a8", "grey", 6.0),
        "light grey": ("c6c7c8", "grey", 2.5),
        "charcoal": ("424448", "grey", 4.0),
        "stone": ("b8ad9a", "beige", 2.5),
        "sand": ("cbb594", "beige", 3.0),
        "taupe": ("8d7f72", "brown", 2.0),
        "camel": ("b08653", "brown", 3.0),
        "tan": ("9c6b3f", "brown", 1.5),
        "chocolate": ("4f372a", "brown", 2.5),
        "navy": ("232d45", "blue", 9.0),
        "midnight": ("1b2233", "blue", 2.0),
        "royal blue": ("2f4f9e", "blue", 1.5),
        "sky blue": ("a4bfd8", "blue", 4.0),
        "dusty blue": ("7389a1", "blue", 3.0),
        "indigo": ("34435f", "blue", 2.0),
        "dark denim": ("2b3850", "blue", 1.0),
        "mid denim": ("55708f", "blue", 1.0),
        "light denim": ("93acc4", "blue", 1.0),
        "petrol": ("2c5561", "blue", 1.5),
        "teal": ("37706f", "green", 1.2),
        "forest": ("2d4437", "green", 2.5),
        "bottle green": ("22493c", "green", 1.5),
        "olive": ("676646", "green", 3.5),
        "khaki": ("8b8564", "green", 2.5),
        "sage": ("a2ae95", "green", 3.0),
        "mint": ("b9d3c2", "green", 1.2),
        "burgundy": ("5f2430", "red", 3.0),
        "brick red": ("98413a", "red", 1.2),
        "red": ("b0302f", "red", 2.0),
        "terracotta": ("b2694c", "orange", 1.8),
        "rust": ("9a5032", "orange", 2.0),
        "apricot": ("e0ab84", "orange", 1.0),
        "mustard": ("c59a3d", "yellow", 2.0),
        "butter": ("ebdda6", "yellow", 1.5),
        "dusty pink": ("cf9fa1", "pink", 3.0),
        "blush": ("e6c8c2", "pink", 2.5),
        "raspberry": ("a13c5d", "pink", 1.0),
        "lilac": ("b5a7c8", "purple", 1.8),
        "mauve": ("8e7388", "purple", 1.5),
        "aubergine": ("45303f", "purple", 1.5),
    }
)

# Which colours a material is sold in, where not in all of them.
ONLY: Mapping[Material, tuple[str, ...]] = MappingProxyType(
    {
        "denim": (
            "dark denim", "mid denim", "mid denim", "light denim", "light denim", "indigo", "midnight", "black",
            "charcoal", "off white", "ecru",
        ),
        "leather": ("black", "black", "black", "chocolate", "tan", "camel", "burgundy", "midnight", "forest", "taupe"),
    }
)  # fmt: skip

# Sets that sit well together: ground first, then the figures in it.
SETS: tuple[tuple[str, ...], ...] = (
    ("white", "navy", "red"), ("white", "navy", "sky blue"), ("off white", "black", "camel"),
    ("navy", "white", "red"), ("navy", "sky blue", "white"), ("ecru", "navy", "rust"), ("ecru", "forest", "mustard"),
    ("off white", "sage", "forest"), ("off white", "dusty pink", "burgundy"), ("blush", "burgundy", "off white"),
    ("black", "off white", "grey melange"), ("black", "white", "red"), ("charcoal", "light grey", "white"),
    ("grey melange", "navy", "white"), ("light grey", "charcoal", "black"), ("sand", "chocolate", "off white"),
    ("camel", "black", "off white"), ("stone", "olive", "off white"), ("olive", "ecru", "rust"),
    ("forest", "ecru", "mustard"), ("forest", "navy", "red"), ("burgundy", "navy", "ecru"),
    ("burgundy", "blush", "ecru"), ("red", "black", "off white"), ("mustard", "off white", "navy"),
    ("rust", "ecru", "chocolate"), ("terracotta", "ecru", "petrol"), ("sky blue", "white", "navy"),
    ("dusty blue", "off white", "navy"), ("petrol", "ecru", "mustard"), ("teal", "off white", "navy"),
    ("sage", "off white", "olive"), ("mint", "white", "forest"), ("dusty pink", "off white", "burgundy"),
    ("lilac", "off white", "aubergine"), ("mauve", "ecru", "aubergine"), ("aubergine", "blush", "mustard"),
    ("butter", "white", "dusty blue"), ("apricot", "off white", "brick red"), ("chocolate", "sand", "off white"),
    ("midnight", "dusty blue", "blush"), ("white", "black", "grey melange"), ("white", "sage", "mustard"),
    ("off white", "lilac", "sage"), ("off white", "terracotta", "olive"), ("white", "dusty blue", "butter"),
)  # fmt: skip


@dataclass(frozen=True)
class Color:
    """A dye: its name, the basic colour it counts as, and its linear RGB reflectance, each in [0, 1]."""

    name: str
    basic: str
    rgb: tuple[float, float, float]


def dye(name: str, rng: np.random.Generator | None = None) -> Color:
    """The named colour, off by a few percent as dye lots are when ``rng`` is given.

    Raises:
        KeyError: a name that is not in :data:`NAMED`.
    """
    code, basic, _ = NAMED[name]
    srgb = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0
    if rng is not None:
        srgb = np.clip(srgb * (1.0 + rng.uniform(-0.05, 0.05)) + rng.uniform(-0.012, 0.012, size=3), 0.03, 0.96)
    red, green, blue = linear(srgb)
    return Color(name, basic, (float(red), float(green), float(blue)))


def single(rng: np.random.Generator, material: Material | None = None) -> Color:
    """One colour for a plain cloth, as often as shops stock it, of those the material is sold in."""
    if material is not None and material in ONLY:
        return dye(str(rng.choice(ONLY[material])), rng)
    names = [name for name in NAMED if not name.endswith("denim")]
    shares = np.array([NAMED[name][2] for name in names])
    return dye(names[int(rng.choice(len(names), p=shares / shares.sum()))], rng)


def harmony(rng: np.random.Generator, count: int) -> tuple[Color, ...]:
    """``count`` (1 to 3) colours that go together, the ground first."""
    names = SETS[int(rng.integers(len(SETS)))][:count]
    return tuple(dye(name, rng) for name in names)


def contrast(ground: Color, rng: np.random.Generator) -> Color:
    """A colour that reads well on the ground: pale on dark, dark on pale."""
    pale = luminance(ground) > 0.22
    names = ("black", "navy", "charcoal", "forest", "burgundy") if pale else ("white", "off white", "ecru", "mustard")
    return dye(str(rng.choice([name for name in names if name != ground.name])), rng)


def luminance(color: Color) -> float:
    """Relative luminance of the colour, in [0, 1]."""
    return float(np.dot(color.rgb, (0.2126, 0.7152, 0.0722)))


def linear(srgb: np.ndarray) -> np.ndarray:
    """Linear reflectance of sRGB values in [0, 1]; IEC 61966-2-1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def display(rgb: np.ndarray) -> np.ndarray:
    """sRGB values in [0, 1] of linear reflectance; the inverse of :func:`linear`."""
    rgb = np.clip(rgb, 0.0, 1.0)
    return np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055).astype(np.float32)
