"""Sets of cases: what each knows, which hash it has, and what is refused."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.data import try_on_trees as trees
from tests.unit.wardrobe.truth.rows import truth_row

from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import DataError, EvaluationError
from fitroom.evaluation.tryon.cases.opening import (
    CaseSet,
    dresscode_cases,
    open_cases,
    viton_cases,
    viton_hd_cases,
    wardrobe_cases,
)
from fitroom.wardrobe.truth.rows import encode_row, schema

pytestmark = pytest.mark.usefixtures("cache_home")


def shard(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([encode_row(row) for row in rows], schema=schema()), path)


def cases_of(num: int = 4, **changes: Any) -> list[dict[str, Any]]:
    kinds = ("paired", "leak", "counterfactual-size", "leak")
    return [
        truth_row(i, case_id=f"test-{i}", split="test", kind=kinds[i % 4], group_id=f"g{i // 2}", region="top")
        | changes
        for i in range(num)
    ]


def wardrobe(root: Path, rows: list[dict[str, Any]] | None = None) -> Path:
    shard(root / "data/test/shard-00000.parquet", rows if rows is not None else cases_of())
    return root


# --------------------------------------------------------------------------------------------------- wardrobe


def test_a_wardrobe_s_cases_and_rows(tmp_path: Path) -> None:
    root = wardrobe(tmp_path)
    cases = open_cases("wardrobe", root)
    assert (cases.name, cases.height_px, cases.width_px, len(cases)) == ("wardrobe", 24, 18, 4)
    case, row, truth = cases.cases[2], cases.row(2), WardrobeDataset(root, "test")[2]
    assert (case.case_id, case.kind, case.group_id, case.size) == ("test-2", "counterfactual-size", "g1", "M")
    assert (case.region, case.category, case.person_id) == ("top", "t-shirt", "body3-look4")
    assert len(case.inputs) == 2 and all(len(sha256) == 64 for sha256 in case.inputs)
    np.testing.assert_array_equal(row["worn"], truth["worn"])
    assert row["lengths_cm"] == truth["lengths_cm"] and row["flow"].shape == (24, 18, 2)


def test_kinds_are_chosen_and_rows_stay_with_their_cases(tmp_path: Path) -> None:
    cases = wardrobe_cases(wardrobe(tmp_path), kinds=("leak",))
    assert [case.case_id for case in cases.cases] == ["test-1", "test-3"]
    assert cases.row(1)["case_id"] == "test-3"
    references = cases.references()
    assert references.keys == ("test-1", "test-3")
    np.testing.assert_array_equal(references.load("test-3"), cases.row(1)["worn"])


def test_the_digest_is_that_of_the_content_alone(tmp_path: Path) -> None:
    rows = cases_of()
    first = wardrobe_cases(wardrobe(tmp_path / "a"))
    shard(tmp_path / "b/data/other.parquet", rows[2:])
    shard(tmp_path / "b/data/zz.parquet", rows[:2])
    assert wardrobe_cases(tmp_path / "b").digest == first.digest
    assert wardrobe_cases(tmp_path / "a", kinds=("leak",)).digest != first.digest


@pytest.mark.parametrize(
    "change",
    [
        {"worn": trees.photo(1, (24, 18))},
        {"person": trees.photo(1, (24, 18))},
        {"garment": trees.photo(1, (24, 18))},
        {"lengths_cm": {"hem": 99.0}},
        {"px_per_cm": 4.5},
        {"repaint_mask": np.ones((24, 18), bool)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_sees_every_input_and_truth(tmp_path: Path, change: dict[str, Any]) -> None:
    rows = cases_of()
    before = wardrobe_cases(wardrobe(tmp_path / "a", rows)).digest
    rows[1] |= change
    assert wardrobe_cases(wardrobe(tmp_path / "b", rows)).digest != before


def test_a_set_travels_to_workers(tmp_path: Path) -> None:
    cases: CaseSet = pickle.loads(pickle.dumps(wardrobe_cases(wardrobe(tmp_path))))
    assert cases.row(0)["case_id"] == "test-0"


def test_faults_of_a_wardrobe(tmp_path: Path) -> None:
    root = wardrobe(tmp_path)
    with pytest.raises(EvaluationError, match="did you mean 'leak'"):
        wardrobe_cases(root, kinds=("leek",))
    with pytest.raises(EvaluationError, match="no case of these kinds"):
        wardrobe_cases(root, kinds=("size-across-bodies",))
    shutil.copy(root / "data/test/shard-00000.parquet", root / "data/test/shard-00001.parquet")
    with pytest.raises(EvaluationError, match="twice: test-0"):
        wardrobe_cases(root)


def test_cases_without_truth_and_of_another_size_are_named(tmp_path: Path) -> None:
    rows = cases_of()
    rows[3]["worn"] = None
    with pytest.raises(DataError, match="test-3"):
        wardrobe_cases(wardrobe(tmp_path / "a", rows))
    rows[3] = truth_row(3, case_id="test-3", split="test", worn=trees.photo(3, (24, 20)))
    with pytest.raises(EvaluationError, match="test-3 worn: 24 x 20"):
        wardrobe_cases(wardrobe(tmp_path / "b", rows))


def test_ids_must_be_fit_for_files(tmp_path: Path) -> None:
    rows = [row | {"case_id": f"../{row['case_id']}"} for row in cases_of(1)]
    with pytest.raises(EvaluationError, match="no file's name"):
        wardrobe_cases(wardrobe(tmp_path, rows))


# ------------------------------------------------------------------------------------------------------ pairs


def test_paired_viton_hd(tmp_path: Path) -> None:
    cases = open_cases("viton-hd", trees.viton_hd(tmp_path), pairs="paired")
    case, row = cases.cases[1], cases.row(1)
    assert (case.case_id, case.kind, case.region, case.group_id) == ("00001_00", "paired", "top", "00001_00")
    assert (cases.height_px, cases.width_px) == trees.SIZE
    np.testing.assert_array_equal(row["worn"], row["person"])
    np.testing.assert_array_equal(row["worn_parse"], row["person_parse"])
    assert row["flow"] is None and row["px_per_cm"] is None and row["repaint_mask"] is not None
    assert cases.references().keys == ("00000_00", "00001_00", "00002_00")


def test_unpaired_viton_hd_knows_no_truth_and_is_compared_with_the_persons(tmp_path: Path) -> None:
    cases = viton_hd_cases(trees.viton_hd(tmp_path), paired=False)
    assert cases.cases[0].case_id == "00000_00_00001_00"
    row = cases.row(0)
    assert row["worn"] is None and row["worn_parse"] is None and row["garment"].shape == (*trees.SIZE, 3)
    references = dict(cases.references().pictures())
    np.testing.assert_array_equal(references["00000_00"], row["person"])
    assert len(references) == 3


def test_copies_of_a_data_set_have_one_digest_whatever_the_order_of_pairs(tmp_path: Path) -> None:
    one, two = trees.viton_hd(tmp_path / "a"), trees.viton_hd(tmp_path / "b")
    lines = (two / "test_pairs.txt").read_text().splitlines()
    trees.put_text(two / "test_pairs.txt", lines[::-1])
    assert viton_hd_cases(one, paired=False).digest == viton_hd_cases(two, paired=False).digest
    assert viton_hd_cases(one, paired=True).digest != viton_hd_cases(one, paired=False).digest
    trees.put(two / "test/cloth/00001_00.jpg", trees.photo(77))
    assert viton_hd_cases(one, paired=False).digest != viton_hd_cases(two, paired=False).digest


def test_dresscode_numbers_its_categories_alike_and_cases_differ(tmp_path: Path) -> None:
    cases = dresscode_cases(trees.dresscode(tmp_path), paired=True)
    assert [case.case_id for case in cases.cases][::2] == [
        "upper_body-000000_0",
        "lower_body-000000_0",
        "dresses-000000_0",
    ]
    assert [case.region for case in cases.cases][::2] == ["top", "bottom", "dress"]
    assert len(cases.references()) == 6  # of 18 pictures that lie in the folders
    np.testing.assert_array_equal(cases.references().load("dresses-000000_0"), cases.row(4)["person"])
    some = open_cases("dresscode", tmp_path, pairs="unpaired", categories=("dresses",))
    assert some.cases[0].case_id == "dresses-000000_0_000001_1"


def test_clean_viton(tmp_path: Path) -> None:
    root = trees.viton(tmp_path, repeated=(1,))
    assert len(viton_cases(root, paired=True)) == 4
    clean = open_cases("viton", root, pairs="paired", clean=True)
    assert [case.person_id for case in clean.cases] == ["000000_0", "000002_0", "000003_0"]
    assert clean.references().keys == ("000000_0", "000002_0", "000003_0")


def test_person_photos_of_another_size_and_broken_ones_are_named(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    path = root / "test/image/00001_00.jpg"
    trees.put(path, trees.photo(1, (40, 24)))
    with pytest.raises(EvaluationError, match=r"00001_00\.jpg: 40 x 24"):
        viton_hd_cases(root, paired=True)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"test/image/00001_00\.jpg"):
        viton_hd_cases(root, paired=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"data": "viton_hd"}, "did you mean 'viton-hd'"),
        ({"data": "viton-hd"}, "which pairs"),
        ({"data": "viton-hd", "pairs": "pair"}, "which pairs"),
        ({"data": "viton-hd", "pairs": "paired", "clean": True}, "no clean to choose"),
        ({"data": "viton", "pairs": "paired", "kinds": ("leak",), "categories": ("dresses",)}, "no kinds and no cat"),
        ({"data": "wardrobe", "pairs": "unpaired"}, "no pairs to choose"),
    ],
)
def test_settings_that_a_set_does_not_have(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        open_cases(root=tmp_path, **options)
