from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from fitroom.data import files
from fitroom.data.manifest import Manifest, audit_source, read_source
from fitroom.data.source import FIXED_COLUMNS, SourceConfig
from fitroom.errors import DataError


def read(root: Path, **config: object) -> Manifest:
    return read_source(SourceConfig(str(root), **config))[0]


@pytest.fixture
def broken(image_folder, photo_bytes) -> tuple[Path, dict[str, str]]:
    """A folder of 12 good photos and one problem of each kind that files can have; kinds by name."""
    root = image_folder(("dress", "hat"), 3, splits=("train", "validation"))
    good = (root / "train/dress/0000.jpg").read_bytes()
    bad = {
        "train/dress/cut.jpg": (photo_bytes(901)[:-200], "corrupt"),
        "train/dress/none.jpg": (b"", "empty"),
        "train/dress/page.jpg": (b"<html>", "not-an-image"),
        "train/dress/tiny.jpg": (photo_bytes(902, width_px=8), "unsuitable"),
        "train/dress/png.jpg": (photo_bytes(903, format="PNG"), "wrong-extension"),
        "train/dress/again.jpg": (good, "duplicate"),
        "validation/dress/leak.jpg": (good, "duplicate-across-splits"),
        "train/hat/either.jpg": (photo_bytes(904), "conflicting-label"),
        "train/dress/either.jpg": (photo_bytes(904), "conflicting-label"),
        "train/stray.jpg": (photo_bytes(905), "missing-label"),
    }
    for name, (data, _) in bad.items():
        (root / name).write_bytes(data)
    return root, {name: kind for name, (_, kind) in bad.items()}


def test_a_manifest_of_folders(image_folder):
    root = image_folder(("dress", "hat"), 2, splits=("train", "val"))
    manifest, report = read_source(SourceConfig(str(root)))
    table = manifest.table
    assert list(table.columns) == [*FIXED_COLUMNS, "category"] and manifest.labels == ["category"]
    assert len(manifest) == report.num_files == 8 and report.num_skipped == 0 and not report.problems
    assert set(table["width_px"]) == {40} and set(table["height_px"]) == {48}
    assert table["sha256"].str.fullmatch("[0-9a-f]{64}").all() and table["sha256"].is_unique
    assert list(table["sample_id"]) == sorted(table["sample_id"])
    assert manifest.path("train/hat/0000.jpg").is_file()


def test_all_problems_are_told_at_once_by_name(broken):
    root, expected = broken
    before = sorted(root.rglob("*"))
    with pytest.raises(DataError) as error:
        read(root)
    lines = str(error.value).splitlines()
    for name, kind in expected.items():
        (at,) = (i for i, line in enumerate(lines) if line.strip().startswith(f"{name}:") or line.strip() == name)
        heads = [line.split()[0] for line in lines[:at] if re.match(r"    [\w-]+ \(\d+\): ", line)]
        assert heads[-1] == kind, f"{name} is told under {heads[-1]}"
    assert lines[0] == "10 of 22 photos cannot be used"
    assert "skip_bad" in lines[-1]
    assert sorted(root.rglob("*")) == before


def test_skip_bad_goes_on_without_them_and_says_how_many(broken, caplog, monkeypatch):
    root, expected = broken
    monkeypatch.setattr(files.log, "propagate", True)
    with caplog.at_level("WARNING", logger="fitroom"):
        manifest, report = read_source(SourceConfig(str(root), skip_bad=True))
    assert "without 10 of 22 photos" in caplog.text
    assert (len(manifest), report.num_files, report.num_skipped) == (12, 22, 10)
    assert not set(manifest.table["sample_id"]) & set(expected)
    assert {problem.sample_id: problem.kind for problem in report.problems} == expected


def test_skip_bad_with_nothing_left_is_an_error(image_folder):
    root = image_folder(("hat",), 1)
    (root / "hat/0000.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"no usable photo is left(.|\n)*hat/0000.jpg"):
        read(root, skip_bad=True)
    manifest, report = audit_source(SourceConfig(str(root)))
    assert len(manifest) == 0 and report.num_skipped == 1


def test_problems_of_a_table_come_with_those_of_its_files(image_folder):
    root = image_folder(("dress", "hat"), 3, num_groups=2)
    copied = (root / "hat/0000.jpg").read_bytes()
    (root / "hat/0001.jpg").write_bytes(copied)
    (root / "hat/extra.jpg").write_bytes(b"not listed, so not opened")
    with (root / "labels.csv").open("a") as table:
        table.write("gone.jpg,hat,c0\ndress/0000.jpg,dress,c0\n../up.jpg,hat,c0\ndress/0001.jpg,,c1\n")
    _, report = audit_source(SourceConfig(str(root)))
    assert [(problem.kind, problem.sample_id) for problem in report.problems] == [
        ("missing-file", "gone.jpg"),
        ("outside-root", "../up.jpg"),
        ("missing-label", "dress/0001.jpg"),
        ("duplicate-across-groups", "hat/0001.jpg"),
        ("duplicate", "dress/0000.jpg"),
        ("duplicate", "dress/0001.jpg"),
        ("unlisted", "hat/extra.jpg"),
    ]
    assert (report.num_files, report.num_skipped) == (10, 5)
    manifest = read(root, skip_bad=True)
    assert manifest.table["sample_id"].is_unique and "dress/0001.jpg" in set(manifest.table["sample_id"])


def test_unlisted_photos_alone_stop_nothing(image_folder, photo_bytes):
    root = image_folder(("hat",), 2, num_groups=1)
    (root / "hat/extra.jpg").write_bytes(photo_bytes(50))
    manifest, report = read_source(SourceConfig(str(root)))
    assert len(manifest) == 2 and [problem.kind for problem in report.problems] == ["unlisted"]


def test_the_digest_knows_content_not_place(image_folder):
    root = image_folder(("dress", "hat"), 3, num_groups=2)
    digest = read(root).digest
    moved = root.with_name("moved")
    shutil.copytree(root, moved)
    table = pd.read_csv(moved / "labels.csv")
    (moved / "z.jpg").write_bytes((moved / table["path"][0]).read_bytes())
    (moved / table["path"][0]).unlink()
    table.loc[0, "path"] = "z.jpg"
    table.sample(frac=1, random_state=0).to_csv(moved / "labels.csv", index=False)
    assert read(moved).digest == digest
    assert re.fullmatch("[0-9a-f]{64}", digest)


@pytest.mark.parametrize("column", ["category", "contributor", "path"])
def test_the_digest_changes_with_what_is_learned(image_folder, photo_bytes, column):
    root = image_folder(("dress", "hat"), 3, num_groups=2)
    digest = read(root).digest
    table = pd.read_csv(root / "labels.csv")
    if column == "path":
        (root / table["path"][0]).write_bytes(photo_bytes(77))
    else:
        table.loc[0, column] = "other"
    table.to_csv(root / "labels.csv", index=False)
    assert read(root).digest != digest


def test_the_digest_does_not_mix_up_groups_and_labels(tmp_path):
    def digest(group: str | None, category: str) -> str:
        row = {"sample_id": "a", "sha256": "0", "width_px": 1, "height_px": 1, "group": group, "split": None}
        return Manifest(tmp_path, pd.DataFrame([row | {"category": category}]), ["category"]).digest

    assert len({digest("a", "b"), digest("b", "a"), digest("a, b", ""), digest(None, "b"), digest("null", "b")}) == 5


def test_a_subset_keeps_rows_and_counts_anew(image_folder):
    manifest = read(image_folder(("dress", "hat"), 3))
    hats = manifest.subset(manifest.table["category"] == "hat")
    assert list(hats.table["sample_id"]) == ["hat/0000.jpg", "hat/0001.jpg", "hat/0002.jpg"]
    assert list(hats.table.index) == [0, 1, 2] and len(manifest) == 6
    assert hats.digest != manifest.digest and hats.root == manifest.root


def test_written_and_read_it_is_the_same(image_folder, tmp_path):
    root = image_folder(("dress", "hat"), 2, num_groups=2)
    table = pd.read_csv(root / "labels.csv").assign(fabric=["wool|silk", None, None, "linen"])
    table.to_csv(root / "labels.csv", index=False)
    manifest = read(root, label_columns={"category": "category", "fabric": "fabric"})
    manifest.write(tmp_path / "new" / "manifest.parquet")
    again = Manifest.read(tmp_path / "new" / "manifest.parquet")
    pd.testing.assert_frame_equal(again.table, manifest.table)
    assert again.digest == manifest.digest and again.labels == ["category", "fabric"]
    assert again.path("hat/0000.jpg").read_bytes() == manifest.path("hat/0000.jpg").read_bytes()
    assert Manifest.read(tmp_path / "new" / "manifest.parquet", root=tmp_path).root == tmp_path


def test_a_column_without_any_value_survives_the_file(image_folder, tmp_path):
    manifest = read(image_folder())
    manifest.write(tmp_path / "m.parquet")
    again = Manifest.read(tmp_path / "m.parquet")
    assert again.table["group"].isna().all() and again.digest == manifest.digest


def test_hugging_face_datasets_reads_it(image_folder, tmp_path):
    from datasets import load_dataset

    manifest = read(image_folder(("dress", "hat"), 2, num_groups=2))
    manifest.write(tmp_path / "m.parquet")
    dataset = load_dataset(
        "parquet", data_files=str(tmp_path / "m.parquet"), split="train", cache_dir=str(tmp_path / "hf")
    )
    assert dataset["sha256"][:] == manifest.table["sha256"].tolist()
    assert dataset["category"][:] == ["dress", "dress", "hat", "hat"]


def test_a_failed_write_leaves_the_old_file(image_folder, tmp_path, monkeypatch):
    manifest = read(image_folder())
    path = tmp_path / "out" / "m.parquet"
    manifest.write(path)
    before = path.read_bytes()

    def fail(table: object, where: Path) -> None:
        where.write_bytes(b"half of")
        raise OSError("disk full")

    monkeypatch.setattr(parquet, "write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        manifest.subset([True] + [False] * 5).write(path)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_what_is_no_manifest_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        Manifest.read(tmp_path / "gone.parquet")
    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(DataError, match="cannot be read"):
        Manifest.read(tmp_path / "text.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(DataError, match=r"not a manifest(.|\n)*columns a"):
        Manifest.read(tmp_path / "other.parquet")


def test_the_clothing_photos_have_no_problems(clothing_root):
    manifest, report = read_source(SourceConfig(str(clothing_root)))
    assert (len(manifest), report.problems) == (3409, [])
    assert manifest.table["group"].nunique() == 307 and manifest.table["category"].nunique() == 10
    assert manifest.table["split"].value_counts().to_dict() == {"train": 3068, "validation": 341}
    assert manifest.digest == "4b80e3c0808458c5e50d11c736f21e271c15573672cb39933e13a9261bff8e4f"
