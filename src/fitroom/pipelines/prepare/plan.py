"""Which prepared photos become which files and pairs of a layout; photos are known by name here, none is opened.

A person gets their own files once a category, since the repaint mask depends on the new garment. A garment somebody
wears is written under that person's name, as VITON-HD and DressCode do; others under their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from fitroom.data.pairs.layout_case import Shown
from fitroom.data.pairs.layout_files import LAYOUTS, Couple
from fitroom.data.pairs.try_on_pairs import SPLITS
from fitroom.pipelines.prepare.outcome import REFUSED, Outcome
from fitroom.pipelines.prepare.pairing import Wanted


@dataclass(frozen=True)
class Place:
    """Where a photo goes.

    Attributes:
        photo: its name.
        shown: its names in the layout.
    """

    photo: str
    shown: Shown


@dataclass
class Plan:
    """All that is to be written.

    Attributes:
        persons, garments: photos and their places.
        paired, unpaired: by split, in the layout's lists.
        notes: what was wanted and cannot be, in words.
    """

    persons: list[Place] = field(default_factory=list)
    garments: list[Place] = field(default_factory=list)
    paired: dict[str, list[Couple]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    unpaired: dict[str, list[Couple]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    notes: list[str] = field(default_factory=list)

    def ids(self) -> dict[str, list[str]]:
        """By photo, the names it has in the layout, each after its category."""
        found: dict[str, list[str]] = {}
        for place in (*self.persons, *self.garments):
            found.setdefault(place.photo, []).append(f"{place.shown.category}/{place.shown.case_id}")
        return found


def plan(outcomes: Sequence[Outcome], wanted: Sequence[Wanted], layout: str, split: str) -> Plan:
    """Plans a data set.

    Args:
        outcomes: of all photos.
        wanted: pairs that are told; persons that are in no unpaired one get other garments by turns.
        layout: of ``data.layout_files.LAYOUTS``.
        split: of whoever no pair gives another.
    """
    usable = {one.photo: one for one in outcomes if one.outcome != REFUSED}
    made = Plan()
    rows = list(_usable(wanted, usable, made.notes))
    names = _names(sorted(usable.values(), key=lambda one: one.role != "person"))  # who wears a garment names it
    for part in SPLITS:
        of_part = [row for row in rows if (row.split or split) == part]
        others = [row for row in rows if (row.split or split) != part]
        elsewhere = {name for row in others for name in (row.person, row.garment)}
        own = {name for row in of_part for name in (row.person, row.garment)}
        there = [one for one in usable.values() if one.photo in own or (part == split and one.photo not in elsewhere)]
        for category in LAYOUTS[layout].categories:
            _Category(made, names, part, category).add(there, of_part, usable, layout != "dresscode" or part == "test")
    return made


@dataclass
class _Category:
    made: Plan
    names: dict[str, str]
    split: str
    category: str

    def add(self, there: list[Outcome], rows: list[Wanted], usable: dict[str, Outcome], has_unpaired: bool) -> None:
        persons = [one.photo for one in there if one.role == "person" and self.category in one.categories]
        garments = [one.photo for one in there if one.role == "garment" and self.category in one.categories]
        rows = [row for row in rows if self.category in usable[row.garment].categories]
        worn: dict[str, str] = {}
        for row in (row for row in rows if row.kind == "paired"):
            if row.person not in persons:
                self.made.notes.append(f"{row.person} cannot be given {row.garment}: not seen far enough")
            elif worn.setdefault(row.person, row.garment) != row.garment:
                self.made.notes.append(f"{row.person} wears two {self.category}: {row.garment} is left out")
        asked = [(row.person, row.garment) for row in rows if row.kind == "unpaired" and row.person in persons]
        told = [pair for pair in dict.fromkeys(asked) if pair not in worn.items()]
        others = (told + list(_by_turns(persons, garments, worn, {one for one, _ in told}))) if has_unpaired else []
        self._write(persons, worn, others)

    def _write(self, persons: list[str], worn: dict[str, str], others: list[tuple[str, str]]) -> None:
        busy = {*worn, *(person for person, _ in others)}
        used = [name for name in persons if name in busy]
        of_person = {name: self._shown(name, worn.get(name, "")) for name in used}
        of_garment = {garment: of_person[person] for person, garment in reversed(worn.items())}
        for garment in dict.fromkeys(garment for _, garment in others):
            if garment not in of_garment:
                of_garment[garment] = self._shown(garment, garment)
                self.made.garments.append(Place(garment, of_garment[garment]))
        self.made.garments += [Place(garment, of_person[person]) for person, garment in worn.items()]
        self.made.persons += [Place(name, shown) for name, shown in of_person.items()]
        self.made.paired[self.split] += [(of_person[person], of_person[person]) for person in worn]
        self.made.unpaired[self.split] += [(of_person[person], of_garment[garment]) for person, garment in others]

    def _shown(self, photo: str, garment: str) -> Shown:
        return Shown(self.names[photo], self.names[photo], garment, self.split, self.category, photo)


def _by_turns(
    persons: list[str], garments: list[str], worn: dict[str, str], told: set[str]
) -> Iterator[tuple[str, str]]:
    """Every person and every garment at least once, nobody in what they wear; who was told what to try is left out."""
    free = [person for person in persons if person not in told]
    seen = set()
    for turn in range(max(len(free), len(garments)) if free else 0):
        person = free[turn % len(free)]
        for step in range(len(garments)):
            garment = garments[(turn + step) % len(garments)]
            if garment != worn.get(person) and (person, garment) not in seen:
                seen.add((person, garment))
                yield person, garment
                break


def _usable(wanted: Sequence[Wanted], usable: dict[str, Outcome], notes: list[str]) -> Iterator[Wanted]:
    for row in wanted:
        lost = [name for name in (row.person, row.garment) if name not in usable]
        roles = [(name, role) for name, role in ((row.person, "person"), (row.garment, "garment")) if name in usable]
        wrong = [f"{name} was taken for a {usable[name].role}" for name, role in roles if usable[name].role != role]
        if lost or wrong:
            said = "; ".join([*(f"{name} was refused" for name in lost), *wrong])
            notes.append(f"the pair {row.person}, {row.garment} is left out: {said}")
        else:
            yield row


def _names(usable: Iterable[Outcome]) -> dict[str, str]:
    """A short name each that a file can have; no two are alike."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for one in usable:
        stem = re.sub(r"[^A-Za-z0-9]+", "-", PurePosixPath(one.photo).stem).strip("-") or one.role or "photo"
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        names[one.photo] = name
    return names
