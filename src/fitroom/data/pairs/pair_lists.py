"""The lists of pairs that try-on data sets ship: which file holds which, and what a line of it says.

00006_00.jpg 08348_00.jpg           person, garment
013563_0.jpg 013564_1.jpg 0         and, in DressCode's lists at the root, the category
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fitroom.errors import DataError


@dataclass(frozen=True)
class Pair:
    """Who is to wear what.

    Attributes:
        person, garment: names of their photos, without folders.
        category: class of the garment as the data set names it, or "" where it does not say.
    """

    person: str
    garment: str
    category: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.person, self.garment, self.category) if part)


def find_list(folder: Path, split: str, paired: bool) -> Path:
    """The file that lists the pairs of a split.

    A list that says paired or unpaired in its name goes before ``<split>_pairs.txt``. Where paired ones are asked for,
    only the persons of the latter count.

    Raises:
        DataError: there is none, or several that could be meant.
    """
    kind = "paired" if paired else "unpaired"
    for name in (f"{split}_pairs_{kind}.txt", f"{split}_{kind}_pairs.txt", f"{split}_{kind}.txt"):
        if (folder / name).is_file():
            return folder / name
    others = sorted(folder.glob(f"{split}_pairs_{kind}*.txt"))
    if len(others) > 1:
        raise DataError(
            f"several lists of {kind} pairs could be meant",
            where=folder,
            got=", ".join(path.name for path in others),
            fix=f"call the right one {split}_pairs_{kind}.txt",
        )
    plain = others[0] if others else folder / f"{split}_pairs.txt"
    if not plain.is_file():
        raise DataError(
            f"there is no list of the {kind} pairs of split {split!r}",
            where=folder,
            rule=f"{split}_pairs_{kind}.txt or {split}_pairs.txt",
            got=", ".join(sorted(path.name for path in folder.glob("*.txt"))) or "no *.txt",
            fix="name the folder that holds the data set's lists",
        )
    return plain


def scan_list(path: Path) -> tuple[list[tuple[int, Pair]], list[str]]:
    """What the lines of a list say; empty ones are skipped.

    Returns:
        Pairs with the numbers of their lines, from 1, in their order; and every line that is no pair, with its number.

    Raises:
        DataError: the list is no text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DataError("a list of pairs cannot be read", where=path, rule="text in UTF-8", got=str(error)) from error
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    wrong = [f"line {number}: {' '.join(words)}" for number, words in rows if not _is_pair(words)]
    return [(number, Pair(*words)) for number, words in rows if _is_pair(words)], wrong


def read_list(path: Path) -> list[Pair]:
    """The pairs of a list, in its order; empty lines are skipped.

    Raises:
        DataError: naming every line that is no pair, or is there twice; or the list is empty or no text.
    """
    rows, wrong = scan_list(path)
    if wrong or not rows:
        raise DataError(
            "a list of pairs holds lines that are none" if wrong else "a list of pairs is empty",
            where=path,
            rule="person.jpg garment.jpg on each line, and at most the category behind them",
            got=listed(wrong) if wrong else None,
        )
    pairs = [pair for _, pair in rows]
    twice = [str(pair) for pair, count in Counter(pairs).items() if count > 1]
    if twice:
        raise DataError("a list of pairs holds pairs twice", where=path, got=listed(twice), fix="delete one of each")
    return pairs


def pairs_of(path: Path, paired: bool, own: Callable[[str], str]) -> list[Pair]:
    """The pairs that are asked for, out of a list of that or of unsaid kind.

    Args:
        path: the list.
        paired: each person with their own garment; False = the pairs as they stand in the list.
        own: name of a person photo to the name of the photo of what they wear.

    Raises:
        DataError: as :func:`read_list`; a list called paired holds other pairs, or one that should be unpaired holds
            mostly persons with their own garment.
    """
    return asked_pairs(read_list(path), path, paired, own)


def asked_pairs(pairs: list[Pair], path: Path, paired: bool, own: Callable[[str], str]) -> list[Pair]:
    """As :func:`pairs_of`, of pairs that were read already."""
    others = [pair for pair in pairs if pair.garment != own(pair.person)]
    if paired:
        said = "paired" in path.stem and "unpaired" not in path.stem
        if said and others:
            raise DataError(
                "a list of paired pairs holds other ones",
                where=path,
                rule="each person with the garment they wear",
                got=listed(str(pair) for pair in others),
            )
        return list(dict.fromkeys(Pair(pair.person, own(pair.person), pair.category) for pair in pairs))
    if len(others) < len(pairs) / 2:
        raise DataError(
            "a list of unpaired pairs holds persons with the garment they wear already",
            where=path,
            got=f"{len(pairs) - len(others)} of {len(pairs)} pairs",
            fix="take the data set's unpaired list, or ask for paired ones",
        )
    return pairs


def numbered_garment(person: str) -> str:
    """Where persons end in _0 and the garments they wear in _1: "000001_0.jpg" to "000001_1.jpg".

    Raises:
        DataError: the name does not end so.
    """
    stem, dot, ending = person.rpartition(".")
    if not stem.endswith("_0"):
        raise DataError(
            "a person photo's name does not say which garment it shows", rule="its stem ends in _0", got=person
        )
    return f"{stem.removesuffix('_0')}_1{dot}{ending}"


def listed(lines: Iterable[str]) -> str:
    """Lines of a message, one below the other."""
    return "\n" + "\n".join(f"    {line}" for line in lines)


def _is_pair(words: list[str]) -> bool:
    names_fine = all("/" not in name and "\\" not in name and name not in (".", "..") for name in words[:2])
    return len(words) in (2, 3) and names_fine
