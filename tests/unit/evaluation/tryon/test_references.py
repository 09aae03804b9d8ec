"""A reference folder is the reference set or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tests.unit.data import try_on_trees as trees

from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.cases.opening import CaseSet, dresscode_cases
from fitroom.evaluation.tryon.measuring.references import check_reference_folder


@pytest.fixture
def case_set(tmp_path: Path, cache_home: Path) -> CaseSet:
    return dresscode_cases(trees.dresscode(tmp_path / "dresscode"), paired=False)


@pytest.fixture
def folder(tmp_path: Path, case_set: CaseSet) -> Path:
    """The reference set, as PNGs."""
    for key, image_u8 in case_set.references().pictures():
        trees.put(tmp_path / f"real/{key}.png", image_u8)
    return tmp_path / "real"


def said(folder: Path, case_set: CaseSet) -> str:
    with pytest.raises(EvaluationError) as caught:
        check_reference_folder(folder, case_set)
    return str(caught.value)


def test_the_set_itself_is_good_whatever_its_names(folder: Path, case_set: CaseSet) -> None:
    check_reference_folder(folder, case_set)
    (folder / "dresses-000000_0.png").rename(folder / "a.png")
    check_reference_folder(folder, case_set)


def test_the_folder_of_all_persons_and_garments_is_not_the_set(tmp_path: Path, case_set: CaseSet) -> None:
    text = said(tmp_path / "dresscode", case_set)
    assert "too much: upper_body/images/000002_0.jpg" in text  # a train person
    assert "too much: upper_body/images/000000_1.jpg" in text  # a garment
    assert "too much: upper_body/images/000001_0.jpg" not in text and "missing" not in text
    assert "FID of 57" in text


def test_fewer_and_broken_ones_are_named(folder: Path, case_set: CaseSet) -> None:
    (folder / "upper_body-000001_0.png").unlink()
    (folder / "dresses-000000_0.png").write_bytes(b"nothing")
    text = said(folder, case_set)
    assert "missing: upper_body-000001_0" in text
    assert "unreadable: dresses-000000_0.png" in text


def test_resized_or_compressed_ones_are_others(folder: Path, case_set: CaseSet) -> None:
    path = folder / "lower_body-000000_0.png"
    with Image.open(path) as image:
        image.resize((12, 16)).resize((24, 32)).save(path)
    text = said(folder, case_set)
    assert "other pixels: lower_body-000000_0.png" in text
    assert "missing" not in text and "too much" not in text


def test_one_picture_twice_is_too_much(folder: Path, case_set: CaseSet) -> None:
    (folder / "again.png").write_bytes((folder / "dresses-000000_0.png").read_bytes())
    assert "too much: " in said(folder, case_set)


def test_no_folder(tmp_path: Path, case_set: CaseSet) -> None:
    assert "is not there" in said(tmp_path / "none", case_set)
