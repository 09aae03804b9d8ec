"""A simulated wardrobe as a set of cases, whose truth is known to the centimetre."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from fitroom.config import nearest
from fitroom.data.pairs.pair_lists import listed
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import DataError, EvaluationError, ImageError
from fitroom.evaluation.tryon.cases.case_set import Case, CaseSet, References, native_size
from fitroom.images import read_header
from fitroom.wardrobe.plan import CaseKind

KINDS: tuple[str, ...] = get_args(CaseKind)
_FACTS = ("case_id", "kind", "person_id", "garment_id", "group_id", "category", "region", "size")
_INPUTS = ("person", "garment")
# What scores are measured against, or what a model is given beside the two photos.
_TRUTH = (
    "worn", "worn_parse", "person_parse", "body_part", "garment_mask", "repaint_mask", "flow", "flow_visible",
    "keypoints", "px_per_cm", "source_size", "body_cm", "garment_cm", "source_cm", "ease_cm", "fit", "lengths_cm",
)  # fmt: skip


def wardrobe_cases(folder: str | Path, split: str = "test", kinds: Sequence[str] = ()) -> CaseSet:
    """The cases of a wardrobe, in the order of its shards.

    Args:
        folder: as ``fitroom wardrobe`` writes it.
        split: of it.
        kinds: of cases; none = all.

    Raises:
        EvaluationError: an unknown kind or none of it there, a case id twice, or pictures of several sizes.
        DataError: no such folder or split, a damaged shard, or cases without person, garment or worn photo.
    """
    _check_kinds(kinds)
    scan = WardrobeDataset(folder, split, (*_FACTS, *_INPUTS, *_TRUTH))
    sizes_px: dict[str, tuple[int, int]] = {}
    cases, truths, indices, bare = [], [], [], []
    for index in range(len(scan)):
        cells = scan.cells(index)
        if kinds and cells["kind"] not in kinds:
            continue
        name = str(cells["case_id"])
        if any(cells[column] is None for column in (*_INPUTS, "worn")):
            bare.append(name)
            continue
        indices.append(index)
        cases.append(_case(cells))
        truths.append(_hash({column: cells[column] for column in _TRUTH}))
        sizes_px |= {f"{name} {column}": _size_px(cells, column) for column in ("person", "worn")}
    if bare:
        raise DataError("cases of the wardrobe lack person, garment or worn photo", where=folder, got=listed(bare))
    if not cases:
        raise EvaluationError(
            "the wardrobe has no case of these kinds", where=f"{folder}, split {split}", got=", ".join(kinds)
        )
    rows = _WardrobeRows(WardrobeDataset(folder, split), indices, [case.case_id for case in cases])
    return CaseSet("wardrobe", cases, truths, native_size(sizes_px, folder), rows)


class _WardrobeRows:
    """Rows and references of a wardrobe."""

    def __init__(self, dataset: WardrobeDataset, indices: list[int], case_ids: list[str]) -> None:
        self.dataset, self.indices = dataset, indices
        self.worn = WardrobeDataset(dataset.folder, dataset.split, ("worn",))
        self.place = dict(zip(case_ids, indices, strict=True))

    def row(self, index: int) -> dict[str, Any]:
        return self.dataset[self.indices[index]]

    def references(self) -> References:
        return References(tuple(self.place), self._load)

    def _load(self, key: str) -> np.ndarray:
        worn_u8: np.ndarray = self.worn[self.place[key]]["worn"]
        return worn_u8


def _check_kinds(kinds: Sequence[str]) -> None:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise EvaluationError(
            f"the wardrobe has no cases of kind {unknown[0]!r}",
            rule=", ".join(KINDS),
            fix=nearest(unknown[0], KINDS),
        )


def _case(cells: Mapping[str, Any]) -> Case:
    inputs = tuple(hashlib.sha256(cells[column]["bytes"]).hexdigest() for column in _INPUTS)
    return Case(**{name: cells[name] for name in _FACTS}, inputs=inputs)


def _hash(cells: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for name, cell in sorted(cells.items()):
        kept = cell["bytes"] if isinstance(cell, dict) else cell
        data = kept if isinstance(kept, bytes) else json.dumps(kept).encode()
        digest.update(f"{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()


def _size_px(cells: Mapping[str, Any], column: str) -> tuple[int, int]:
    try:
        header = read_header(cells[column]["bytes"])
    except ImageError as error:
        where = f"{cells['case_id']}, column {column}"
        raise DataError("a picture of the wardrobe cannot be read", where=where, got=error.what) from error
    return header.height_px, header.width_px
