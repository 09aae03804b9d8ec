"""Size charts: the body each size is cut for, and the size a body should buy.

The steps follow the style of EN 13402-3 (bands of 4 to 6 cm of chest or bust up to L, wider above; waist and hip grow
along) and of the body tables shops publish; heights grow a little with the size, as their sleeve and leg lengths do.
Unisex pieces use the male chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from fitroom.errors import FitroomError
from fitroom.wardrobe.patterns.pattern import SIZES

CHARTS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "female": {
        "chest": (80, 86, 92, 98, 106, 116),
        "waist": (63, 69, 75, 81, 90, 101),
        "hip": (88, 93, 98, 103, 111, 121),
        "height": (163, 165, 167, 169, 170, 171),
        "neck": (33.5, 34.5, 35.5, 36.5, 38, 40),
        "shoulder": (36.5, 37.5, 38.5, 39.5, 41, 43),
        "arm": (56.5, 57.2, 58, 58.8, 59.4, 60),
        "upper_arm": (25, 26.5, 28, 29.5, 32.5, 36.5),
        "wrist": (15, 15.4, 15.8, 16.2, 17, 18),
        "thigh": (52, 54.5, 57, 59.5, 64, 69.5),
        "knee": (34.5, 35.5, 36.5, 37.5, 39.5, 42),
        "rise": (24.5, 25.3, 26.1, 26.9, 28.2, 29.8),
        "inseam": (75.5, 76.2, 77, 77.8, 78, 78.2),
        "back_waist": (39.4, 40, 40.6, 41.2, 42, 43),
    },
    "male": {
        "chest": (88, 94, 100, 106, 114, 124),
        "waist": (74, 80, 86, 92, 102, 114),
        "hip": (90, 94.5, 99, 103.5, 110, 118.5),
        "height": (172, 174.5, 177, 179.5, 181.5, 183),
        "neck": (36, 37.5, 39, 40.5, 42.5, 45),
        "shoulder": (43, 44.2, 45.4, 46.6, 48.2, 50.2),
        "arm": (60, 61, 62, 63, 63.8, 64.4),
        "upper_arm": (28, 29.7, 31.4, 33.1, 35.6, 39),
        "wrist": (16.4, 16.9, 17.4, 17.9, 18.6, 19.5),
        "thigh": (51.5, 54, 56.5, 59, 63, 68),
        "knee": (35.5, 36.7, 37.9, 39.1, 41, 43.5),
        "rise": (24, 24.8, 25.6, 26.4, 27.8, 29.4),
        "inseam": (79, 80, 81, 82, 82.6, 83),
        "back_waist": (43.6, 44.4, 45.2, 46, 46.9, 47.9),
    },
}
"""By sex: body measures in cm for each of SIZES. ``arm`` runs from shoulder tip to wrist, ``back_waist`` from the high
shoulder point down to the waist, ``rise`` is waist to crotch, vertically."""


def body_chart(sex: str, size: str) -> dict[str, float]:
    """The body a size is cut for, cm by name.

    Raises:
        FitroomError: no such size.
    """
    if size not in SIZES:
        raise FitroomError("no such size", where="size", rule=f"one of {', '.join(SIZES)}", got=size)
    column = SIZES.index(size)
    return {name: float(row[column]) for name, row in CHARTS["female" if sex == "female" else "male"].items()}


def recommended_size(measures_cm: Mapping[str, float], sex: str, names: tuple[str, ...] = ("chest", "waist")) -> str:
    """The smallest size whose body chart holds the body.

    Args:
        measures_cm: the body's tape measures; those of ``names`` are used.
        sex: "female", "male" or "unisex".
        names: what must fit: chest and waist for tops, waist and hip for bottoms.

    Returns:
        A size. A body counts as held up to halfway to the next size; beyond the chart it is the largest.

    Raises:
        FitroomError: a measure is missing.
    """
    missing = [name for name in names if name not in measures_cm]
    if missing:
        raise FitroomError("body measures are missing", where="measures_cm", rule=f"needs {names}", got=missing)
    chart = CHARTS["female" if sex == "female" else "male"]
    needed = 0
    for name in names:
        row = chart[name]
        middles = [(low + high) / 2 for low, high in pairwise(row)]
        needed = max(needed, sum(measures_cm[name] > middle for middle in middles))
    return SIZES[needed]


def chart_table(sex: str) -> str:
    """The size chart as a Markdown table, one row a measure."""
    lines = ["| cm | " + " | ".join(SIZES) + " |", "|---|" + "---:|" * len(SIZES)]
    for name, row in CHARTS["female" if sex == "female" else "male"].items():
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(f"{value:g}" for value in row) + " |")
    return "\n".join(lines) + "\n"
