"""Body surveys as published: units, parts that never move, and what is wrong with a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fitroom.data.sizing.body_surveys import read_surveys
from fitroom.data.sizing.people import MEASURES, part_of
from fitroom.errors import DataError


def test_units_and_what_is_not_measured(survey_folder: Path) -> None:
    table = read_surveys(survey_folder).table
    assert table.groupby(["survey", "sex"]).size().tolist() == [160, 160, 120, 120]
    assert table["height"].between(130, 220).all() and table["weight"].between(30, 150).all()
    soldiers = table[table["survey"] == "ansur2"]
    assert (soldiers["told_height"] - soldiers["height"]).abs().max() < 10
    assert soldiers["upper_arm"].isna().all() and table[table["survey"] == "nhanes2020"]["chest"].isna().all()
    assert not table["sha256"].duplicated().any()


def test_a_part_follows_from_the_id_alone(survey_folder: Path) -> None:
    people = read_surveys(survey_folder)
    assert people.table["split"].tolist() == [part_of(person) for person in people.table["person_id"]]
    assert part_of("ansur2/female/10037") == part_of("ansur2/female/10037")
    shares = pd.Series([part_of(f"nobody/{n}") for n in range(4000)]).value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.2, abs=0.03) and shares["validation"] == pytest.approx(0.1, abs=0.02)


def test_the_manifest_holds_no_measure(survey_folder: Path) -> None:
    manifest = read_surveys(survey_folder).of_part("train").manifest
    assert not set(manifest.table.columns) & set(MEASURES)
    assert set(manifest.table["split"]) == {"train"} and len(manifest.digest) == 64


@pytest.fixture
def copied(survey_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(survey_folder, tmp_path / "surveys"))


def test_who_did_not_say_a_weight_told_none(copied: Path) -> None:
    file = copied / "ANSUR_II_MALE_Public.csv"
    table = pd.read_csv(file).assign(Weightlbs=0)
    table.to_csv(file, index=False)
    read = read_surveys(copied).table
    assert read[(read["survey"] == "ansur2") & (read["sex"] == "male")]["told_weight"].isna().all()


def test_a_table_in_inches_is_refused(copied: Path) -> None:
    file = copied / "ANSUR_II_FEMALE_Public.csv"
    table = pd.read_csv(file)
    table["stature"] = np.round(table["stature"] / 25.4)
    table.to_csv(file, index=False)
    with pytest.raises(DataError, match=r"160 people have a height that no adult has.*\n.*row 2.*\n.*\n.*\n.*mm"):
        read_surveys(copied)


@pytest.mark.parametrize("name", ["ANSUR_II_FEMALE_Public", "nhanes_adult_male_bmx_2020"])
def test_a_survey_given_twice_is_refused(copied: Path, name: str) -> None:
    shutil.copy(copied / f"{name}.csv", copied / f"{name} (1).csv")
    with pytest.raises(DataError, match="same people") as caught:
        read_surveys(copied)
    assert f"{name}.csv" in str(caught.value) and f"{name} (1).csv" in str(caught.value)


def test_a_column_is_missing(copied: Path) -> None:
    file = copied / "nhanes_adult_male_bmx_2020.csv"
    file.write_text(file.read_text().replace("BMXWAIST", "WAIST"))
    with pytest.raises(DataError, match="no column 'bmxwaist'"):
        read_surveys(copied)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_surveys(tmp_path / "none")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DataError, match="no body survey"):
        read_surveys(tmp_path)
