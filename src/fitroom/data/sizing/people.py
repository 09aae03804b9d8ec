"""People as tables of body measures, whoever measured them; each belongs to one part for good.

A person's part follows from the person's id alone, so a frozen protocol needs no list of names, and a new survey moves
nobody. Measures stay with the user: what is written into runs, bundles and records are hashes and errors.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from fitroom.data.manifest import Manifest
from fitroom.data.source import FIXED_COLUMNS

# In the order of a body model's axes. Girths and widths along the tape; the last four are heights above the floor.
MEASURES: tuple[str, ...] = (
    "height", "weight", "age", "chest", "waist", "hip", "thigh", "neck", "upper_arm", "inseam", "back_length",
    "shoulder_width", "sleeve", "neck_height", "waist_height", "hip_height", "knee_height",
)  # fmt: skip
UNITS: dict[str, str] = {"weight": "kg", "age": "years"}
"""Of what is not in cm."""
TOLD: tuple[str, ...] = ("told_height", "told_weight")
"""What people said before they were measured, cm and kg."""
COLUMNS = ("person_id", "survey", "sex", *MEASURES, *TOLD)
Part = Literal["train", "validation", "test"]
SALT = "people 1"
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1


@dataclass(frozen=True, eq=False)
class People:
    """Measured people.

    Attributes:
        root: folder they were read from.
        table: one row a person, index 0..N-1: ``COLUMNS``, then ``split`` and ``sha256`` (of all that was measured).
            NaN = not measured. Sex is "female" or "male".
    """

    root: Path
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    @property
    def values_ND(self) -> np.ndarray:
        """(N, D) float64 of :data:`MEASURES`; NaN = not measured."""
        return self.table[list(MEASURES)].to_numpy(np.float64)

    @property
    def sex_N(self) -> np.ndarray:
        """(N,) int: 0 = female, 1 = male."""
        return (self.table["sex"] == "male").to_numpy(np.int64)

    def of_part(self, part: Part) -> People:
        """Those of one part."""
        return self.subset((self.table["split"] == part).to_numpy())

    def subset(self, mask_N: np.ndarray) -> People:
        """Those where ``mask_N`` (bool) is true."""
        return replace(self, table=self.table[mask_N].reset_index(drop=True))

    @property
    def manifest(self) -> Manifest:
        """The people by hash alone, as a run keeps them."""
        rows = pd.DataFrame({"sample_id": self.table["person_id"], "sha256": self.table["sha256"]})
        rows = rows.assign(width_px=0, height_px=0, group=None, split=self.table["split"])
        types = {name: "int64" if name.endswith("_px") else "str" for name in FIXED_COLUMNS}
        return Manifest(self.root, rows.astype(types)[list(FIXED_COLUMNS)], [])


def make_people(root: Path, table: pd.DataFrame) -> People:
    """People of a table with ``person_id``, ``survey``, ``sex`` and any of the other columns; adds the rest."""
    table = table.reindex(columns=list(COLUMNS)).reset_index(drop=True)
    table[[*MEASURES, *TOLD]] = table[[*MEASURES, *TOLD]].astype(np.float64)
    table["split"] = [part_of(person) for person in table["person_id"]]
    table["sha256"] = [_content(row) for row in table[["sex", *MEASURES]].itertuples(index=False)]
    return People(root, table)


def part_of(person_id: str) -> Part:
    """The part of a person: a function of the id alone."""
    place = int.from_bytes(hashlib.sha256(f"{SALT} {person_id}".encode()).digest()[:8], "big") / 2**64
    if place < TEST_SHARE:
        return "test"
    return "validation" if place < TEST_SHARE + VALIDATION_SHARE else "train"


def _content(row: tuple[object, ...]) -> str:
    plain = [None if isinstance(value, float) and np.isnan(value) else value for value in row]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()
