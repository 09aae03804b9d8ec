"""What a simulated wardrobe holds, and all that is wrong with it: shards against the manifest, pictures, cases."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fitroom.data.audit import AuditReport, Kind, Problem, sort_problems
from fitroom.data.files import inspect_bytes
from fitroom.data.findings import FIXES, TryOnFindings, px, repeats, said, unlike_most, usual
from fitroom.data.shards import Shard
from fitroom.data.wardrobe import SPLITS, find_shards, shard_cells
from fitroom.errors import DataError
from fitroom.progress import track
from fitroom.wardrobe.manifest import MANIFEST, alterations, read_manifest
from fitroom.wardrobe.truth.columns import COLUMNS

_PICTURES = tuple(column.name for column in COLUMNS if column.kind in ("picture", "mask", "parts"))
_NEEDED = ("person", "garment", "worn")
_WORDS = ("case_id", "split", "kind", "category")
_Size = tuple[int, int]


def audit_wardrobe(folder: Path) -> TryOnFindings:
    """Looks at every shard of a wardrobe; photos, masks and parses are decoded.

    Cases of a split share persons and garments by design, so a photo counts as a duplicate across splits alone.

    Args:
        folder: as ``fitroom wardrobe`` writes it, or of shards alone, which no manifest vouches for.
    """
    return _Audit(folder).findings()


class _Audit:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.counts: dict[str, Counter[str]] = {}
        self.facts: list[str] = []
        self.sizes: dict[str, _Size] = {}  # of persons, by case
        self.photos: list[tuple[str, str, str]] = []  # sample_id, sha256, split
        self.looked_at: dict[str, tuple[int, int, Kind | None, str]] = {}
        self.shard_of: dict[str, str] = {}

    def findings(self) -> TryOnFindings:
        self._compare()
        shards = self._shards()
        for shard in track(shards, "checking shards", len(shards)):
            try:
                for cells in shard_cells(Shard(str(shard)), (*_WORDS, *_PICTURES)):
                    self._case(cells, self._name(shard))
            except DataError as error:
                self._add("corrupt", self._name(shard), said(error))
        self._check_persons()
        report = AuditReport(sort_problems(self.problems), num_files=len(self.shard_of), fixes=FIXES, unit="cases")
        return TryOnFindings(
            {what: dict(self.counts[what]) for what in sorted(self.counts, key=_order)}, self.facts, report
        )

    def _compare(self) -> None:
        if not (self.folder / MANIFEST).is_file():
            self.facts.append(f"there is no {MANIFEST}: nothing says that the shards are as they were written")
            return
        try:
            found = alterations(self.folder, read_manifest(self.folder))
        except (DataError, KeyError, TypeError) as error:
            self._add("altered", MANIFEST, said(error) if isinstance(error, DataError) else "not of the form it has")
            return
        for name, what in found.items():
            self._add("missing-file" if what == "is missing" else "altered", name, f"{what} ({MANIFEST})")

    def _shards(self) -> list[Path]:
        try:
            return find_shards(self.folder)
        except DataError as error:
            self._add("no-folder", "data", said(error))
            return []

    def _case(self, cells: Mapping[str, Any], shard: str) -> None:
        case, split = str(cells["case_id"]), str(cells["split"])
        if case in self.shard_of:
            self._add("repeated-case", case, f"in {shard} and {self.shard_of[case]}")
            return
        self.shard_of[case] = shard
        for what in (f"{cells['category']}: cases", f"kind {cells['kind']}"):
            self._count(what, split)
        sizes = {name: self._size(case, name, cells[name]["bytes"]) for name in _PICTURES if cells[name]}
        for name in _NEEDED:
            if name not in sizes:
                self._add("missing-file", f"{case} {name}", f"nothing in this column of {shard}")
        for name, size_px in sizes.items():
            owner = "garment" if name == "garment_mask" else name if name == "garment" else "person"
            if size_px and (whole := sizes.get(owner)) and size_px != whole:
                self._add("size-mismatch", f"{case} {name}", f"{px(size_px)}, its {owner} has {px(whole)}")
            if name not in _NEEDED:
                self._count(f"with {name.replace('_', ' ')}", split)
        if person := sizes.get("person"):
            self.sizes[case] = person
        self.photos += [
            (f"{case} {name}", hashlib.sha256(cells[name]["bytes"]).hexdigest(), split)
            for name in ("person", "garment")
            if cells[name]
        ]

    def _size(self, case: str, name: str, data: bytes) -> _Size | None:
        """(height, width) in px; None where it cannot be decoded, which is noted. The same bytes are decoded once."""
        key = hashlib.sha256(data).hexdigest()
        if key not in self.looked_at:
            self.looked_at[key] = inspect_bytes(data)
        width_px, height_px, kind, detail = self.looked_at[key]
        if kind:
            self._add(kind, f"{case} {name}", detail)
        return (height_px, width_px) if width_px else None

    def _check_persons(self) -> None:
        """Sizes unlike most, and photos that lie in two splits."""
        for case, detail in unlike_most(self.sizes).items():
            self._add("odd-size", f"{case} person", detail)
        once = {(sha256, split): (name, sha256, split) for name, sha256, split in reversed(self.photos)}
        # Train goes first, so that what is named is what to leave out of the others.
        self.problems += repeats(sorted(once.values(), key=lambda photo: (SPLITS.index(photo[2]), photo[0])))
        if self.sizes:
            self.facts.append(f"person photos: {px(usual(self.sizes.values()))} (height x width)")

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _add(self, kind: Kind, name: str, detail: str) -> None:
        self.problems.append(Problem(kind, name, detail))

    def _count(self, what: str, split: str) -> None:
        self.counts.setdefault(what, Counter())[split] += 1


def _order(what: str) -> tuple[bool, bool, str]:
    """Categories, then kinds of cases, then what they come with."""
    return what.startswith("with "), what.startswith("kind "), what
