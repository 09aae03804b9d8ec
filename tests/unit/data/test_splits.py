from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from fitroom.data.manifest import Manifest, read_source
from fitroom.data.source import SourceConfig
from fitroom.data.splits import PartsConfig, assign_parts, require_part
from fitroom.errors import ConfigError, DataError


def photos(num_groups: int = 20, num_per_group: int = 5, num_classes: int = 3) -> Manifest:
    """A manifest of groups of equal size whose photos go through the classes in turn."""
    count = num_groups * num_per_group
    table = pd.DataFrame(
        {
            "sample_id": [f"{i:04d}.jpg" for i in range(count)],
            "sha256": [f"{i:064x}" for i in range(count)],
            "width_px": 40,
            "height_px": 48,
            "group": [f"g{i // num_per_group}" for i in range(count)],
            "split": [("train", "train", "validation", "test")[i % 4] for i in range(count)],
            "category": [f"c{i % num_classes}" for i in range(count)],
        }
    )
    return Manifest(Path("photos"), table, ["category"])


def with_column(manifest: Manifest, name: str, values: object) -> Manifest:
    return Manifest(manifest.root, manifest.table.assign(**{name: values}), manifest.labels)


def test_no_group_lies_in_two_parts():
    manifest = photos()
    parts = assign_parts(manifest, PartsConfig())
    assert pd.Series(parts).groupby(manifest.table["group"]).nunique().max() == 1
    assert {name: int((parts == name).sum()) for name in ("fit", "select", "report")} == {
        "fit": 60,
        "select": 20,
        "report": 20,
    }


@pytest.mark.parametrize("by", ["group", "sample"])
@pytest.mark.parametrize("seed", [0, 3])
def test_it_is_scikit_learns_answer_over_sorted_rows(by, seed):
    manifest = photos(num_groups=11, num_per_group=7)
    shuffled = Manifest(
        manifest.root, manifest.table.sample(frac=1, random_state=1).reset_index(drop=True), ["category"]
    )
    table = manifest.table
    kind = StratifiedGroupKFold if by == "group" else StratifiedKFold
    splitter = kind(5, shuffle=True, random_state=seed)
    groups = table["group"] if by == "group" else None
    folds = [table["sample_id"][test] for _, test in splitter.split(table, table["category"], groups)]
    parts = pd.Series(assign_parts(shuffled, PartsConfig(by, seed)), index=shuffled.table["sample_id"])
    assert set(parts.index[parts == "report"]) == set(folds[0])
    assert set(parts.index[parts == "select"]) == set(folds[1])
    assert (parts == "fit").sum() == sum(map(len, folds[2:]))


def test_the_seed_moves_groups():
    manifest = photos()
    assert (assign_parts(manifest, PartsConfig(seed=0)) != assign_parts(manifest, PartsConfig(seed=1))).any()
    assert (assign_parts(manifest, PartsConfig(seed=4)) == assign_parts(manifest, PartsConfig(seed=4))).all()


def test_by_sample_spreads_each_class_evenly():
    manifest = photos()
    parts = assign_parts(manifest, PartsConfig("sample"))
    counts = pd.crosstab(manifest.table["category"], parts)
    assert (counts["report"].between(6, 7)).all() and (counts["select"].between(6, 7)).all()


def test_by_sample_needs_no_groups():
    manifest = with_column(photos(), "group", None)
    assert set(assign_parts(manifest, PartsConfig("sample"))) == {"fit", "select", "report"}


def test_by_split_takes_the_sources_own():
    manifest = photos()
    parts = assign_parts(manifest, PartsConfig("split"))
    names = {"train": "fit", "validation": "select", "test": "report"}
    assert list(parts) == [names[split] for split in manifest.table["split"]]


def test_an_absent_part_is_an_error_when_it_is_asked_for():
    manifest = with_column(photos(), "split", "train")
    parts = assign_parts(manifest, PartsConfig("split"))
    assert require_part(parts, "fit").all()
    with pytest.raises(DataError, match=r"no photo is in the report part(.|\n)*test split(.|\n)*fit \(100\)"):
        require_part(parts, "report")


@pytest.mark.parametrize(("split", "got"), [(None, "no split"), ("holdout", "holdout")])
def test_by_split_needs_known_splits(split, got):
    with pytest.raises(DataError, match=f"got: {got}"):
        assign_parts(with_column(photos(), "split", split), PartsConfig("split"))


def test_group_without_groups_is_refused():
    with pytest.raises(DataError, match=r"no group is known(.|\n)*source.group_column"):
        assign_parts(with_column(photos(), "group", None), PartsConfig())


def test_photos_without_a_group_are_named():
    manifest = photos()
    groups = manifest.table["group"].mask(manifest.table.index.isin([3, 50]))
    with pytest.raises(DataError, match=r"2 photos have no group(.|\n)*0003.jpg, 0050.jpg"):
        assign_parts(with_column(manifest, "group", groups), PartsConfig())


def test_fewer_groups_than_folds_are_refused():
    with pytest.raises(DataError, match=r"fewer groups than folds(.|\n)*4 groups: g0, g1, g2, g3"):
        assign_parts(photos(num_groups=4), PartsConfig())
    assert set(assign_parts(photos(num_groups=4), PartsConfig(folds=4))) == {"fit", "select", "report"}


def test_too_few_photos_are_refused_and_a_rare_class_is_not():
    with pytest.raises(DataError, match=r"too few photos(.|\n)*c0 \(3\), c1 \(3\)"):
        assign_parts(photos(num_groups=6, num_per_group=1, num_classes=2), PartsConfig("sample"))
    manifest = photos()
    rare = manifest.table["category"].where(manifest.table.index != 8, "rare")
    for by in ("group", "sample"):
        assert set(assign_parts(with_column(manifest, "category", rare), PartsConfig(by))) == {
            "fit",
            "select",
            "report",
        }


def test_photos_without_the_label_are_divided_too():
    manifest = photos()
    labels = manifest.table["category"].mask(manifest.table.index % 2 == 0)
    parts = assign_parts(with_column(manifest, "category", labels), PartsConfig())
    assert set(parts[::2]) == {"fit", "select", "report"}


def test_settings_are_checked():
    with pytest.raises(ConfigError, match="too few folds"):
        PartsConfig(folds=2)
    with pytest.raises(ConfigError, match="did you mean 'category'"):
        assign_parts(photos(), PartsConfig(), label="categry")


def test_contributors_of_the_clothing_photos_are_kept_apart(clothing_root):
    manifest, _ = read_source(SourceConfig(str(clothing_root)))
    parts = assign_parts(manifest, PartsConfig())
    names, counts = np.unique(parts, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {"fit": 1972, "report": 778, "select": 659}
    assert pd.Series(parts).groupby(manifest.table["group"]).nunique().max() == 1
    assert (pd.crosstab(manifest.table["category"], parts) > 0).all(axis=None)
