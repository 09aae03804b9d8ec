"""What is wrong with a set of photos: the kinds of problem, and the report that names every one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

Kind = Literal[
    "missing-file",
    "outside-root",
    "empty",
    "not-an-image",
    "corrupt",
    "unsuitable",
    "wrong-extension",
    "missing-label",
    "conflicting-label",
    "duplicate-across-splits",
    "duplicate-across-groups",
    "duplicate",
    "unlisted",
    "no-folder",
    "no-list",
    "bad-line",
    "wrong-list",
    "points-nowhere",
    "size-mismatch",
    "odd-size",
    "bad-labels",
    "bad-keypoints",
    "repeated-case",
    "altered",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
WARNINGS: frozenset[Kind] = frozenset({"unlisted"})
MEANING: dict[Kind, str] = {
    "missing-file": "listed, but not there or not readable",
    "outside-root": "listed with a path that leaves the folder",
    "empty": "0 bytes",
    "not-an-image": "an image by its name, not by its bytes",
    "corrupt": "an image that does not decode to its end",
    "unsuitable": "an image of a format, size or shape that is not accepted",
    "wrong-extension": "an image of another format than its name says",
    "missing-label": "no category",
    "conflicting-label": "the same content under different labels",
    "duplicate-across-splits": "the same content in different splits: what is tested on would be trained on",
    "duplicate-across-groups": "the same content from different groups: a split by group would not separate it",
    "duplicate": "the same content twice",
    "unlisted": "in the folder, but not in the table (only a warning)",
    "no-folder": "a folder of the data set is not there",
    "no-list": "no list of a split's pairs, or none that can be read",
    "bad-line": "a line of a list that is no pair, or is there twice",
    "wrong-list": "a list of other pairs than its name says",
    "points-nowhere": "a pair that names a photo which is not there",
    "size-mismatch": "a mask, a parse or another picture of another size than the photo it belongs to",
    "odd-size": "a person photo of another size than most",
    "bad-labels": "a parse that is no picture of labels, or holds labels that are not known",
    "bad-keypoints": "a file of keypoints of a form that is not known",
    "repeated-case": "two cases of one name",
    "altered": "not as it was written",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one photo.

    Attributes:
        kind: one of ``KINDS``; its meaning is in ``MEANING``.
        sample_id: path relative to the root, with forward slashes.
        detail: what exactly, in words.
    """

    kind: Kind
    sample_id: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.detail}" if self.detail else self.sample_id


@dataclass(frozen=True)
class AuditReport:
    """Every problem of a source.

    Attributes:
        problems: all of them, warnings included, by kind and name.
        num_files: photos the source names (rows of the table, or image files in the folder).
        num_skipped: photos that are left out of the manifest.
        warnings: kinds that stop no run.
        fixes: what to do about a kind, printed with it.
        unit: what ``num_files`` counts.
    """

    problems: list[Problem] = field(default_factory=list)
    num_files: int = 0
    num_skipped: int = 0
    warnings: frozenset[Kind] = WARNINGS
    fixes: Mapping[Kind, str] = field(default_factory=dict)
    unit: str = "photos"

    @property
    def faults(self) -> list[Problem]:
        """The problems that stop a run; warnings are left out."""
        return [problem for problem in self.problems if problem.kind not in self.warnings]

    def counts(self) -> dict[Kind, int]:
        """Number of problems of each kind that occurs, in the order of ``KINDS``."""
        count = Counter(problem.kind for problem in self.problems)
        return {kind: count[kind] for kind in KINDS if count[kind]}

    def __str__(self) -> str:
        if not self.problems:
            return f"{self.num_files} {self.unit}, no problems"
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for kind, count in self.counts().items():
            yield f"{kind} ({count}): {MEANING[kind]}"
            if kind in self.fixes:
                yield f"  fix: {self.fixes[kind]}"
            yield from (f"  {problem}" for problem in self.problems if problem.kind == kind)


def sort_problems(problems: list[Problem]) -> list[Problem]:
    """Each once, by kind in the order of ``KINDS``, then by name."""
    return sorted(set(problems), key=lambda problem: (KINDS.index(problem.kind), problem.sample_id, problem.detail))


def find_repeats(table: pd.DataFrame, labels: list[str], faulty: np.ndarray) -> tuple[list[Problem], np.ndarray]:
    """Finds the rows that hold the same content.

    Of rows that agree, the first without another fault is kept. Where labels disagree nobody can say which is right,
    so none is kept.

    Args:
        table: columns ``sample_id``, ``sha256`` (missing = leave the row out), ``group``, ``split`` and ``labels``.
        labels: the label columns.
        faulty: (N,) bool, rows that are left out for another reason already.

    Returns:
        The problems, and the rows to leave out because of them: (N,) bool.
    """
    problems: list[Problem] = []
    dropped = np.zeros(len(table), dtype=bool)
    repeated = table["sha256"].notna().to_numpy() & table["sha256"].duplicated(keep=False).to_numpy()
    rows = pd.Series(np.flatnonzero(repeated))
    for _, members in rows.groupby(table["sha256"].to_numpy()[repeated], sort=False):
        order = sorted(members, key=lambda row: (bool(faulty[row]), row))
        found = _conflicts(table, labels, order) or [_repeat(table, order[0], row) for row in order[1:]]
        problems += found
        dropped[order if found[0].kind == "conflicting-label" else order[1:]] = True
    return problems, dropped


def _conflicts(table: pd.DataFrame, labels: list[str], rows: list[int]) -> list[Problem]:
    """One problem a row where two of them answer the same question differently; a missing label contradicts nothing."""
    names = table["sample_id"].iloc[rows]
    for label in labels:
        answers = table[label].iloc[rows]
        sets = answers.dropna().map(_as_set)
        if sets.nunique() > 1:
            first = sets.index[0]
            other = sets.index[sets != sets[first]][0]
            one, two = (f"{answers[row]!r} ({names[row]})" for row in (first, other))
            told = f"{label} of the same content is {one} and {two}"
            return [Problem("conflicting-label", name, told) for name in names]
    return []


def _as_set(label: str) -> frozenset[str]:
    return frozenset(part.strip() for part in label.split("|"))


def _repeat(table: pd.DataFrame, first: int, row: int) -> Problem:
    kept, other = table.iloc[first], table.iloc[row]
    if kept["sample_id"] == other["sample_id"]:
        same = "listed more than once"
    else:
        same = f"same content as {kept['sample_id']}"
    differing = [name for name in ("split", "group") if _differ(kept[name], other[name])]
    if differing:
        same += "; " + ", ".join(f"{name} {other[name]!r} and {kept[name]!r}" for name in differing)
        return Problem(
            "duplicate-across-splits" if "split" in differing else "duplicate-across-groups", other["sample_id"], same
        )
    return Problem("duplicate", other["sample_id"], same)


def _differ(one: Any, other: Any) -> bool:
    return not (pd.isna(one) and pd.isna(other)) and one != other
