"""What a try-on data set holds, and all that is wrong with it: of VITON-HD, VITON and DressCode; no error stops it.

The layouts are those of the readers: a file is looked for where a reader would look for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path

from fitroom.data.audit import AuditReport, Kind, Problem, sort_problems
from fitroom.data.files import FileFacts, inspect_files, pixel_contents
from fitroom.data.findings import FIXES, WARNINGS, TryOnFindings, px, repeats, said, unlike_most, usual
from fitroom.data.pairs.dresscode import CATEGORIES, DressCode
from fitroom.data.pairs.pair_lists import Pair, asked_pairs, find_list, scan_list
from fitroom.data.pairs.try_on_pairs import SPLITS, PairFiles, TryOnPairs
from fitroom.data.pairs.viton import Viton
from fitroom.data.pairs.viton_hd import VitonHd
from fitroom.errors import DataError


def audit_pairs(root: Path, reader: type[TryOnPairs]) -> TryOnFindings:
    """Looks at every list and file of a data set, both splits; photos are decoded.

    Args:
        root: its folder.
        reader: :class:`VitonHd`, :class:`Viton` or :class:`DressCode`.
    """
    return _Audit(root, reader).findings()


@dataclass
class _SplitFiles:
    """The files of a split: each photo once, with what belongs to it by kind."""

    reader: TryOnPairs
    persons: dict[Path, Pair] = field(default_factory=dict)
    garments: dict[Path, Pair] = field(default_factory=dict)
    of_persons: dict[str, dict[Path, Path]] = field(default_factory=dict)
    of_garments: dict[str, dict[Path, Path]] = field(default_factory=dict)


class _Audit:
    def __init__(self, root: Path, reader: type[TryOnPairs]) -> None:
        self.root, self.reader = root, reader
        self.problems: list[Problem] = []
        self.counts: dict[str, Counter[str]] = {}
        self.splits: dict[str, _SplitFiles] = {}

    def findings(self) -> TryOnFindings:
        for split in self._splits():
            if (reader := self._open(split)) is not None:
                self.splits[split] = self._files(reader)
        paths = [path for files in self.splits.values() for path in _pictures(files)]
        facts = inspect_files(self.root, list(dict.fromkeys(map(self._name, paths))))
        self.problems += [Problem(fact.kind, name, fact.detail) for name, fact in facts.items() if fact.kind]
        good = {self.root / name: fact for name, fact in facts.items() if fact.width_px}
        for files in self.splits.values():
            self._check_sizes(files, good)
            self._check_contents(files, good)
        self._check_repeats(good)
        report = AuditReport(
            sort_problems(self.problems), num_files=len(facts), warnings=WARNINGS, fixes=FIXES, unit="pictures"
        )
        shown = {what: dict(count) for what, count in self.counts.items()}
        return TryOnFindings(shown, self._facts(good), report)

    # ------------------------------------------------------------------------------------- lists and folders

    def _splits(self) -> list[str]:
        """Splits of which anything is there."""
        folders = [self.root, *(self.root / name for name in CATEGORIES)]
        found = [
            split
            for split in SPLITS
            if (self.root / split).is_dir() or any(next(folder.glob(f"{split}_*.txt"), None) for folder in folders)
        ]
        if not found:
            self._add("no-list", self.root, f"no list of the pairs of {' or '.join(SPLITS)}")
        return found

    def _open(self, split: str) -> TryOnPairs | None:
        """The reader of a split; of DressCode, with the categories whose photos are there."""
        if not issubclass(self.reader, DressCode):
            return self._located(lambda: self.reader(self.root, split, lists=False))
        there = [name for name in CATEGORIES if (self.root / name).is_dir()]
        readers = {
            name: self._located(partial(DressCode, self.root, split, False, [name], lists=False)) for name in there
        }
        whole = [name for name, reader in readers.items() if reader is not None]
        return DressCode(self.root, split, categories=whole, lists=False) if whole else None

    def _located(self, make: Callable[[], TryOnPairs]) -> TryOnPairs | None:
        try:
            return make()
        except DataError as error:
            self._add("no-folder", Path(str(error.where)), error.what)
            return None

    def _files(self, reader: TryOnPairs) -> _SplitFiles:
        files, seen = _SplitFiles(reader), set()
        for place, pair, is_paired in self._pairs(reader):
            self._count(f"{pair.category}: pairs in lists", reader.split)
            seen.add(pair.person)
            there = [self._photo(files, pair, "person", place), self._photo(files, pair, "garment", place)]
            own = Pair(pair.person, reader.own_garment(pair.person), pair.category)
            if is_paired and all(there) and own != pair:
                self._photo(files, own, "garment", "")
        for person in reader.shown():
            if person not in seen and self._unnumbered(reader, Pair(person, "")) is None:
                pair = reader.with_category(Pair(person, reader.own_garment(person)), self.root)
                self._photo(files, pair, "person", "")
                self._photo(files, pair, "garment", "")
                if seen:
                    self._add("unlisted", reader.files(pair).person, "in no list")
        self._belongings(files)
        return files

    def _pairs(self, reader: TryOnPairs) -> Iterator[tuple[str, Pair, bool]]:
        """Each line of the split's lists as "list, line", its pair, and whether its person's own garment is asked for.

        What is wrong with them is noted.
        """
        for folder in reader.list_folders():
            lists: dict[Path, list[bool]] = {}
            errors = []
            for paired in (True, False):
                try:
                    lists.setdefault(find_list(folder, reader.split, paired), []).append(paired)
                except DataError as error:
                    errors.append(error)
            if not lists:
                self._add("no-list", folder, said(errors[0]))
            for path, kinds in lists.items():
                yield from self._lines(reader, path, kinds)

    def _lines(self, reader: TryOnPairs, path: Path, kinds: list[bool]) -> Iterator[tuple[str, Pair, bool]]:
        try:
            rows, wrong = scan_list(path)
        except DataError as error:
            self._add("no-list", path, said(error))
            return
        if not rows and not wrong:
            self._add("no-list", path, "it is empty")
        seen, good = set(), []
        for number, pair in rows:
            named = reader.with_category(pair, path.parent)
            if pair in seen:
                wrong.append(f"line {number}: {pair}: there twice")
            elif not named.category and not pair.category:
                self._points_nowhere(path, number, f"person {pair.person} lies in no category, or in several")
            elif not named.category:
                wrong.append(f"line {number}: {pair}: there is no such category")
            elif named.category not in reader.categories:
                self._points_nowhere(path, number, f"the photos of {named.category} are not there")
            elif (fault := self._unnumbered(reader, pair)) is not None:
                wrong.append(f"line {number}: {pair}: {fault}")
            else:
                good.append((number, pair, named))
            seen.add(pair)
        for line in wrong:
            self._add("bad-line", path, line)
        self._check_kind(reader, path, kinds, [pair for _, pair, _ in good])
        yield from ((f"{self._name(path)}, line {number}", named, any(kinds)) for number, _, named in good)

    def _unnumbered(self, reader: TryOnPairs, pair: Pair) -> str | None:
        try:
            reader.own_garment(pair.person)
        except DataError as error:
            return error.what
        return None

    def _check_kind(self, reader: TryOnPairs, path: Path, kinds: list[bool], pairs: list[Pair]) -> None:
        for paired in kinds if pairs else []:
            if not paired and reader.split == "train":
                continue  # a train list names persons with their own garments
            try:
                asked_pairs(pairs, path, paired, reader.own_garment)
            except DataError as error:
                self._add("wrong-list", path, said(error))

    # --------------------------------------------------------------------------------------------------- files

    def _photo(self, files: _SplitFiles, pair: Pair, role: str, place: str) -> bool:
        """Notes one photo of a pair, by its path; False where it is not there."""
        path: Path = getattr(files.reader.files(pair), role)
        known = files.persons if role == "person" else files.garments
        if path in known:
            return True
        if not path.is_file():
            if place:
                self.problems.append(Problem("points-nowhere", place, f"{role} {self._name(path)} is not there"))
            else:
                self._add("missing-file", path, f"the garment that {pair.person} wears")
            return False
        known[path] = pair
        self._count(f"{pair.category}: {role}s", files.reader.split)
        return True

    def _belongings(self, files: _SplitFiles) -> None:
        """Masks, parses and the like by kind; a kind of which nothing is there is none that is missed."""
        reader = files.reader
        for photo, pair in files.persons.items():
            for kind, path in {**_of_pair(reader.files(pair)), **reader.beside(pair.person, pair.category)}.items():
                if kind != "garment mask":
                    files.of_persons.setdefault(kind, {})[path] = photo
        for photo, pair in files.garments.items():
            if mask := reader.files(pair).garment_mask:
                files.of_garments.setdefault("garment mask", {})[mask] = photo
        for group in (files.of_persons, files.of_garments):
            for kind, paths in list(group.items()):
                group[kind] = {path: photo for path, photo in paths.items() if path.is_file()}
                for path in paths.keys() - group[kind].keys() if group[kind] else ():
                    self._add("missing-file", path, f"{kind} of {self._name(paths[path])}")
                self._count(f"with {kind}", reader.split, len(group[kind]))

    def _check_sizes(self, files: _SplitFiles, good: Mapping[Path, FileFacts]) -> None:
        """What a reader lays over a photo has its size; what lies beside may have one of its own, the same for most."""
        size = partial(_size, good)
        beside = {kind for pair in files.persons.values() for kind in files.reader.beside(pair.person, pair.category)}
        for kind, paths in {**files.of_persons, **files.of_garments}.items():
            shown = {path: photo for path, photo in paths.items() if path in good and photo in good}
            other = [path for path, photo in shown.items() if size(path) != size(photo)]
            if kind in beside and len(other) * 2 > len(shown):
                continue
            for path in other:
                photo = shown[path]
                sizes = f"{px(size(path))}, its photo {self._name(photo)} has {px(size(photo))}"
                self._add("size-mismatch", path, f"{kind} of {sizes}")
        persons = {photo: size(photo) for photo in files.persons if photo in good}
        for photo, detail in unlike_most(persons).items():
            self._add("odd-size", photo, detail)

    def _check_contents(self, files: _SplitFiles, good: Mapping[Path, FileFacts]) -> None:
        for path in files.of_persons.get("parse", {}):
            if path in good:
                self._try("bad-labels", path, partial(files.reader.parse, path))
        for path in files.of_persons.get("keypoints", {}):
            self._try("bad-keypoints", path, partial(files.reader.keypoints, path, 1))

    def _check_repeats(self, good: Mapping[Path, FileFacts]) -> None:
        """Train goes first, so that what is named is what to leave out of the test."""
        order = [
            (path, split)
            for split, files in self.splits.items()
            for path in sorted((*files.persons, *files.garments))
            if path in good
        ]
        contents = pixel_contents(dict.fromkeys(path for path, _ in order), "comparing photos")
        self.problems += repeats(
            [(self._name(path), content, split) for path, split in order if isinstance(content := contents[path], str)]
        )

    # --------------------------------------------------------------------------------------------------- words

    def _facts(self, good: Mapping[Path, FileFacts]) -> list[str]:
        sizes = [_size(good, path) for files in self.splits.values() for path in files.persons if path in good]
        return [f"person photos: {px(usual(sizes))} (height x width)"] if sizes else []

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _points_nowhere(self, path: Path, line: int, detail: str) -> None:
        self.problems.append(Problem("points-nowhere", f"{self._name(path)}, line {line}", detail))

    def _add(self, kind: Kind, path: Path, detail: str) -> None:
        self.problems.append(Problem(kind, self._name(path), detail))

    def _try(self, kind: Kind, path: Path, read: Callable[[], object]) -> None:
        try:
            read()
        except DataError as error:
            self._add(kind, path, said(error))

    def _count(self, what: str, split: str, number: int = 1) -> None:
        self.counts.setdefault(what, Counter())[split] += number


def _of_pair(files: PairFiles) -> dict[str, Path]:
    """What belongs to the photos of a pair, by kind in words."""
    kinds = [item.name for item in fields(files) if item.name not in ("person", "garment")]
    return {kind.replace("_", " "): path for kind in kinds if (path := getattr(files, kind)) is not None}


def _pictures(files: _SplitFiles) -> Iterator[Path]:
    yield from (*files.persons, *files.garments)
    for kind, paths in {**files.of_persons, **files.of_garments}.items():
        if kind != "keypoints":
            yield from paths


def _size(facts: Mapping[Path, FileFacts], path: Path) -> tuple[int, int]:
    return facts[path].height_px, facts[path].width_px


READERS: dict[str, type[TryOnPairs]] = {reader.name: reader for reader in (VitonHd, Viton, DressCode)}
