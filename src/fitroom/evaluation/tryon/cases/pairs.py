"""Data sets with lists of pairs as a set of cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fitroom.data.pairs.pair_lists import Pair
from fitroom.data.pairs.try_on_pairs import REGIONS, TryOnPairs
from fitroom.evaluation.tryon.cases.case_set import Case, CaseSet, References, native_size
from fitroom.images import decode_rgb_u8
from fitroom.wardrobe.truth.columns import COLUMNS


def pair_cases(dataset: TryOnPairs) -> CaseSet:
    """Every pair as a case, known by its person, and by its garment too where that is not the person's own.

    Raises:
        DataError: naming every photo that cannot be read.
        EvaluationError: naming every person photo that has another size than most.
    """
    facts, cases, truths, sizes_px = dataset.facts(), [], [], {}
    for pair in dataset.pairs:
        person, garment = (facts[path] for path in dataset.photos(pair))
        cases.append(_case(dataset, pair, (person.sha256, garment.sha256)))
        truths.append(person.sha256 if dataset.paired else "")
        sizes_px[f"{pair.category}/{pair.person}"] = (person.height_px, person.width_px)
    size_px = native_size(sizes_px, dataset.root)
    return CaseSet(dataset.name, cases, truths, size_px, _PairRows(dataset, cases))


class _PairRows:
    """Rows and references of pairs."""

    def __init__(self, dataset: TryOnPairs, cases: list[Case]) -> None:
        self.dataset, self.cases = dataset, cases
        self.persons = {
            _name(dataset, pair, Path(pair.person).stem): dataset.files(pair).person for pair in dataset.pairs
        }

    def row(self, index: int) -> dict[str, Any]:
        case, sample = self.cases[index], self.dataset[index]
        known = {
            **{name: getattr(case, name) for name in ("case_id", "kind", "group_id", "person_id", "garment_id")},
            "category": case.category,
            "region": case.region,
            "split": sample.split,
            "person": sample.person.image_u8,
            "garment": sample.garment.image_u8,
            "worn": sample.worn_u8,
            "person_parse": sample.person.parse,
            "worn_parse": sample.person.parse if self.dataset.paired else None,
            "garment_mask": sample.garment.mask,
            "repaint_mask": sample.repaint_mask,
            "keypoints": sample.person.keypoints,
        }
        return {**{column.name: None for column in COLUMNS}, **known}

    def references(self) -> References:
        return References(tuple(self.persons), self._load)

    def _load(self, key: str) -> np.ndarray:
        return decode_rgb_u8(self.persons[key])


def _case(dataset: TryOnPairs, pair: Pair, inputs: tuple[str, str]) -> Case:
    person, garment = Path(pair.person).stem, Path(pair.garment).stem
    case_id = _name(dataset, pair, person if dataset.paired else f"{person}_{garment}")
    kind = "paired" if dataset.paired else "unpaired"
    region = REGIONS[pair.category]
    return Case(case_id, kind, person, garment, case_id, pair.category, region, None, inputs)


def _name(dataset: TryOnPairs, pair: Pair, name: str) -> str:
    """DressCode's categories may number their photos alike."""
    return f"{pair.category}-{name}" if dataset.name == "dresscode" else name
