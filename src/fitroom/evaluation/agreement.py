"""What the lints of all records share: whether a record lies where it says, and its numbers are those of its rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from fitroom.evaluation.entries import ModelEntry, ProtocolEntry, Score, record_path

TOLERANCE = 1e-9
# A later NumPy may draw other random numbers from the same seed, which moves the ends of an interval a little.
END_TOLERANCE = 0.25


def disagreements(name: str, ours: Score, again: Score, rows: str, tolerance: float = TOLERANCE) -> Iterator[str]:
    """What a record's score and the one its rows give do not share, in words.

    Args:
        name: of the score.
        ours, again: of the record, and computed again.
        rows: what the rows are called: "answers", "samples".
        tolerance: of the values, relative and absolute.
    """
    if (ours.value is None) != (again.value is None) or not math.isclose(
        ours.value or 0, again.value or 0, rel_tol=tolerance, abs_tol=tolerance
    ):
        yield f"{name} is {_show(ours.value)}; its {rows} give {_show(again.value)}"
    if not _same_ends(ours, again):
        ends = f"{_show(again.low)} to {_show(again.high)}"
        yield f"{name} has the interval {_show(ours.low)} to {_show(ours.high)}; its {rows} give {ends}"


def _same_ends(a: Score, b: Score) -> bool:
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return (a.low, a.high) == (b.low, b.high)
    allowed = END_TOLERANCE * (b.high - b.low) + TOLERANCE
    return abs(a.low - b.low) <= allowed and abs(a.high - b.high) <= allowed


def _show(value: float | None) -> str:
    return "missing" if value is None else f"{value:.6g}"


def wrong_numbers(name: str, score: Score, low: float, high: float, rows: str) -> Iterator[str]:
    """What cannot be true of a score by itself: out of bounds, ends in the wrong order, a gap without a reason.

    Args:
        name: of the score.
        score: of a record.
        low, high: bounds of what can be true.
        rows: what the rows are called: "answers", "predictions".
    """
    for which, value in (("value", score.value), ("low", score.low), ("high", score.high)):
        if value is not None and not low <= value <= high:
            yield f"{name}: {which} {value:g} is outside {low:g} to {high:g}"
    if score.low is not None and score.high is not None and score.low > score.high:
        yield f"{name}: low is above high"
    if (score.value is None) != (score.reason is not None):
        yield f"{name}: a missing value needs a reason, and only that"
    if score.value is not None and score.num_missing:
        yield f"{name}: has a value although {score.num_missing} {rows} are missing"


def wrong_place(path: Path, model: ModelEntry, protocol: ProtocolEntry, file: str, rows: str) -> Iterator[str]:
    """What is wrong with where a record lies.

    Args:
        path: of the record.
        model, protocol: that it names.
        file: that it names for its rows.
        rows: what these are called: "answers", "samples".
    """
    wanted = record_path(Path(), model.name, model.revision, protocol.id)
    if path.resolve().parts[-3:] != wanted.parts:
        yield f"it lies at {'/'.join(path.resolve().parts[-3:])}, and says it is {wanted}"
    if file != path.with_suffix(".parquet").name:
        yield f"its {rows} are in {file!r}, which is not beside it under its own name"
