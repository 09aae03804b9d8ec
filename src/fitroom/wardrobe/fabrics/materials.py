"""The roll store: 512 fabrics of ten materials, each with mechanics from published ranges and a look to match.

Sources of the ranges, and how they were rounded, are in ``docs/wardrobe/fabrics.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from fitroom.wardrobe.fabrics.fabric import MATERIALS, Fabric, Material
from fitroom.wardrobe.plan import check_index

NUM_FABRICS = 512
SPREAD = 0.3  # a fabric lies within this share of its material's typical numbers
GRAVITY_M_S2 = 9.81
_STREAM = 71_001

# Bending length in cm against the drape coefficient of a 30 cm disc on an 18 cm support: read off the simulated test
# (drape.cusick, 7 mm mesh). It depends on nothing else: discs of 60 and 400 g/m2 differ by 0.02.
CUSICK_TABLE: tuple[tuple[float, float], ...] = (
    (0.4, 0.155), (0.6, 0.183), (0.8, 0.218), (1.0, 0.249), (1.2, 0.275), (1.4, 0.312), (1.7, 0.393), (2.0, 0.466),
    (2.4, 0.562), (2.8, 0.665), (3.2, 0.739), (4.0, 0.859), (5.0, 0.896), (6.5, 0.908),
)  # fmt: skip


@dataclass(frozen=True)
class Stock:
    """Typical numbers of one material, in the units of :class:`Fabric`, and how often shops sell it.

    ``weaves`` lists its fine structures, the usual one first.
    """

    share: float
    density_g_m2: float
    thickness_mm: float
    bend_n_m: float
    stretch_n_m: float
    shear_ratio: float
    friction: float
    roughness: float
    specular: float
    sheen: float
    translucency: float
    weaves: tuple[str, ...]


STOCK: Mapping[Material, Stock] = MappingProxyType(
    {
        "jersey": Stock(0.24, 165, 0.6, 3.0e-06, 110, 0.60, 0.46, 0.85, 0.06, 0.12, 0.05, ("knit", "knit", "rib")),
        "poplin": Stock(0.14, 115, 0.25, 6.0e-06, 1800, 0.20, 0.42, 0.70, 0.10, 0.04, 0.10, ("plain",)),
        "denim": Stock(0.10, 400, 0.8, 8.0e-05, 4000, 0.30, 0.5, 0.85, 0.05, 0.03, 0.0, ("twill",)),
        "satin": Stock(0.07, 105, 0.2, 2.2e-06, 1500, 0.12, 0.4, 0.30, 0.45, 0.06, 0.06, ("satin",)),
        "chiffon": Stock(0.05, 52, 0.15, 5.0e-07, 1100, 0.10, 0.4, 0.60, 0.12, 0.05, 0.28, ("plain",)),
        "linen": Stock(0.08, 175, 0.45, 1.2e-05, 2600, 0.20, 0.46, 0.80, 0.07, 0.04, 0.10, ("plain",)),
        "wool knit": Stock(0.11, 310, 1.9, 9.0e-06, 75, 0.55, 0.55, 0.92, 0.03, 0.25, 0.02, ("knit", "knit", "rib")),
        "fleece": Stock(0.08, 280, 1.6, 2.0e-05, 130, 0.55, 0.5, 0.92, 0.03, 0.22, 0.0, ("fleece",)),
        "leather": Stock(0.04, 560, 0.9, 1.5e-04, 4200, 0.60, 0.5, 0.42, 0.40, 0.02, 0.0, ("grain",)),
        "twill": Stock(0.09, 245, 0.5, 2.2e-05, 3200, 0.25, 0.45, 0.75, 0.08, 0.04, 0.02, ("twill",)),
    }
)


def drape_coefficient(bend_n_m: float, density_g_m2: float) -> float:
    """Share of the ring under the edge that the hanging cloth still shades in a Cusick test, from 0 to 1.

    Args:
        bend_n_m: flexural rigidity B in N m (per metre of width).
        density_g_m2: weight per area.
    """
    lengths, coefficients = zip(*CUSICK_TABLE, strict=True)
    return float(np.interp(bending_length_cm(bend_n_m, density_g_m2), lengths, coefficients))


def bending_length_cm(bend_n_m: float, density_g_m2: float) -> float:
    """Peirce's bending length c = (B / w)^(1/3) with w the weight per area in N/m^2; 1 to 5 cm for clothes."""
    return float(100.0 * np.cbrt(bend_n_m / (1e-3 * density_g_m2 * GRAVITY_M_S2)))


def fabric(index: int) -> Fabric:
    """The fabric of that number, always the same one.

    Args:
        index: 0 to ``NUM_FABRICS - 1``.

    Raises:
        ConfigError: an index outside the catalogue.
    """
    check_index("fabric", index, NUM_FABRICS)
    rng = np.random.default_rng([index, _STREAM])
    shares = np.array([STOCK[name].share for name in MATERIALS])
    material = MATERIALS[int(rng.choice(len(MATERIALS), p=shares / shares.sum()))]
    stock = STOCK[material]
    vary = 1.0 + SPREAD * rng.uniform(-1.0, 1.0, size=10)
    # A heavier cloth of one kind is thicker and stiffer too, hence the shared factor.
    weight = float(vary[0])
    density_g_m2 = stock.density_g_m2 * weight
    bend_n_m = stock.bend_n_m * float(np.clip(weight * vary[1], 1.0 - SPREAD, 1.0 + SPREAD))
    return Fabric(
        index=index,
        material=material,
        density_g_m2=density_g_m2,
        thickness_mm=stock.thickness_mm * weight,
        bend_n_m=bend_n_m,
        stretch_n_m=stock.stretch_n_m * float(vary[2]),
        shear_ratio=min(1.0, stock.shear_ratio * float(vary[3])),
        friction=float(np.clip(stock.friction * vary[4], 0.36, 0.65)),
        drape_coefficient=drape_coefficient(bend_n_m, density_g_m2),
        roughness=float(np.clip(stock.roughness * (1.0 + 0.4 * (vary[5] - 1.0)), 0.2, 0.98)),
        specular=min(1.0, stock.specular * float(vary[6])),
        sheen=min(1.0, stock.sheen * float(vary[7])),
        translucency=min(1.0, stock.translucency * float(vary[8])),
        weave=str(rng.choice(stock.weaves)),
    )
