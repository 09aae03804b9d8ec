"""Which file of a folder is the prediction of which case: by its name, by a manifest, or by a list of pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from fitroom.data.files import IMAGE_EXTENSIONS
from fitroom.data.pairs.dresscode import category_name
from fitroom.data.pairs.pair_lists import read_list
from fitroom.evaluation.tryon.cases.case_set import Case
from fitroom.evaluation.tryon.predictions.manifest import Row, read_rows
from fitroom.evaluation.tryon.predictions.problems import Problem

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


@dataclass
class Found:
    """What belongs to what.

    Attributes:
        files: name relative to the folder, by case id, in the order of the cases.
        problems: extra, duplicate and points-nowhere.
        blamed: cases without a usable file of which a problem says so already: they are not merely missing.
    """

    files: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    blamed: dict[str, str] = field(default_factory=dict)


def by_name(names: Sequence[str], cases: Sequence[Case]) -> Found:
    """Files called ``<case_id>`` with one of :data:`ENDINGS`.

    Args:
        names: of all pictures in the folder, relative to it.
        cases: that are scored.
    """
    called = _by_stem(names)
    return _settle(names, {case.case_id: called.get(case.case_id, []) for case in cases})


def by_manifest(folder: Path, names: Sequence[str], cases: Sequence[Case], manifest: Path) -> Found:
    """Files that a manifest, or a list of pairs (*.txt), assigns; further arguments as :func:`by_name`.

    Raises:
        EvaluationError: the manifest cannot be read.
        DataError: the list of pairs cannot.
    """
    if manifest.suffix.lower() == ".txt":
        return _by_pairs(names, cases, manifest)
    found, known, pictures = Found(), _Known(cases), set(names)
    claims: dict[str, list[str]] = {case.case_id: [] for case in cases}
    for row in read_rows(manifest):
        case, why = known.case_of(row)
        name = PurePosixPath(row.file).as_posix()
        if case is not None and name in pictures:
            claims[case.case_id].append(name)
            continue
        found.problems.append(Problem("points-nowhere", str(row), why or _why_no_picture(folder, name)))
        if case is not None:
            found.blamed[case.case_id] = row.file
    return _settle(names, claims, found)


def _by_pairs(names: Sequence[str], cases: Sequence[Case], path: Path) -> Found:
    """Files called after the person, or the person and the garment, of each row."""
    found, known, called = Found(), _Known(cases), _by_stem(names)
    claims: dict[str, list[str]] = {case.case_id: [] for case in cases}
    persons = Counter((case.category, case.person_id) for case in cases)
    for number, pair in enumerate(read_list(path), 1):
        case, why = known.case_of(Row(number, "", None, pair))
        if case is None:
            found.problems.append(Problem("points-nowhere", f"pair {number} ({pair})", why))
            continue
        stems = [case.case_id, f"{case.person_id}_{case.garment_id}"]
        if persons[case.category, case.person_id] == 1:  # the pictures of a person's pairs would replace each other
            stems.append(case.person_id)
        for stem in dict.fromkeys([*stems, *(f"{case.category}/{stem}" for stem in stems)]):
            claims[case.case_id] += called.get(stem, [])
    return _settle(names, claims, found)


def _settle(names: Sequence[str], claims: Mapping[str, list[str]], found: Found | None = None) -> Found:
    """Claims of files by cases to one file a case, and problems where that is not so."""
    found = found or Found()
    owners: dict[str, list[str]] = {}
    for case_id, claimed in claims.items():
        files = list(dict.fromkeys(claimed))
        for name in files:
            owners.setdefault(name, []).append(case_id)
        if len(files) > 1:
            found.problems.append(Problem("duplicate", case_id, ", ".join(files)))
            found.blamed[case_id] = files[0]
        elif files:
            found.files[case_id] = files[0]
    shared = [(name, of_cases) for name, of_cases in owners.items() if len(of_cases) > 1]
    found.problems += [Problem("duplicate", name, f"is to be {', '.join(of_cases)}") for name, of_cases in shared]
    found.problems += [Problem("extra", name) for name in names if name not in owners]
    return found


class _Known:
    """Cases by what a row may call them."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.by_id = {case.case_id: case for case in cases}
        self.by_pair: dict[tuple[str, str], list[Case]] = {}
        for case in cases:
            self.by_pair.setdefault((case.person_id, case.garment_id), []).append(case)

    def case_of(self, row: Row) -> tuple[Case | None, str]:
        """The case a row means, or None and why."""
        if row.pair is None:
            case = self.by_id.get(row.case_id or "")
            return case, "" if case else "there is no such case"
        found = self.by_pair.get((_stem(row.pair.person), _stem(row.pair.garment)), [])
        if len(found) > 1 and row.pair.category:
            found = [case for case in found if case.category == category_name(row.pair.category)]
        if len(found) == 1:
            return found[0], ""
        several = ", ".join(case.case_id for case in found)
        return None, f"it fits several cases: {several}" if several else "there is no case of this pair"


def _why_no_picture(folder: Path, name: str) -> str:
    inside = not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
    if not inside:
        return "the file lies outside the folder"
    return "the file is no picture by its name" if (folder / name).is_file() else "there is no such file"


def _by_stem(names: Sequence[str]) -> dict[str, list[str]]:
    """Names without their endings, where those are of predictions."""
    called: dict[str, list[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() in ENDINGS:
            called.setdefault(name.removesuffix(path.suffix), []).append(name)
    return called


def _stem(name: str) -> str:
    """Without a picture's ending; ids of a wardrobe may have points of their own."""
    path = PurePosixPath(name)
    return path.stem if path.suffix.lower() in IMAGE_EXTENSIONS else name
