"""Measures as people give them: names that are known, centimetres that can be true, fabrics by name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from fitroom.config import nearest
from fitroom.errors import ConfigError
from fitroom.wardrobe.fabrics.materials import STOCK, drape_coefficient

Of = Literal["body", "garment"]

# Lowest and highest value taken for true, cm: adults and their clothes, with room on both sides. Girths are whole, so
# most half girths (a garment measured flat) fall below the lowest.
RANGES_CM: Mapping[Of, Mapping[str, tuple[float, float]]] = {
    "body": {
        "height": (120, 230), "chest": (60, 180), "waist": (45, 180), "hip": (60, 190), "thigh": (30, 110),
        "neck": (22, 65), "upper_arm": (15, 70), "inseam": (45, 115), "back_length": (25, 70),
        "shoulder_width": (24, 65), "sleeve": (35, 90),
    },
    "garment": {
        "chest": (64, 230), "waist": (50, 230), "hip": (64, 230), "hem": (50, 600), "shoulder": (20, 100),
        "neck": (8, 45), "length": (15, 190), "sleeve": (3, 100), "biceps": (18, 120), "cuff": (10, 90),
        "thigh": (36, 140), "rise": (12, 55), "inseam": (2, 115), "outseam": (15, 145), "leg_opening": (16, 200),
    },
}  # fmt: skip


_INCH_CM = 2.54


def checked_measures(values: Mapping[str, object], of: Of, where: str) -> dict[str, float]:
    """Measures by name, every one known, a number and within :data:`RANGES_CM`.

    Args:
        values: cm by name; a text that is a number counts as one.
        of: whose measures.
        where: said in messages.

    Raises:
        ConfigError: an unknown name (the nearest is suggested), no number, or out of range.
    """
    return {name: _checked(name, value, of, where) for name, value in values.items()}


def read_pairs(words: Iterable[str], of: Of, where: str) -> dict[str, float]:
    """``chest=96`` words to measures by name, checked as :func:`checked_measures`.

    Raises:
        ConfigError: as there; a word that is no ``name=number``, or a name twice.
    """
    values: dict[str, object] = {}
    for word in words:
        name, sign, value = (part.strip() for part in word.partition("="))
        if not sign or not name or name in values:
            raise ConfigError(
                "a measure is given twice" if name in values else "this is no measure",
                where=where,
                rule="name=cm, each name once, e.g. chest=96 height=170",
                got=word,
            )
        values[name] = value
    return checked_measures(values, of, where)


def drape_of(fabric: str | None, drape: object, where: str) -> float | None:
    """The drape coefficient of a fabric by name, or as it was measured; None where neither is given.

    Args:
        fabric: a material of the wardrobe, e.g. "denim"; its typical coefficient is taken.
        drape: the coefficient itself, 0 limp to 1 stiff.
        where: said in messages.

    Raises:
        ConfigError: both, an unknown fabric, or no number in [0, 1].
    """
    if fabric and drape is not None:
        raise ConfigError("fabric and drape say the same thing", where=where, rule="one of them", got=(fabric, drape))
    if fabric:
        if fabric not in STOCK:
            fix = nearest(fabric, sorted(STOCK))
            raise ConfigError(
                "no such fabric", where=where, rule=f"one of {', '.join(sorted(STOCK))}", got=fabric, fix=fix
            )
        return round(drape_coefficient(STOCK[fabric].bend_n_m, STOCK[fabric].density_g_m2), 4)  # type: ignore[index]
    if drape is None:
        return None
    return checked_number(drape, 0, 1, "the drape coefficient", where)


def checked_number(value: object, low: float, high: float, what: str, where: str) -> float:
    """The number a value is, within ``low`` to ``high``.

    Raises:
        ConfigError: no finite number, or outside.
    """
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise ConfigError(f"{what} cannot be this", where=where, rule=f"a number from {low:g} to {high:g}", got=value)
    return number


def _checked(name: str, value: object, of: Of, where: str) -> float:
    ranges = RANGES_CM[of]
    if name not in ranges:
        raise ConfigError(
            f"no such measure of a {of}",
            where=where,
            rule=f"one of {', '.join(ranges)}",
            got=name,
            fix=nearest(name, list(ranges)),
            code="unknown-measure",
        )
    low, high = ranges[name]
    try:
        return checked_number(value, low, high, f"{of} {name}", where)
    except ConfigError as error:
        error.rule = f"{low:g} to {high:g} cm"
        error.fix = "girths are whole: a garment measured flat counts twice" if of == "garment" else "measure in cm"
        inches = _if_inches(value, low, high)
        error.fix, error.code = f"{inches}{error.fix}", "measure-unit" if inches else "measure-range"
        raise


def _if_inches(value: object, low: float, high: float) -> str:
    """What to give where the number would be true in inches; empty where it would not."""
    try:
        cm = _INCH_CM * float(str(value))
    except ValueError:
        return ""
    return f"if {value} is in inches, give {cm:.1f}; " if low <= cm <= high else ""
