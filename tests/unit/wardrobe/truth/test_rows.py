"""Rows of truth to cells and back, and the schema that others read."""

from __future__ import annotations

import json

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.wardrobe.truth.rows import truth_row

from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.truth.columns import COLUMNS, SCHEMA_VERSION, columns
from fitroom.wardrobe.truth.encode import encode_mask
from fitroom.wardrobe.truth.rows import METADATA_KEY, decode_row, encode_row, schema


def test_every_column_comes_back() -> None:
    values = truth_row()
    back = decode_row(encode_row(values))
    assert list(back) == [column.name for column in COLUMNS]
    for column in COLUMNS:
        value, found = values[column.name], back[column.name]
        if column.kind == "picture":
            assert found.shape == value.shape and np.abs(found.astype(int) - value).mean() < 6
        elif column.kind == "field":
            np.testing.assert_allclose(found, value, atol=column.scale * 0.51)
        elif column.kind in ("mask", "parts", "points"):
            np.testing.assert_array_equal(found, value)
            assert found.dtype == value.dtype
        else:
            assert found == value, column.name


def test_rows_survive_parquet_and_hugging_face_reads_them(tmp_path) -> None:  # type: ignore[no-untyped-def]
    values = truth_row()
    table = pa.Table.from_pylist([encode_row(values)] * 3, schema=schema({"commit": "abc"}))
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, compression="zstd")
    np.testing.assert_array_equal(
        decode_row(pq.read_table(path).to_pylist()[2])["person_parse"], values["person_parse"]
    )

    read = datasets.load_dataset("parquet", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert isinstance(read.features["worn"], datasets.Image)
    assert read[0]["worn"].size == values["worn"].shape[1::-1]
    assert np.array_equal(np.asarray(read[0]["body_part"]), values["body_part"])
    assert read[0]["colors"] == ["navy", "white"]


def test_the_schema_keeps_version_and_note() -> None:
    about = json.loads(schema({"commit": "abc"}).metadata[METADATA_KEY])
    assert about == {"commit": "abc", "schema_version": SCHEMA_VERSION}


def test_empty_cells_stay_empty() -> None:
    values = {**truth_row(), "flow": None, "source_labels": None, "worn": None}
    back = decode_row(encode_row(values))
    assert back["flow"] is back["source_labels"] is back["worn"] is None


def test_what_is_encoded_already_is_kept() -> None:
    values = truth_row()
    data = encode_mask(values["body_part"])
    back = decode_row(encode_row({**values, "body_part": data}))
    np.testing.assert_array_equal(back["body_part"], values["body_part"])


def test_some_columns_only() -> None:
    assert list(decode_row(encode_row(truth_row()), ["size", "ease_cm"])) == ["size", "ease_cm"]


def test_names_are_unique_and_said_what_they_are() -> None:
    names = [column.name for column in COLUMNS]
    assert len(names) == len(set(names))
    assert all(column.about for column in COLUMNS)
    assert all((column.kind == "field") == (column.scale > 0) for column in COLUMNS)


def test_missing_and_unknown_columns_are_named() -> None:
    values = truth_row()
    del values["depth"]
    with pytest.raises(ConfigError, match="does not have the columns") as caught:
        encode_row({**values, "deepness": 1})
    assert "missing: depth; unknown: deepness" in str(caught.value)
    with pytest.raises(DataError, match="no column 'dept'") as wrong:
        columns(["dept"])
    assert "did you mean 'depth'?" in str(wrong.value)


def test_a_value_of_the_wrong_kind_names_its_column() -> None:
    with pytest.raises(ConfigError, match="'worn_parse'"):
        encode_row({**truth_row(), "worn_parse": np.zeros((2, 2))})
    with pytest.raises(ConfigError, match="'px_per_cm'"):
        encode_row({**truth_row(), "px_per_cm": "wide"})


def test_a_damaged_cell_names_its_column_and_case() -> None:
    cells = encode_row(truth_row())
    cells["flow"] = cells["flow"][:40]
    with pytest.raises(DataError, match="column 'flow'") as caught:
        decode_row(cells)
    assert "train-000001-0" in str(caught.value)
