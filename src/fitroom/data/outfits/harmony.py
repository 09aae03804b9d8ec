"""Rules of thumb for colours on a wheel of twelve, as painters' and dressers' handbooks give them.

Neutrals go with everything; hues go with their like (same or neighbours) and with their complement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

NEUTRALS = frozenset({"black", "white", "grey", "beige", "brown"})
# Hours on the dressers' wheel, red at 0; navy and denim count as blue.
HOURS: Mapping[str, int] = {"red": 0, "orange": 2, "yellow": 4, "green": 6, "blue": 8, "purple": 10, "pink": 11}
# By distance in hours, 0 to 6.
_BY_DISTANCE = (0.8, 0.8, 0.5, 0.0, -0.3, 0.2, 0.6)
NEUTRAL_PAIR, NEUTRAL_AND_HUE = 0.6, 0.7
SEMI_NEUTRAL = 0.25
"""Blue is half a neutral: denim and navy are worn with every hue."""


def pair_harmony(first: str, second: str) -> float:
    """How well two basic colours go together, -0.3 to 0.8; 0 where one of them is unknown."""
    if first in NEUTRALS and second in NEUTRALS:
        return NEUTRAL_PAIR
    if first in NEUTRALS or second in NEUTRALS:
        return NEUTRAL_AND_HUE
    if first not in HOURS or second not in HOURS:
        return 0.0
    distance = abs(HOURS[first] - HOURS[second])
    harmony = _BY_DISTANCE[min(distance, 12 - distance)]
    return harmony + SEMI_NEUTRAL if "blue" in (first, second) and first != second else harmony


def harmony(colors: Iterable[str]) -> float:
    """Mean over all pairs; 0 where there is no pair. More than two hues that are not neutral cost 0.5 each."""
    named = list(colors)
    pairs = [pair_harmony(first, second) for first, second in combinations(named, 2)]
    hues = {color for color in named if color in HOURS}
    return (sum(pairs) / len(pairs) if pairs else 0.0) - 0.5 * max(len(hues) - 2, 0)
