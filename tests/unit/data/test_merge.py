"""Merging: the report part stays away, only the garments' train split comes along, and nothing is copied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fitroom.data.manifest import read_source
from fitroom.data.recognition.merge import MergeConfig, main, merge
from fitroom.data.source import SourceConfig
from fitroom.data.splits import PartsConfig, assign_parts
from fitroom.errors import DataError


def make_photos(root: Path, rows: list[dict[str, str]], seed: int) -> Path:
    rng = np.random.default_rng(seed)
    for row in rows:
        (root / row["path"]).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (24, 20, 3), dtype=np.uint8)).save(root / row["path"])
    pd.DataFrame(rows).to_csv(root / "labels.csv", index=False)
    return root


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    rows = [{"path": f"{i:02d}.png", "label": ["hat", "dress"][i % 2], "user": f"u{i // 4}"} for i in range(40)]
    return make_photos(tmp_path / "photos", rows, 0)


@pytest.fixture
def garments(tmp_path: Path) -> Path:
    splits = ["train", "train", "validation", "test"]
    rows = [
        {"path": f"images/{i:02d}.png", "kind": "dress", "group": f"u{i}", "split": splits[i % 4]} for i in range(12)
    ]
    return make_photos(tmp_path / "garments", rows, 1)


def config(tmp_path: Path, photos: Path, garments: Path | None) -> MergeConfig:
    source = SourceConfig(str(garments), label_columns={"category": "kind"}) if garments else None
    return MergeConfig(str(tmp_path / "both"), SourceConfig(str(photos)), source)


def test_garments_without_a_train_split_are_no_garments(photos: Path, garments: Path, tmp_path: Path) -> None:
    table = pd.read_csv(garments / "labels.csv")
    table.assign(split="test").to_csv(garments / "labels.csv", index=False)
    with pytest.raises(DataError, match="no garment is in the train split"):
        merge(config(tmp_path, photos, garments))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["garments", "photos"]


def test_who_comes_along(tmp_path: Path, photos: Path, garments: Path) -> None:
    merge(config(tmp_path, photos, garments))
    both, report = read_source(SourceConfig(str(tmp_path / "both")))
    assert not report.problems
    known, _ = read_source(SourceConfig(str(photos)))
    parts = assign_parts(known, PartsConfig())
    hashes = known.table["sha256"]
    rows = both.table
    train, select = (set(rows["sha256"][rows["split"] == split]) for split in ("train", "validation"))
    assert select == set(hashes[parts == "select"])
    assert not (train | select) & set(hashes[parts == "report"])
    assert train >= set(hashes[parts == "fit"]) and len(train) == (parts == "fit").sum() + 6
    assert not set(rows["split"]) - {"train", "validation"}


def test_groups_of_both_are_kept_apart(tmp_path: Path, photos: Path, garments: Path) -> None:
    table = merge(config(tmp_path, photos, garments))
    kinds = table.groupby("group")["path"].agg(lambda paths: len({path.split("/")[0] for path in paths}))
    assert (kinds == 1).all()


def test_without_garments_and_without_copies(tmp_path: Path, photos: Path) -> None:
    table = merge(config(tmp_path, photos, None))
    assert set(table["path"].str.split("/").str[0]) == {"photos"}
    assert all((tmp_path / "both" / path).is_symlink() for path in table["path"])


def test_an_existing_folder_is_refused(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "both").mkdir()
    with pytest.raises(DataError, match="there already"):
        merge(config(tmp_path, photos, None))


def test_from_words(tmp_path: Path, photos: Path, garments: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--out", str(tmp_path / "both"), "--photos.root", str(photos), "--garments.root", str(garments)]
    assert main([*words, "--garments.label_columns", "{category: kind}"]) == 0
    assert capsys.readouterr().out.endswith(" validation)\n")
