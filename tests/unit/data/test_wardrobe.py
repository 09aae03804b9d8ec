"""Reading a folder of wardrobe shards: rows, try-on samples, labelled photos, and what is said where it fails."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.wardrobe.truth.rows import truth_row
from torch.utils.data import DataLoader

from fitroom.contracts import Head
from fitroom.data.manifest import read_source
from fitroom.data.recognition.batches import encode_targets, resolve_heads
from fitroom.data.recognition.wardrobe_photos import LABEL_NAMES, export_garments, garment_records
from fitroom.data.source import SourceConfig
from fitroom.data.splits import PartsConfig, assign_parts
from fitroom.data.wardrobe import SAMPLE_COLUMNS, WardrobeDataset, stream, to_sample
from fitroom.errors import DataError
from fitroom.wardrobe.truth.rows import METADATA_KEY, encode_row, schema


def write(path: Path, rows: Sequence[dict[str, Any]], **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([encode_row(row) for row in rows], schema=schema())
    pq.write_table(table, path, compression="zstd", **{"row_group_size": 2, **options})
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards of train, five cases, in groups of two rows; one of test."""
    root = tmp_path_factory.mktemp("wardrobe")
    cases = [truth_row(i, case_id=f"train-{i}", px_per_cm=float(i)) for i in range(5)]
    write(root / "data/train/shard-00000.parquet", cases[:3])
    write(root / "data/train/shard-00001.parquet", cases[3:])
    write(root / "data/test/shard-00002.parquet", [truth_row(9, case_id="test-9", split="test")])
    return root


def test_rows_come_in_order_whatever_the_order_they_are_asked_in(folder: Path) -> None:
    dataset = WardrobeDataset(folder, "train")
    assert len(dataset) == 5
    assert [dataset[i]["case_id"] for i in (4, 0, 3, 2, 1, 0)] == [f"train-{i}" for i in (4, 0, 3, 2, 1, 0)]
    assert [row["px_per_cm"] for row in stream(folder, "train")] == [0, 1, 2, 3, 4]


def test_a_row_is_what_was_written(folder: Path) -> None:
    row, truth = WardrobeDataset(folder)[3], truth_row(3)
    np.testing.assert_array_equal(row["person_parse"], truth["person_parse"])
    np.testing.assert_allclose(row["flow"], truth["flow"], atol=1 / 60)
    assert row["ease_cm"] == truth["ease_cm"]


def test_splits_are_kept_apart_and_none_is_all(folder: Path) -> None:
    assert [row["case_id"] for row in stream(folder, "test", ["case_id"])] == ["test-9"]
    assert len(WardrobeDataset(folder, None)) == 6


def test_only_the_columns_asked_for_are_read(folder: Path) -> None:
    assert list(WardrobeDataset(folder, names=["worn", "size"])[0]) == ["worn", "size"]


def test_workers_of_a_loader_read_the_same(folder: Path) -> None:
    dataset = WardrobeDataset(folder, names=["case_id"])
    dataset[0]
    assert pickle.loads(pickle.dumps(dataset))[2] == dataset[2]
    loader = DataLoader(dataset, batch_size=None, num_workers=1)
    assert [row["case_id"] for row in loader] == [f"train-{i}" for i in range(5)]


def test_a_row_becomes_a_sample_of_try_on(folder: Path) -> None:
    sample = to_sample(WardrobeDataset(folder, names=SAMPLE_COLUMNS)[1])
    assert sample.ids == {"case": "train-1", "person": "body3-look4", "garment": "design7-fabric1-print2"}
    assert (sample.garment.category, sample.garment.size_label, sample.garment.fabric) == ("t-shirt", "M", "jersey")
    assert sample.person.body_cm == {"chest": 96}
    assert sample.worn_u8 is not None and sample.worn_u8.shape == sample.person.image_u8.shape
    assert sample.repaint_mask is not None and sample.repaint_mask.dtype == bool
    assert (sample.split, sample.px_per_cm) == ("train", 1.0)


def test_a_sample_needs_person_and_garment_only(folder: Path) -> None:
    sample = to_sample(WardrobeDataset(folder, names=["person", "garment", "category"])[0])
    assert sample.worn_u8 is None
    with pytest.raises(DataError, match="no case of try-on") as caught:
        to_sample({"person": sample.person.image_u8, "category": "dress"})
    assert "nothing in garment" in str(caught.value)


# ------------------------------------------------------------------------------------------------------ photos


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Eight photos of four designs, one of them twice; each design in one split."""
    rows = []
    for i in range(8):
        photo = np.random.default_rng(i).integers(0, 255, (64, 64, 3), dtype=np.uint8)
        labels = {
            "category": ("t-shirt", "dress")[i % 2], "sleeve": ("short", "long", "none")[i % 3],
            "colors": [["navy"], ["white", "red"], []][i % 3], "drape_coefficient": i / 10,
            "split": ("train", "train", "validation", "test")[i % 4], "design_id": f"design{i % 4}",
            "garment_id": f"design{i % 4}-print{i}", "case_id": f"case-{i}",
        }  # fmt: skip
        rows += [truth_row(i, garment=photo, **labels)] * (2 if i == 3 else 1)
    write(tmp_path / "wardrobe/a.parquet", rows)
    return tmp_path / "wardrobe"


def test_every_photo_is_there_once_with_its_labels(shop: Path) -> None:
    records = list(garment_records(shop))
    assert len(records) == 8
    image_u8, labels = records[1]
    assert image_u8.shape == (64, 64, 3)
    assert (labels["category"], labels["colors"], labels["design_id"]) == ("dress", ["white", "red"], "design1")
    assert set(LABEL_NAMES) <= set(labels)
    assert len(list(garment_records(shop, "test"))) == 2


def test_the_recogniser_s_source_reads_the_export_with_every_kind_of_head(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "photos"
    assert export_garments(shop, out) == 8
    heads = [
        Head("category"),
        Head("sleeve"),
        Head("colors", kind="multi"),
        Head("drape_coefficient", kind="regression", low=0.0, high=1.0),
    ]
    manifest, report = read_source(SourceConfig(str(out), label_columns={head.name: head.name for head in heads}))
    assert not report.problems
    resolved = resolve_heads(heads, manifest)
    assert resolved[1].classes == ["long", "none", "short"]
    assert resolved[2].classes == ["navy", "red", "white"]
    targets = encode_targets(manifest, resolved)
    assert not any(values.isnan().any() for values in targets.values())
    assert (targets["colors"].sum(1) == 0).sum() == 2  # "|": looked at, and none applies
    parts = assign_parts(manifest, PartsConfig(by="split"))
    assert sorted(parts) == ["fit"] * 4 + ["report"] * 2 + ["select"] * 2
    assert manifest.table["group"].nunique() == 4


def test_some_splits_only_can_be_exported(shop: Path, tmp_path: Path) -> None:
    assert export_garments(shop, tmp_path / "photos", ["train", "validation"]) == 6
    assert not (tmp_path / "photos/test").exists()


# ------------------------------------------------------------------------------------------------------ faults


def said(folder: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        WardrobeDataset(folder, **options)
    return str(caught.value)


def test_a_missing_folder_and_one_without_shards(tmp_path: Path) -> None:
    assert "is not there" in said(tmp_path / "none")
    assert "holds no shards" in said(tmp_path)
    (tmp_path / "file").touch()
    assert "is not a folder" in said(tmp_path / "file")


def test_a_shard_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [truth_row()])
    path.write_bytes(path.read_bytes()[:-100])
    text = said(tmp_path)
    assert "cannot be read" in text and "a.parquet" in text


def test_a_shard_damaged_inside(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [truth_row()], write_statistics=False)
    data = bytearray(path.read_bytes())
    place = data.find(b"PNG")
    data[place - 20 : place + 400] = bytes(420)
    path.write_bytes(bytes(data))
    dataset = WardrobeDataset(tmp_path)
    with pytest.raises(DataError, match=r"damaged|cannot be read") as caught:
        dataset[0]
    assert "a.parquet" in str(caught.value)


def test_a_shard_of_another_version_and_a_file_that_is_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [truth_row()])
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: b'{"schema_version": 99}'}), path)
    text = said(tmp_path)
    assert "another version" in text and "got: 99" in text
    pq.write_table(table.replace_schema_metadata({}), path)
    assert "no shard of a wardrobe" in said(tmp_path)


def test_a_shard_without_a_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [truth_row()])
    pq.write_table(pq.read_table(path).drop_columns(["flow"]), path)
    assert "no column 'flow'" in said(tmp_path)
    assert len(WardrobeDataset(tmp_path, names=["worn"])) == 1


def test_unknown_columns_and_splits_name_the_nearest(folder: Path) -> None:
    assert "did you mean 'worn'?" in said(folder, names=["wron"])
    assert "did you mean 'train'?" in said(folder, split="trian")
    assert "no case in split 'validation'" in said(folder, split="validation")
