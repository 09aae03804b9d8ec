"""Folders of predictions: good ones in all their forms, and every planted defect found by its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.data import try_on_trees as trees

from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.cases.opening import Case
from fitroom.evaluation.tryon.predictions.reading import Predictions, read_predictions
from fitroom.images import pixel_sha256

SIZE = trees.SIZE


def case(case_id: str, person: str = "p", garment: str = "g", category: str = "upper_body") -> Case:
    return Case(case_id, "unpaired", person, garment, case_id, category, "top", None, ("", ""))


CASES = [case(f"case-{i}", f"{i:05d}_00", f"{i + 7:05d}_00") for i in range(4)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A prediction for each of :data:`CASES`, in several formats."""
    for i, (one, ending) in enumerate(zip(CASES, ("png", "png", "webp", "jpg"), strict=True)):
        trees.put(tmp_path / f"out/{one.case_id}.{ending}", trees.photo(i))
    return tmp_path / "out"


def read(folder: Path, **options: object) -> Predictions:
    return read_predictions(folder, CASES, SIZE, **options)  # type: ignore[arg-type]


def said(folder: Path, **options: object) -> str:
    with pytest.raises(EvaluationError) as caught:
        read(folder, **options)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------------- good


def test_files_called_after_cases(folder: Path) -> None:
    found = read(folder)
    assert list(found.files.values()) == ["case-0.png", "case-1.png", "case-2.webp", "case-3.jpg"]
    image_u8, sha256 = found.load("case-1")
    np.testing.assert_array_equal(image_u8, trees.photo(1))
    assert sha256 == found.pixels_sha256["case-1"] == pixel_sha256(trees.photo(1))
    assert (found.missing, found.repeated, len(found)) == ((), (), 4)


def test_the_digest_is_that_of_the_pixels_not_of_files(folder: Path, tmp_path: Path) -> None:
    before = read(folder)
    for name in before.files.values():
        with Image.open(folder / name) as image:
            (tmp_path / "again/deep").mkdir(parents=True, exist_ok=True)
            image.convert("RGB").save(tmp_path / "again/deep" / f"x{name}.bmp")
    rows = [f"{one.case_id},deep/x{before.files[one.case_id]}.bmp" for one in CASES[::-1]]
    manifest = trees.put_text(tmp_path / "m.csv", ["case_id,file", *rows])
    assert read(tmp_path / "again", manifest=manifest).digest == before.digest
    trees.put(folder / "case-1.png", trees.photo(99))
    assert read(folder).digest != before.digest


def test_files_that_are_no_pictures_and_hidden_ones_do_not_matter(folder: Path) -> None:
    (folder / "log.txt").write_text("a")
    (folder / ".thumb.png").write_bytes(b"a")
    assert len(read(folder)) == 4


@pytest.mark.parametrize("columns", [("case_id",), ("person", "garment")])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_manifests_name_cases_or_pairs(tmp_path: Path, columns: tuple[str, ...], form: str) -> None:
    rows = []
    for i, one in enumerate(CASES):
        trees.put(tmp_path / f"out/a/{i}.png", trees.photo(i))
        cells = {"case_id": one.case_id, "person": f"{one.person_id}.jpg", "garment": one.garment_id}
        rows.append({**{name: cells[name] for name in columns}, "file": f"a/{i}.png"})
    lines = [json.dumps(row) for row in rows]
    if form == "csv":
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    manifest = trees.put_text(tmp_path / f"m.{form}", lines)
    assert read(tmp_path / "out", manifest=manifest).files["case-2"] == "a/2.png"


@pytest.mark.parametrize(
    "called",
    [lambda one: one.person_id, lambda one: f"{one.person_id}_{one.garment_id}", lambda one: one.case_id],
    ids=["person", "person_garment", "case"],
)
def test_the_data_set_s_list_of_pairs_is_a_manifest(tmp_path: Path, called: Callable[[Case], str]) -> None:
    for i, one in enumerate(CASES):
        trees.put(tmp_path / f"out/{called(one)}.jpg", trees.photo(i))
    lines = [f"{one.person_id}.jpg {one.garment_id}.jpg" for one in CASES]
    found = read(tmp_path / "out", manifest=trees.put_text(tmp_path / "test_pairs.txt", lines))
    assert found.files["case-3"] == f"{called(CASES[3])}.jpg"


def test_categories_that_are_numbered_alike_are_told_apart(tmp_path: Path) -> None:
    cases = [case(f"{name}-000000_0", "000000_0", "000001_1", name) for name in ("upper_body", "dresses")]
    for name, seed in (("upper_body", 1), ("dresses", 2)):
        trees.put(tmp_path / f"out/{name}/000000_0.jpg", trees.photo(seed))
    lines = [f"000000_0.jpg 000001_1.jpg {number}" for number in (0, 2)]
    found = read_predictions(tmp_path / "out", cases, SIZE, trees.put_text(tmp_path / "pairs.txt", lines))
    assert found.files == {one.case_id: f"{one.category}/000000_0.jpg" for one in cases}
    unsaid = trees.put_text(tmp_path / "unsaid.txt", ["000000_0.jpg 000001_1.jpg"])
    with pytest.raises(EvaluationError, match="fits several cases: upper_body-000000_0, dresses-000000_0"):
        read_predictions(tmp_path / "out", cases, SIZE, unsaid)


def test_equal_pictures_of_several_cases_are_only_mentioned(folder: Path) -> None:
    trees.put(folder / "case-1.png", trees.photo(0))
    assert read(folder).repeated == (("case-0", "case-1"),)


# ---------------------------------------------------------------------------------------------------- defects


def test_all_defects_are_said_at_once(folder: Path) -> None:
    (folder / "case-3.jpg").unlink()
    trees.put(folder / "case-0.jpg", trees.photo(0))
    (folder / "case-1.png").write_bytes((folder / "case-1.png").read_bytes()[:200])
    trees.put(folder / "case-2.webp", trees.photo(2, (64, 48)))
    trees.put(folder / "case-9.png", trees.photo(9))
    text = said(folder)
    assert "5 problems" in text
    for kind, line in (
        ("missing (1)", "case-3"),
        ("extra (1)", "case-9.png"),
        ("duplicate (1)", "case-0: case-0.jpg, case-0.png"),
        ("unreadable (1)", "case-1.png: the image is damaged"),
        ("wrong-size (1)", "case-2.webp: 64 x 48"),
    ):
        assert kind in text and f"      {line}" in text
    assert "32 x 24 px (height x width)" in text


def test_height_and_width_are_not_exchanged(folder: Path) -> None:
    trees.put(folder / "case-0.png", trees.photo(0, SIZE[::-1]))
    assert "case-0.png: 24 x 32" in said(folder)


def test_only_missing_ones_are_tolerated(folder: Path) -> None:
    (folder / "case-3.jpg").unlink()
    found = read(folder, allow_missing=True)
    assert found.missing == ("case-3",) and len(found) == 3
    with pytest.raises(EvaluationError, match="no prediction of this case"):
        found.load("case-3")
    trees.put(folder / "case-9.png", trees.photo(9))
    text = said(folder, allow_missing=True)
    assert "extra (1)" in text and "missing (" not in text


def test_rows_that_point_nowhere(folder: Path, tmp_path: Path) -> None:
    (folder / "notes.txt").write_text("a")
    outside = trees.put(tmp_path / "elsewhere.png", trees.photo(3))
    lines = [
        "case_id,file",
        "case-0,case-0.png",
        "case-1,none.png",
        "case-7,case-1.png",
        "case-2,notes.txt",
        "case-3,../elsewhere.png",
    ]
    manifest = trees.put_text(tmp_path / "m.csv", lines)
    for allow_missing in (False, True):
        text = said(folder, manifest=manifest, allow_missing=allow_missing)
        assert "line 3 (case-1 none.png): there is no such file" in text
        assert "line 4 (case-7 case-1.png): there is no such case" in text
        assert "line 5 (case-2 notes.txt): the file is no picture by its name" in text
        assert "line 6 (case-3 ../elsewhere.png): the file lies outside the folder" in text
        assert "missing (" not in text  # each is blamed once
    assert outside.exists()


def test_rows_of_one_case_and_of_one_file(folder: Path, tmp_path: Path) -> None:
    lines = ["case_id,file", *(f"case-{i},case-0.png" for i in range(2)), "case-1,case-1.png", "case-2,case-2.webp"]
    text = said(folder, manifest=trees.put_text(tmp_path / "m.csv", lines))
    assert "case-1: case-0.png, case-1.png" in text
    assert "case-0.png: is to be case-0, case-1" in text
    assert "      case-3\n" in text and "      case-3.jpg" in text


def test_a_list_of_the_other_pairs_fits_no_case(folder: Path, tmp_path: Path) -> None:
    lines = [f"{one.person_id}.jpg {one.person_id}.jpg" for one in CASES]
    text = said(folder, manifest=trees.put_text(tmp_path / "pairs.txt", lines))
    assert "points-nowhere (4)" in text and "pair 1 (00000_00.jpg 00000_00.jpg): there is no case of this pair" in text


def test_pictures_called_after_a_person_of_several_cases_belong_to_none(tmp_path: Path) -> None:
    cases = [replace(one, person_id="00000_00") for one in CASES[:2]]
    trees.put(tmp_path / "out/00000_00.png", trees.photo(0))
    lines = [f"{one.person_id}.jpg {one.garment_id}.jpg" for one in cases]
    with pytest.raises(EvaluationError) as caught:
        read_predictions(tmp_path / "out", cases, SIZE, trees.put_text(tmp_path / "pairs.txt", lines))
    assert "missing (2)" in str(caught.value) and "extra (1)" in str(caught.value)


def test_a_prediction_that_changes_is_noticed(folder: Path) -> None:
    found = read(folder)
    trees.put(folder / "case-0.png", trees.photo(50))
    with pytest.raises(EvaluationError, match="has changed"):
        found.load("case-0")


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("m.csv", "case_id,path\ncase-0,a.png\n", "line 2"),
        ("m.csv", "person,file\na,a.png\n", "line 2"),
        ("m.csv", "", "is empty"),
        ("m.jsonl", '{"case_id": "case-0", "file": "a.png"}\nnothing\n', "cannot be read"),
        ("m.jsonl", "[]\n", "line 1"),
        ("m.csv", None, "cannot be read"),
    ],
)
def test_manifests_that_cannot_be_used(folder: Path, tmp_path: Path, name: str, text: str | None, what: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    assert what in said(folder, manifest=tmp_path / name)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "is not there" in said(tmp_path / "none")
