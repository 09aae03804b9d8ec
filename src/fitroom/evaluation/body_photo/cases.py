"""The frozen cases: all pictures of ``benchmarks/wardrobe``, and in ``benchmarks/body-photo``

bodies.json       by body: sex, and weight in kg, which the wardrobe's rows do not hold
widths.parquet    what the controls learn from: one row a picture of the training part, see ``controls``
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import parquet

from fitroom.evaluation.body_photo.protocol import BodyPhotoProtocol
from fitroom.evaluation.flat.frozen import digest_of, require_frozen
from fitroom.pipelines.sizing.wardrobe_figures import Picture, pictures_of

BODIES, WIDTHS, MANIFEST = "bodies.json", "widths.parquet", "manifest.json"


@dataclass(frozen=True, eq=False)
class BodyPhotoCases:
    """N pictures, and what the controls learn from.

    Attributes:
        pictures: as they were taken.
        is_readable_N: whether the whole body is seen from the front.
        sex_N, weight_kg_N: of the bodies.
        learned: see ``controls``.
        digest: SHA-256 that stands for all.
    """

    pictures: list[Picture]
    is_readable_N: np.ndarray
    sex_N: list[str]
    weight_kg_N: np.ndarray
    learned: pd.DataFrame
    digest: str

    def truth(self, measure: str) -> np.ndarray:
        """(N,) cm."""
        return np.array([picture.body_cm[measure] for picture in self.pictures])

    @property
    def bodies_N(self) -> np.ndarray:
        """Who each shows."""
        return np.array([picture.body for picture in self.pictures])


def read_cases(wardrobe: Path, folder: Path, protocol: BodyPhotoProtocol) -> BodyPhotoCases:
    """The cases of two folders.

    Raises:
        EvaluationError: they are not those the protocol is frozen for.
        DataError: files that do not fit.
    """
    found = digest(wardrobe, folder)
    fix = "take benchmarks/wardrobe and benchmarks/body-photo unaltered"
    require_frozen(protocol.digest, found, f"{wardrobe}, {folder}", fix)
    pictures = list(pictures_of(wardrobe, "test"))
    bodies = json.loads((folder / BODIES).read_text(encoding="utf-8"))
    told = [bodies[picture.body] for picture in pictures]
    return BodyPhotoCases(
        pictures,
        np.array([one.is_whole and abs(one.yaw_deg) <= protocol.most_yaw_deg for one in pictures]),
        [one["sex"] for one in told],
        np.array([one["weight_kg"] for one in told]),
        parquet.read_table(folder / WIDTHS).to_pandas(),
        found,
    )


def digest(wardrobe: Path, folder: Path) -> str:
    """SHA-256 (hex) that stands for the cases.

    Raises:
        EvaluationError: a file is not there.
    """
    return digest_of([wardrobe / MANIFEST, folder / BODIES, folder / WIDTHS])
