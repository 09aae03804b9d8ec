"""Which photos a model learns from (fit), is chosen and calibrated by (select), and is reported on (report)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from fitroom.config import nearest
from fitroom.data.manifest import Manifest
from fitroom.errors import ConfigError, DataError

PartName = Literal["fit", "select", "report"]
PART_OF_SPLIT: dict[str, PartName] = {"train": "fit", "validation": "select", "test": "report"}


@dataclass
class PartsConfig:
    """How a manifest is divided.

    Attributes:
        by: "group" keeps each group (contributor) in one part, so that a score speaks of new contributors; "sample"
            ignores groups; "split" takes the source's own train, validation and test.
        seed: of the shuffle.
        folds: number of equal folds; report = fold 0, select = fold 1, fit = the rest.
    """

    by: Literal["group", "sample", "split"] = "group"
    seed: int = 0
    folds: int = 5

    def __post_init__(self) -> None:
        if self.folds < 3:
            raise ConfigError(
                "too few folds", where="parts.folds", rule="at least 3: report, select and fit", got=self.folds
            )


def assign_parts(manifest: Manifest, config: PartsConfig, label: str = "category") -> np.ndarray:
    """Gives each photo its part, with the classes spread evenly.

    The answer depends on sample ids, groups and labels, not on the order of the rows: scikit-learn's
    ``StratifiedGroupKFold`` (or ``StratifiedKFold``) runs over the rows sorted by sample id.

    Args:
        manifest: N photos.
        config: how to divide them.
        label: label column whose classes are spread evenly; photos without it count as one more class.

    Returns:
        (N,) str of "fit", "select" and "report", in the manifest's order.

    Raises:
        DataError: no group known, fewer groups than folds, no class with as many photos as folds, or a split that is
            none of train, validation and test.
        ConfigError: no such label column.
    """
    if config.by == "split":
        return _parts_of_splits(manifest)
    if label not in manifest.labels:
        raise ConfigError(
            f"there is no label {label!r} to divide by", where="parts", fix=nearest(label, manifest.labels)
        )
    order = np.argsort(manifest.table["sample_id"].to_numpy(dtype=object), kind="stable")
    classes = manifest.table[label].fillna("").to_numpy(dtype=object)[order].astype(str)
    groups = _groups(manifest)[order].astype(str) if config.by == "group" else None
    _require_enough(manifest, classes, groups, config)

    folds = _folds(classes, groups, config)
    parts = np.full(len(manifest), "fit", dtype="<U6")
    parts[order[folds == 0]] = "report"
    parts[order[folds == 1]] = "select"
    return parts


def require_part(parts: np.ndarray, part: PartName) -> np.ndarray:
    """(N,) bool, True on the photos of ``part``.

    Raises:
        DataError: there are none.
    """
    mask = parts == part
    if not mask.any():
        there = ", ".join(
            f"{name} ({count})" for name, count in zip(*np.unique(parts, return_counts=True), strict=True)
        )
        split = next(split for split, name in PART_OF_SPLIT.items() if name == part)
        raise DataError(
            f"no photo is in the {part} part",
            where="parts",
            rule=f"with parts.by = split, the {part} part is the source's {split} split",
            got=there or "no photos",
            fix="use parts.by = group or sample, which divide the photos themselves",
        )
    return mask


def _folds(classes: np.ndarray, groups: np.ndarray | None, config: PartsConfig) -> np.ndarray:
    """(N,) int, the fold of each row."""
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(config.folds, shuffle=True, random_state=config.seed)
    folds = np.zeros(len(classes), dtype=int)
    with warnings.catch_warnings():
        # A class with fewer photos than folds cannot be in each; that is no reason to stop.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for fold, (_, members) in enumerate(splitter.split(np.zeros(len(classes)), classes, groups)):
            folds[members] = fold
    return folds


def _groups(manifest: Manifest) -> np.ndarray:
    groups = manifest.table["group"]
    nameless = manifest.table["sample_id"][groups.isna()]
    if len(nameless) == len(manifest):
        raise DataError(
            "the photos cannot be divided by group: no group is known",
            where=manifest.root,
            rule="a group column in the source's table, e.g. the contributor of each photo",
            fix="name it in source.group_column, or use parts.by = sample",
        )
    if len(nameless):
        raise DataError(
            f"{len(nameless)} photos have no group",
            where=manifest.root,
            rule="with parts.by = group, each photo has one",
            got=", ".join(nameless),
            fix="fill in the group column, or use parts.by = sample",
        )
    return groups.to_numpy(dtype=object)


def _require_enough(manifest: Manifest, classes: np.ndarray, groups: np.ndarray | None, config: PartsConfig) -> None:
    if groups is not None and len(np.unique(groups)) < config.folds:
        raise DataError(
            "there are fewer groups than folds",
            where=manifest.root,
            rule=f"at least {config.folds} groups, one a fold",
            got=f"{len(np.unique(groups))} groups: {', '.join(np.unique(groups))}",
            fix="set fewer parts.folds (3 or more), or use parts.by = sample",
        )
    names, counts = np.unique(classes, return_counts=True)
    if not len(names) or counts.max() < config.folds:
        raise DataError(
            "there are too few photos to divide",
            where=manifest.root,
            rule=f"a class with at least {config.folds} photos, one a fold",
            got=", ".join(f"{name or 'no label'} ({count})" for name, count in zip(names, counts, strict=True)),
            fix="add photos, or set fewer parts.folds (3 or more)",
        )


def _parts_of_splits(manifest: Manifest) -> np.ndarray:
    splits = manifest.table["split"].fillna("no split")
    unknown = sorted(set(splits) - set(PART_OF_SPLIT))
    if unknown:
        raise DataError(
            "the photos cannot be divided by split",
            where=manifest.root,
            rule=f"each photo's split is one of {', '.join(PART_OF_SPLIT)}",
            got=", ".join(unknown),
            fix="use split folders or a split column, or parts.by = group or sample",
        )
    return np.array([PART_OF_SPLIT[split] for split in splits], dtype="<U6")
