"""What may be wrong with a folder of predictions, and the one error that says all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fitroom.errors import EvaluationError

ProblemKind = Literal["missing", "extra", "duplicate", "unreadable", "wrong-size", "points-nowhere"]
MEANING: dict[ProblemKind, str] = {
    "missing": "cases without a picture",
    "extra": "pictures of no case",
    "duplicate": "cases with several pictures, or one picture of several cases",
    "unreadable": "pictures that cannot be decoded",
    "wrong-size": "pictures of another height x width",
    "points-nowhere": "rows of the manifest that name no case, or no file",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one case, file or row.

    Attributes:
        kind: one of :data:`MEANING`.
        name: the case, the file relative to the folder, or the row.
        detail: what exactly, in words.
    """

    kind: ProblemKind
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}" if self.detail else self.name


def report(problems: Sequence[Problem], folder: Path, num_cases: int, size_px: tuple[int, int]) -> None:
    """Says everything at once.

    Raises:
        EvaluationError: there are problems.
    """
    if problems:
        raise EvaluationError(
            f"the predictions cannot be scored: {len(problems)} problems",
            where=folder,
            rule=f"one picture of {size_px[0]} x {size_px[1]} px (height x width) for each of {num_cases} cases, "
            "and no other",
            got="\n" + "\n".join(_lines(problems)),
            fix="name pictures <case_id>.png, or give a manifest with case_id and file; nothing is resized or skipped",
        )


def _lines(problems: Sequence[Problem]) -> Iterator[str]:
    for kind in get_args(ProblemKind):
        of_kind = sorted(str(problem) for problem in problems if problem.kind == kind)
        if of_kind:
            yield f"    {kind} ({len(of_kind)}): {MEANING[kind]}"
            yield from (f"      {line}" for line in of_kind)
