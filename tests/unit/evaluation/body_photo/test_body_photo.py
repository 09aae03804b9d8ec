"""Readers are scored over bodies; controls are what they say they are; frozen cases are known by hash."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from fitroom.errors import EvaluationError
from fitroom.evaluation.body_photo.cases import digest
from fitroom.evaluation.body_photo.controls import WIDTH_COLUMNS, PopulationMean, WidthRegression, widths
from fitroom.evaluation.body_photo.protocol import Told, get_protocol
from fitroom.evaluation.body_photo.scoring import COLUMNS, score
from fitroom.models.body_photo.config import BodyPhotoConfig

ROOT = Path(__file__).resolve().parents[4]
SETTINGS = dataclasses.replace(get_protocol("body-photo@1"), num_resamples=50).settings


def rows() -> pd.DataFrame:
    """Body a in one picture, b in three; one picture that is to be refused, and was not."""
    told = []
    pictures = [("p0", "a", 2.0), ("p1", "b", 6.0), ("p2", "b", 6.0), ("p3", "b", 9.0)]
    for name in ("height", "sex", "weight"):
        for measure in ("chest", "waist", "hip"):
            told += [(*picture[:2], name, measure, True, picture[0] == "p3", picture[2], 0.5 + 0.15 * (body == "b"))
                     for picture in pictures for body in picture[1]]  # fmt: skip
    told.append(("p4", "a", "height", "chest", False, False, np.nan, np.nan))
    columns = ["picture", "body", "told", "measure", "readable", "refused", "error_cm", "share_below"]
    return pd.DataFrame(told, columns=columns)


def test_each_body_weighs_the_same() -> None:
    found = score(rows(), SETTINGS)
    assert found["girths_cm"].value == pytest.approx((2 + 7) / 2)
    assert found["girths_cm"].num_samples == 4
    assert found["coverage80"].value == 1.0
    assert found["refused"].value == pytest.approx((0 + 1 / 3) / 2) and found["let_through"].value == 1.0
    assert found["girths_cm"].low <= found["girths_cm"].value <= found["girths_cm"].high  # type: ignore[operator]
    assert {column.name for column in COLUMNS} <= set(found)


def test_what_is_not_there_has_a_reason() -> None:
    few = rows()
    found = score(few[few["readable"]], SETTINGS)
    assert found["let_through"].value is None and found["let_through"].reason


def test_an_overconfident_share_is_not_inside() -> None:
    sure = rows().assign(share_below=lambda table: np.where(table["body"] == "a", 0.95, 0.3))
    found = score(sure, SETTINGS)
    assert found["coverage80"].value == pytest.approx(0.5) and found["coverage95"].value == 1.0


@pytest.fixture(scope="module")
def learned() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    count = 400
    table = pd.DataFrame(rng.normal(0.25, 0.03, (count, len(WIDTH_COLUMNS))), columns=WIDTH_COLUMNS)
    table["body"] = [f"body{number // 2}" for number in range(count)]
    table["sex"] = np.where(np.arange(count) // 2 % 2, "male", "female")
    table["height"] = rng.normal(170, 8, count)
    table["weight_kg"] = rng.normal(70, 10, count)
    for name in ("chest", "waist", "hip"):
        noise = rng.normal(0, 0.02, count)
        table[name] = table["height"] * np.exp(
            -1 + 2 * table[WIDTH_COLUMNS[1]] + 0.05 * (table["sex"] == "male") + noise
        )
    return table


def test_the_regression_is_scikit_learns(learned: pd.DataFrame) -> None:
    asked = learned.iloc[:20].assign(chest=100.0)
    found = WidthRegression(learned).foretell(Told("height and sex", sex=True), asked, "chest")
    x_NX = np.column_stack([np.log(learned["height"]), learned[WIDTH_COLUMNS], learned["sex"] == "male"])
    expected = LinearRegression().fit(x_NX, np.log(learned["chest"] / learned["height"])).predict(x_NX[:20])
    np.testing.assert_allclose(found.value_N, np.exp(expected) * asked["height"])


def test_who_was_refused_is_foretold_without_widths(learned: pd.DataFrame) -> None:
    asked = learned.iloc[:4].copy()
    asked.loc[asked.index[0], WIDTH_COLUMNS] = np.nan
    found = WidthRegression(learned).foretell(Told("height"), asked, "hip")
    assert np.isfinite(found.value_N).all() and np.isfinite(found.share_below_N).all()


def test_the_mean_is_of_bodies_and_of_the_sex(learned: pd.DataFrame) -> None:
    often = pd.concat([learned, *[learned.iloc[:1]] * 500])
    found = PopulationMean(often).foretell(Told("height and sex", sex=True), learned.iloc[:4], "waist")
    bodies = learned.groupby("body").first()
    assert found.value_N[0] == pytest.approx(bodies["waist"][bodies["sex"] == "female"].mean())
    assert found.value_N[2] == pytest.approx(bodies["waist"][bodies["sex"] == "male"].mean())


def test_widths_leave_bare_arms_out() -> None:
    config = BodyPhotoConfig()
    shares = np.zeros((11, 96, 72), np.uint8)
    shares[5, :, 30:42] = 255
    with_arms = shares.copy()
    with_arms[3, :, 10:16] = 255
    np.testing.assert_allclose(widths(shares, config), 12 / 96)
    np.testing.assert_allclose(widths(with_arms, config), widths(shares, config))


def test_the_frozen_protocol_is_frozen() -> None:
    protocol = get_protocol("body-photo@1")
    assert protocol.hash == "3ceab409f09cb2d39f7c2c442f4e2edfa09d43440234fea3b78edf7228eb39b4"
    assert protocol.digest == digest(ROOT / "benchmarks" / "wardrobe", ROOT / "benchmarks" / "body-photo")


def test_other_cases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="a file of the cases is not there"):
        digest(tmp_path, tmp_path)
