"""Photos of a set, its report part held out, and simulated garments beside them: one folder to train on.

out/
    labels.csv                 path, split, group, and a column a label
    photos/... garments/...    links to the files
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.config import parse_config
from fitroom.data.manifest import Manifest, read_source
from fitroom.data.source import DEFAULT_TABLE, SourceConfig
from fitroom.data.splits import PART_OF_SPLIT, PartsConfig, assign_parts
from fitroom.errors import DataError
from fitroom.writing import folder_beside

SPLIT_OF_PART = {part: split for split, part in PART_OF_SPLIT.items()}


@dataclass
class MergeConfig:
    """Lays photos to learn from and garments into one folder, as links."""

    out: str
    """Folder that is made."""
    photos: SourceConfig
    """Photos; their fit part is the folder's train split, their select part its validation split."""
    garments: SourceConfig | None = None
    """Garments whose train split is learned from too; none = the photos alone, for comparison."""
    parts: PartsConfig = field(default_factory=PartsConfig)
    """How the photos are divided; the usual one is that of clothing-recognition@1. The report part stays away."""
    label: str = "category"
    """Label that is spread evenly over the parts."""


def main(argv: Sequence[str]) -> int:
    """Any field of :class:`MergeConfig`; prints the numbers of photos."""
    config = parse_config(MergeConfig, argv, prog="fitroom data merge")
    table = merge(config)
    counts = ", ".join(f"{number} {split}" for split, number in table["split"].value_counts(sort=False).items())
    print(f"{config.out}: {len(table)} photos ({counts})")
    return 0


def merge(config: MergeConfig) -> pd.DataFrame:
    """Makes the folder.

    Returns:
        The rows of its labels.csv.

    Raises:
        DataError: ``out`` exists, or a source cannot be read or divided.
        ConfigError: the photos have no such label.
    """
    out = Path(config.out)
    if out.exists():
        raise DataError("the folder is there already", where=out, rule="a new folder", fix="remove it, or another out")
    photos, _ = read_source(config.photos)
    parts = assign_parts(photos, config.parts, config.label)
    rows = [_rows(photos, "photos", parts != "report", [SPLIT_OF_PART[part] for part in parts])]
    if config.garments is not None:
        garments, _ = read_source(config.garments)
        splits = garments.table["split"]
        if not (splits == "train").any():
            raise DataError(
                "no garment is in the train split", where=garments.root,
                rule="root/train/<class>/photo, or a column split",
                got=", ".join(sorted(set(splits.dropna()))) or "no splits",
            )  # fmt: skip
        rows.append(_rows(garments, "garments", (splits == "train").to_numpy(), splits))
    table = pd.concat(rows, ignore_index=True)
    with folder_beside(out) as stage:
        for path, file in zip(table["path"], table.pop("file"), strict=True):
            (stage / path).parent.mkdir(parents=True, exist_ok=True)
            (stage / path).symlink_to(file)
        table.to_csv(stage / DEFAULT_TABLE, index=False)
        stage.rename(out)
    return table


def _rows(manifest: Manifest, folder: str, wanted: np.ndarray, splits: Sequence[str] | pd.Series) -> pd.DataFrame:
    """Columns path, file (what it links to), split, group (of this source alone), and the labels."""
    rows = manifest.table[["sample_id", "group", *manifest.labels]].copy()
    rows.insert(0, "path", folder + "/" + rows["sample_id"])
    rows.insert(1, "file", [str(manifest.path(name).resolve()) for name in rows["sample_id"]])
    rows.insert(2, "split", list(splits))
    rows["group"] = folder + " " + rows["group"]
    return rows[wanted].drop(columns="sample_id")
