"""Whom a lookbook is for, and what they want it for: from a YAML file, from words, or both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from fitroom.config import load_config
from fitroom.data.outfits.pieces import CONTEXT
from fitroom.data.sizing.measures import checked_measures
from fitroom.errors import ConfigError
from fitroom.pipelines.sizing.answers import Answers

ANY = "any"


@dataclass
class Shopper:
    """One shopper; of all but the photo, what is left out is not known, or all one."""

    photo: str | None = None
    """A photo of the shopper, wearing anything; a path that starts at the file's folder."""
    name: str = ""
    """For the page's title."""
    sex: str | None = None
    """female or male, as the body surveys know it."""
    height: float | None = None
    """cm."""
    weight: float | None = None
    """kg."""
    age: float | None = None
    """Years."""
    body: dict[str, float] = field(default_factory=dict)
    """Tape measures in cm: chest, waist, hip, ..."""
    measured: bool = False
    """A trained hand measured: the numbers are exact."""
    prefer: Literal["tighter", "regular", "looser"] = "regular"
    """How clothes are to sit."""
    liked: list[str] = field(default_factory=list)
    """Ids of items that the shopper likes."""
    department: str | None = None
    """For whom the items are made, in the catalogue's word; unisex ones always count. Left out, the sex says it; "any"
    = all."""
    season: str | None = None
    """spring, summer, autumn or winter."""
    weather: str | None = None
    """hot, mild, cold or rain."""
    occasion: str | None = None
    """everyday, office, sport, evening or outdoor."""

    @property
    def context(self) -> dict[str, str]:
        """Season, weather and occasion, as far as they are said."""
        return {name: word for name in CONTEXT if (word := getattr(self, name)) is not None}

    @property
    def wears(self) -> str | None:
        """The department; None = all."""
        chosen = self.department or self.sex
        return None if chosen in (None, ANY) else chosen

    def answers(self) -> Answers:
        """What the size advisor is told.

        Raises:
            ConfigError: a tape measure that is unknown or cannot be true; or nothing at all.
        """
        told = {"height": self.height, "weight": self.weight, "age": self.age}
        values = {name: float(value) for name, value in told.items() if value is not None}
        values |= checked_measures(self.body, "body", "the shopper's body")
        if not values:
            raise ConfigError(
                "nothing is known of the shopper's body", where="the shopper",
                rule="a height and a weight at least, or some tape measures",
                fix="--height 172 --weight 65, or height: and weight: in the shopper's file",
            )  # fmt: skip
        return Answers(values, self.sex, self.measured)


def read_shopper(path: Path | None, told: dict[str, Any]) -> Shopper:
    """A shopper.

    Args:
        path: YAML of the fields of :class:`Shopper`; None = words alone.
        told: fields that were said in words; they count for more than the file. "body" is added to the file's.

    Raises:
        ConfigError: the file cannot be read, or has a field that is not known or of another type; there is no photo.
    """
    shopper = Shopper() if path is None else load_config(Shopper, path)
    if path is not None and shopper.photo is not None:
        shopper.photo = str(path.parent / shopper.photo)
    given = {name: value for name, value in told.items() if value not in (None, [], {}, False)}
    shopper = replace(shopper, **{**given, "body": {**shopper.body, **told.get("body", {})}})
    if shopper.photo is None:
        raise ConfigError(
            "there is no photo of the shopper", where=path or "the words", rule="a photo of somebody, head to foot",
            fix="--photo FILE, or photo: in the shopper's file",
        )  # fmt: skip
    return shopper
