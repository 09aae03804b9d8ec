"""What a shopper says of the own body: names that are known, units that can be true, and how exact each answer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fitroom.config import nearest
from fitroom.data.sizing.measures import RANGES_CM
from fitroom.errors import ConfigError
from fitroom.models.sizing.config import SEXES

RANGES: Mapping[str, tuple[float, float]] = {"weight": (30, 250), "age": (18, 100), **RANGES_CM["body"]}
"""Lowest and highest answer taken for true; cm, kg, years."""
TAPE_CM = 1.5
"""Taken as the standard deviation of a girth that people take of themselves: twice what ANSUR II allows its trained
measurers between two takes of one girth. An assumption."""
GIRTHS = ("chest", "waist", "hip", "thigh", "neck", "upper_arm")
INCH_CM, POUND_KG = 2.54, 0.45359237
_UNITS = {"weight": "kg", "age": "years"}
# (how it was meant, factor to the unit that is asked for), by unit.
_MEANT = {
    "cm": (("inches", INCH_CM), ("metres", 100.0), ("mm", 0.1), ("feet", 12 * INCH_CM)),
    "kg": (("pounds", POUND_KG), ("stone", 14 * POUND_KG), ("g", 0.001)),
    "years": (("months", 1 / 12),),
}


@dataclass(frozen=True)
class Answers:
    """What one shopper tells.

    Attributes:
        values: cm, "weight" in kg, "age" in years, by name.
        sex: "female", "male", or None where it was not told.
        measured: somebody trained measured; False = the shopper told, and is not taken at the word.
    """

    values: Mapping[str, float]
    sex: str | None = None
    measured: bool = False


def unit_of(name: str) -> str:
    """cm, kg or years."""
    return _UNITS.get(name, "cm")


def check_answers(answers: Answers, where: str = "answers") -> Answers:
    """The answers, each known by name and within :data:`RANGES`.

    Raises:
        ConfigError: an unknown name or sex, no number, or a value that no adult has; where another unit would make it
            one that many have, it says which.
    """
    if answers.sex not in (*SEXES, None):
        raise ConfigError(
            "the sex is not one that the surveys know", where=where, rule="female, male, or leave it out",
            got=answers.sex, fix="left out, both are allowed for, and the intervals are wider",
        )  # fmt: skip
    for name, value in answers.values.items():
        if name not in RANGES:
            raise ConfigError(
                f"a body has no measure {name!r}", where=where, rule=f"one of {', '.join(RANGES)}",
                fix=nearest(name, list(RANGES)), code="unknown-measure",
            )  # fmt: skip
        low, high = RANGES[name]
        if not low <= value <= high:
            unit, meant = unit_of(name), _meant(name, value)
            raise ConfigError(
                f"a {name} cannot be this", where=where, rule=f"{low:g} to {high:g} {unit}, adults only", got=value,
                fix=meant or f"give it in {unit}", code="measure-unit" if meant else "measure-range",
            )  # fmt: skip
    return answers


def other_units(name: str, value: float) -> list[tuple[str, float]]:
    """(what was meant, value in cm, kg or years) of an answer, had it been meant otherwise."""
    halves = [("half the girth", 2 * value)] if name in GIRTHS else []
    return [(meant, value * factor) for meant, factor in _MEANT[unit_of(name)]] + halves


def _meant(name: str, value: float) -> str | None:
    low, high = RANGES[name]
    for meant, converted in other_units(name, value):
        if low <= converted <= high:
            return f"{value:g} looks like {meant}: give {converted:.1f} {unit_of(name)}"
    return None
