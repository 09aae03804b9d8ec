"""Who wears what, and who is to wear what: by a table, by names of files, or everybody in something else.

    person,garment,kind,split          kind: paired (they wear it; the default) or unpaired; split: train or test
    ann.jpg,tee.jpg,paired,train       names of files, or paths below the folder of photos

By names: persons/ann.jpg wears garments/ann.jpg; else ann_0.jpg wears ann_1.jpg, as in DressCode, and ann-model.jpg
wears ann-cloth.jpg.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from fitroom.config import nearest
from fitroom.data.csv_table import read_csv
from fitroom.data.pairs.try_on_pairs import SPLITS
from fitroom.errors import ConfigError, DataError

Kind = Literal["paired", "unpaired"]
KINDS: tuple[Kind, ...] = ("paired", "unpaired")
BY = ("none", "name")
COLUMNS = ("person", "garment", "kind", "split")
_ROLE_WORDS = re.compile(r"(^|[-_ ])(person|model|garment|cloth|clothes)(?=$|[-_ ])", re.IGNORECASE)
_ROLE_DIGITS = re.compile(r"[-_ ](0|1|00)$")


@dataclass(frozen=True)
class Wanted:
    """One pair of photos, by their names.

    Attributes:
        person, garment: names of photos.
        kind: "paired" = the person photo shows the garment.
        split: "train" or "test"; None = that of the command.
    """

    person: str
    garment: str
    kind: Kind
    split: str | None = None


def read_pairs(table: Path, names: Sequence[str]) -> list[Wanted]:
    """The pairs of a table.

    Args:
        table: CSV (comma or semicolon, UTF-8) with a heading of :data:`COLUMNS`, of which the last two may be left out.
        names: of all photos.

    Raises:
        DataError: the table cannot be read, or a row names no photo or several.
        ConfigError: an unknown column, kind or split.
    """
    listed = read_csv(table, "the table of pairs")
    head = listed.columns
    unknown = [name for name in head if name not in COLUMNS]
    if unknown or not {"person", "garment"} <= set(head) or len(set(head)) < len(head):
        raise ConfigError(
            "the heading of the table of pairs is not right",
            where=table,
            rule=f"{', '.join(COLUMNS)}; the last two may be left out",
            got=", ".join(head) or "nothing",
            fix=nearest(unknown[0], COLUMNS) if unknown else None,
        )
    found = _found_by(names)
    return [
        _wanted({name: str(row[name]).strip() for name in head}, found, f"{table}, line {line}")
        for line, row in listed.rows
    ]


def pairs_by_name(persons: Iterable[str], garments: Iterable[str]) -> list[Wanted]:
    """Persons with the one garment whose name is theirs; else with the one whose name is theirs but for words such as
    person, cloth, _0 and _1, if it is nobody's by its whole name."""
    persons, left = list(persons), list(garments)
    found: dict[str, str] = {}
    for called in (_stem, _bare):
        by_name: dict[str, list[str]] = {}
        for garment in left:
            by_name.setdefault(called(garment), []).append(garment)
        for person in persons:
            matches = by_name.get(called(person), [])
            if person not in found and len(matches) == 1:
                found[person] = matches[0]
        left = [garment for garment in left if garment not in found.values()]
    return [Wanted(person, found[person], "paired") for person in persons if person in found]


def _stem(name: str) -> str:
    return PurePosixPath(name).stem.lower()


def _bare(name: str) -> str:
    """A number that is all there is, as of person_1, is a name."""
    words = _ROLE_WORDS.sub("", _stem(name)).strip("-_ ")
    return _ROLE_DIGITS.sub("", words).strip("-_ ") or words or _stem(name)


def _found_by(names: Sequence[str]) -> dict[str, set[str]]:
    """Photos by all that a table may call them: path, file name, stem."""
    found: dict[str, set[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        for said in {name, path.name, path.stem}:
            found.setdefault(said, set()).add(name)
    return found


def _wanted(row: Mapping[str, str], found: Mapping[str, set[str]], where: str) -> Wanted:
    person, garment = (_one(row.get(column, ""), column, found, where) for column in ("person", "garment"))
    kind, split = row.get("kind") or "paired", row.get("split") or None
    for said, column, known in ((kind, "kind", KINDS), (split, "split", SPLITS)):
        if said is not None and said not in known:
            raise ConfigError(
                f"unknown {column} in the table of pairs",
                where=where,
                rule=" or ".join(known),
                got=said,
                fix=nearest(said, known),
            )
    return Wanted(person, garment, "paired" if kind == "paired" else "unpaired", split)


def _one(said: str, column: str, found: Mapping[str, set[str]], where: str) -> str:
    matches = sorted(found.get(said.removeprefix("./"), ()))
    if len(matches) != 1:
        raise DataError(
            f"the row's {column} is no photo" if not matches else f"the row's {column} could be several photos",
            where=where,
            rule="the path of one photo below the folder, or its file's name where no other has it",
            got=said or "nothing",
            fix=f"one of {', '.join(matches)}" if matches else nearest(said, list(found)) if said else None,
        )
    return matches[0]
