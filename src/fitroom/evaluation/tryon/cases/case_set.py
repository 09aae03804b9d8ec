"""A set of try-on cases: what is to be made, from what, and by which hash the set is known."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from fitroom.data.pairs.pair_lists import listed
from fitroom.errors import EvaluationError

_SAFE_NAME = re.compile(r"\w[\w.+@-]{0,199}")


@dataclass(frozen=True)
class Case:
    """One picture to be made.

    Attributes:
        case_id: unique in the set, and fit to be a file's name.
        kind: what it is for: one of the wardrobe's kinds, or "paired" or "unpaired".
        person_id, garment_id, group_id: what its score may depend on together with others: clusters of an interval.
            The wardrobe's group shares a person or a garment; elsewhere a case is its own group.
        category: class of the garment.
        region: "top", "bottom", "dress" or "outerwear".
        size: label of the garment's size, or None.
        inputs: SHA-256 (hex) of the encoded person and garment photo, in this order.
    """

    case_id: str
    kind: str
    person_id: str
    garment_id: str
    group_id: str
    category: str
    region: str
    size: str | None
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class References:
    """The true pictures that a set metric (FID, KID) compares with.

    Attributes:
        keys: names, each once, in order.
        load: key to (H, W, 3) uint8.
    """

    keys: tuple[str, ...]
    load: Callable[[str], np.ndarray]

    def __len__(self) -> int:
        return len(self.keys)

    def pictures(self) -> Iterator[tuple[str, np.ndarray]]:
        """Every key with its picture, one in memory at a time."""
        return ((key, self.load(key)) for key in self.keys)


class CaseRows(Protocol):
    """Where the pictures and truths of a set come from."""

    def row(self, index: int) -> dict[str, Any]:
        """All that is known of case ``index``."""

    def references(self) -> References:
        """The reference pictures of the set."""


class CaseSet:
    """Cases by index, and everything that is known of each.

    Args:
        name: "wardrobe", "viton-hd", "dresscode" or "viton".
        cases: in their order.
        truths: hash of each case's truth, "" where nobody knows it.
        size_px: native height and width of persons and truths.
        rows: where pictures come from.

    Attributes:
        name, cases: as given.
        digest: SHA-256 (hex) over the sorted cases, their inputs and truths: the same for the same content, wherever it
            lies and in whatever order.
        height_px, width_px: native size.

    Raises:
        EvaluationError: no case, ids that are there twice, or that cannot be a file's name.
    """

    def __init__(
        self, name: str, cases: Sequence[Case], truths: Sequence[str], size_px: tuple[int, int], rows: CaseRows
    ) -> None:
        _check_ids(name, [case.case_id for case in cases])
        self.name, self.cases = name, tuple(cases)
        self.height_px, self.width_px = size_px
        self.digest = _digest(self.cases, truths)
        self._rows = rows

    def __len__(self) -> int:
        return len(self.cases)

    def row(self, index: int) -> dict[str, Any]:
        """Case ``index`` in the form of a row of :class:`~fitroom.data.wardrobe.WardrobeDataset`.

        Every column of the wardrobe is there, and None where this set does not know it: person, garment, worn (the
        truth), parses, masks, flow, keypoints, px_per_cm, body_cm, fit, lengths_cm, ...

        Raises:
            DataError: a picture of it cannot be read.
        """
        return self._rows.row(index)

    def references(self) -> References:
        """The pictures that set metrics compare with.

        The truths of the cases, one a case; where nobody knows them, the person photos of the cases, each once.
        """
        return self._rows.references()


def native_size(sizes_px: Mapping[str, tuple[int, int]], where: object) -> tuple[int, int]:
    """The one (height, width) of a set.

    Args:
        sizes_px: (height, width) by name of the picture.
        where: the set's folder.

    Raises:
        EvaluationError: naming every picture that has another size than most.
    """
    usual = Counter(sizes_px.values()).most_common(1)[0][0]
    others = [f"{name}: {height} x {width}" for name, (height, width) in sizes_px.items() if (height, width) != usual]
    if others:
        raise EvaluationError(
            f"{len(others)} pictures have another size than the rest",
            where=where,
            rule=f"{usual[0]} x {usual[1]} px (height x width), as {len(sizes_px) - len(others)} of them",
            got=listed(others),
            fix="bring all pictures to one size, or score the sets apart",
        )
    return usual


def _check_ids(name: str, case_ids: list[str]) -> None:
    twice = [case_id for case_id, count in Counter(map(str.lower, case_ids)).items() if count > 1]
    unsafe = [case_id for case_id in case_ids if not _SAFE_NAME.fullmatch(case_id)]
    if not case_ids or twice or unsafe:
        raise EvaluationError(
            "the set of cases cannot be used" if case_ids else "the set holds no case",
            where=name,
            rule="each case's id is there once, capitals or not, and made of letters, digits and . + @ _ -",
            got=listed([f"twice: {case}" for case in twice] + [f"no file's name: {case}" for case in unsafe]),
        )


def _digest(cases: Sequence[Case], truths: Sequence[str]) -> str:
    lines = sorted("\t".join((case.case_id, *case.inputs, truth)) for case, truth in zip(cases, truths, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
