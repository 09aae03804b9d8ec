"""A fabric as data: its mechanics, its look, and the painted surface of one garment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Material = Literal[
    "jersey", "poplin", "denim", "satin", "chiffon", "linen", "wool knit", "fleece", "leather", "twill",
]  # fmt: skip
MATERIALS: tuple[Material, ...] = Material.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Fabric:
    """One cloth off the roll.

    Attributes:
        index: its number in the catalogue; ``fabrics.materials.fabric(index)`` makes it.
        material: what a label would say.
        density_g_m2: weight per area.
        thickness_mm: of one layer.
        bend_n_m: flexural rigidity B, N m (5e-7 chiffon ... 2e-4 leather).
        stretch_n_m: membrane stiffness along the grain, N/m; ``shear_ratio`` of it on the bias.
        shear_ratio: in (0, 1].
        friction: against skin, in [0, 1].
        drape_coefficient: in [0, 1], as the simulated Cusick test measures it (1 = stiff as card).
        roughness: of the highlight, in (0, 1]: 0.25 satin, 0.9 wool.
        specular: strength of the highlight, in [0, 1].
        sheen: pale rim of fuzzy cloth, in [0, 1].
        translucency: share of light let through, in [0, 1].
        weave: which fine structure is drawn: "knit", "rib", "plain", "twill", "satin", "fleece", "grain" (leather).
    """

    index: int
    material: Material
    density_g_m2: float
    thickness_mm: float
    bend_n_m: float
    stretch_n_m: float
    shear_ratio: float
    friction: float
    drape_coefficient: float
    roughness: float
    specular: float
    sheen: float
    translucency: float
    weave: str


@dataclass(frozen=True)
class Surface:
    """The painted sewing pattern of one garment: a texture over its atlas (row 0 = top = largest y).

    Attributes:
        albedo: (H, W, 3) float32 linear reflectance in [0, 1].
        height_mm: (H, W) float32 relief for shading: weave, ribs, stitches, pocket edges.
        px_per_cm: texels per cm; atlas point (x, y) in cm lies at column x * px_per_cm, row H - y * px_per_cm.
        fabric: how it shines.
        colors: names of the main colours, most covering first, e.g. ("navy", "white").
        pattern: solid, stripe, check, floral, dots, print, logo, lettering, photo.
    """

    albedo: np.ndarray
    height_mm: np.ndarray
    px_per_cm: float
    fabric: Fabric
    colors: tuple[str, ...]
    pattern: str
