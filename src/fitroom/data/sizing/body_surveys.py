"""Public body surveys as they are published: ANSUR II (mm, latin-1) and NHANES (cm, with a commented head).

    ANSUR_II_FEMALE_Public.csv  ANSUR_II_MALE_Public.csv      US Army 2012: 93 measures, age, height and weight as told
    nhanes_adult_female_bmx_2020.csv  ..._male_...            US CDC 2017 to 2020: seven measures, no age

The surveys define some girths differently: ANSUR II takes the waist at the navel, NHANES above the hip bone; ANSUR II
flexes the upper arm, which is not what a sleeve goes round, so that one is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.config import nearest
from fitroom.data.sizing.measures import RANGES_CM
from fitroom.data.sizing.people import MEASURES, TOLD, People, make_people
from fitroom.errors import DataError

INCH_CM, POUND_KG = 2.54, 0.45359237


@dataclass(frozen=True)
class _Layout:
    """How one survey is written: columns by measure with the factor to cm, kg and years."""

    survey: str
    pattern: str
    encoding: str
    columns: Mapping[str, tuple[str, float]]
    id_column: str | None = None


_ANSUR = _Layout(
    "ansur2",
    "*ansur*_{sex}*.csv",
    "latin-1",
    {
        "height": ("stature", 0.1), "weight": ("weightkg", 0.1), "age": ("age", 1.0),
        "chest": ("chestcircumference", 0.1), "waist": ("waistcircumference", 0.1),
        "hip": ("buttockcircumference", 0.1), "thigh": ("thighcircumference", 0.1),
        "neck": ("neckcircumference", 0.1), "inseam": ("crotchheight", 0.1), "back_length": ("waistbacklength", 0.1),
        "shoulder_width": ("biacromialbreadth", 0.1), "sleeve": ("sleeveoutseam", 0.1),
        "neck_height": ("cervicaleheight", 0.1), "waist_height": ("waistheightomphalion", 0.1),
        "hip_height": ("buttockheight", 0.1), "knee_height": ("kneeheightmidpatella", 0.1),
        "told_height": ("heightin", INCH_CM), "told_weight": ("weightlbs", POUND_KG),
    },
    "subjectid",
)  # fmt: skip
_NHANES = _Layout(
    "nhanes2020",
    "*nhanes*_{sex}_*.csv",
    "utf-8",
    {
        "height": ("bmxht", 1.0), "weight": ("bmxwt", 1.0), "waist": ("bmxwaist", 1.0), "hip": ("bmxhip", 1.0),
        "upper_arm": ("bmxarmc", 1.0),
    },
)  # fmt: skip
# What a survey of adults can hold: wider than what a shopper may enter, since surveys measure the extremes.
_WEIGHT_KG, _AGE_YEARS, _LEVEL_CM = (25, 320), (16, 100), (25, 200)


def read_surveys(folder: Path) -> People:
    """All people of the surveys that lie in a folder, in a fixed order.

    Raises:
        DataError: no folder, no survey in it, a file without its columns, a person twice, or a value that no adult has:
            most often another unit.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("there is no such folder of body surveys", where=folder, rule="ANSUR II and NHANES CSV files")
    tables = {file: _read(layout, sex, file) for layout in (_ANSUR, _NHANES) for sex, file in _files(layout, folder)}
    if not tables:
        raise DataError(
            "there is no body survey in the folder",
            where=folder,
            rule="ANSUR_II_{FEMALE,MALE}_Public.csv or nhanes_adult_{female,male}_bmx_2020.csv",
            got=", ".join(sorted(path.name for path in folder.iterdir())[:6]) or "nothing",
        )
    _check_once(tables)
    return make_people(folder, pd.concat(tables.values(), ignore_index=True))


def _files(layout: _Layout, folder: Path) -> Iterator[tuple[str, Path]]:
    for sex in ("female", "male"):
        pattern = layout.pattern.format(sex=sex)
        for path in sorted(folder.iterdir()):
            if Path(path.name.lower()).match(pattern):
                yield sex, path


def _read(layout: _Layout, sex: str, file: Path) -> pd.DataFrame:
    try:
        raw = pd.read_csv(file, encoding=layout.encoding, comment="#" if layout is _NHANES else None)
    except (OSError, ValueError) as error:
        raise DataError("the survey cannot be read", where=file, rule="CSV as published", got=str(error)) from error
    raw.columns = raw.columns.str.strip().str.lower()
    wanted = [column for column, _ in layout.columns.values()] + ([layout.id_column] if layout.id_column else [])
    if lacks := [column for column in wanted if column not in raw]:
        raise DataError(
            f"the survey has no column {lacks[0]!r}", where=file, rule=", ".join(wanted),
            fix=nearest(lacks[0], list(raw.columns)),
        )  # fmt: skip
    ids = raw[layout.id_column] if layout.id_column else pd.Series(range(len(raw)))
    table = pd.DataFrame({"person_id": [f"{layout.survey}/{sex}/{one}" for one in ids]})
    for name, (column, factor) in layout.columns.items():
        # Rounded to what was read off, so that the factor leaves no trace in a hash.
        table[name] = (pd.to_numeric(raw[column], errors="coerce") * factor).round(3)
    _check(table, file)
    for name in (name for name in TOLD if name in table):
        # ANSUR II writes 0 where somebody did not say.
        table[name] = table[name].where(table[name] > 0)
    return table.assign(survey=layout.survey, sex=sex)


def _check_once(tables: Mapping[Path, pd.DataFrame]) -> None:
    file_of: dict[str, Path] = {}
    for file, table in tables.items():
        if twice := next((person for person in table["person_id"] if person in file_of), None):
            raise DataError(
                "two files hold the same people of a survey",
                where=f"{file_of[twice]} and {file}",
                rule="each survey once, in one file of each sex",
                got=twice,
                fix="take one of the two files away",
            )
        file_of.update(dict.fromkeys(table["person_id"], file))


def _check(table: pd.DataFrame, file: Path) -> None:
    if twice := table["person_id"][table["person_id"].duplicated()].tolist():
        raise DataError("a person is in the survey twice", where=file, got=twice[0])
    limits = {"weight": _WEIGHT_KG, "age": _AGE_YEARS, **RANGES_CM["body"]}
    for name in (name for name in MEASURES if name in table):
        low, high = limits.get(name, _LEVEL_CM)
        wrong = table[name][(table[name] < low * 0.8) | (table[name] > high * 1.25) | np.isinf(table[name])]
        if len(wrong):
            raise DataError(
                f"{len(wrong)} people have a {name} that no adult has",
                where=f"{file}, row {int(wrong.index[0]) + 2}",
                rule=f"{low * 0.8:g} to {high * 1.25:g} after conversion to cm, kg or years",
                got=float(wrong.iloc[0]),
                fix="take the file as it is published: ANSUR II in mm and 0.1 kg, NHANES in cm and kg",
            )
