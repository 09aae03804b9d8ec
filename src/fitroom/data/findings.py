"""What the checks of try-on data sets say: counts, problems with their fixes, and the words for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from fitroom.data.audit import AuditReport, Kind, Problem, find_repeats
from fitroom.errors import DataError

T = TypeVar("T")
# What no reader stops at: two persons may wear one garment, and an ending is only a name.
WARNINGS: frozenset[Kind] = frozenset({"duplicate", "unlisted", "wrong-extension"})
FIXES: dict[Kind, str] = {
    "no-folder": "copy the data set again, and name the folder that holds its splits or categories",
    "no-list": "copy the data set's list of pairs beside its folders",
    "bad-line": "write person.jpg garment.jpg on each line, each pair once",
    "wrong-list": "take the data set's own list, or give this one the name of what it holds",
    "points-nowhere": "copy the photo, or delete the pair from the list",
    "missing-file": "copy it, or take away the whole folder of its kind",
    "empty": "copy the file again",
    "not-an-image": "copy the file again",
    "corrupt": "copy the file again",
    "unsuitable": "save it as JPEG or PNG within the limits",
    "wrong-extension": "give the file the ending of its format",
    "size-mismatch": "make it again from the photo, at the photo's size",
    "odd-size": "bring all person photos to one size",
    "bad-labels": "take the file of labels, not its coloured view, and of the numbering that this data set has",
    "bad-keypoints": "make it again with the program the data set used",
    "repeated-case": "keep one of the shards, and make a wardrobe of one config and seed",
    "altered": "the command that made the wardrobe makes such shards again",
    "duplicate": "none is needed where persons share a garment; delete other ones",
    "duplicate-across-splits": "leave the pair out of the test list: its answer would have been trained on",
    "unlisted": "none is needed; no list names it",
}


@dataclass(frozen=True)
class TryOnFindings:
    """What is in a try-on data set.

    Attributes:
        counts: {what: {split: how many}}, e.g. {"upper_body: persons": {"train": 11647, "test": 2032}}.
        facts: further lines about it.
        report: every problem.
    """

    counts: dict[str, dict[str, int]]
    facts: list[str]
    report: AuditReport


def repeats(photos: Sequence[tuple[str, str, str]]) -> list[Problem]:
    """Photos of one content, within and across splits.

    Args:
        photos: name, hash and split of each; of several alike the first one is the one that is not named.
    """
    table = pd.DataFrame(photos, columns=["sample_id", "sha256", "split"]).drop_duplicates(ignore_index=True)
    found, _ = find_repeats(table.assign(group=None), [], np.zeros(len(table), dtype=bool))
    return found


def unlike_most(sizes: Mapping[T, tuple[int, int]]) -> dict[T, str]:
    """The names whose (height, width) in px is not that of most, with both sizes in words."""
    if not sizes:
        return {}
    most = usual(sizes.values())
    return {name: f"{px(size)}, most have {px(most)}" for name, size in sizes.items() if size != most}


def usual(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """The (height, width) that occurs most often."""
    return Counter(sizes).most_common(1)[0][0]


def px(size: tuple[int, int]) -> str:
    """(height, width) in words."""
    return f"{size[0]} x {size[1]} px"


def said(error: DataError) -> str:
    """An error in one line: what is wrong, and what was got."""
    got = "" if error.got is None else f" ({' '.join(str(error.got).split())})"
    return f"{error.what}{got}"
