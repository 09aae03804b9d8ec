"""Bodies as the surveys found them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from fitroom.wardrobe.bodies.comparison import DECILES, compare, table
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.bodies.population import Population, body_shape, wanted_measures
from fitroom.wardrobe.bodies.survey import LEVELS, summarise
from fitroom.wardrobe.bodies.surveys import SURVEYS
from fitroom.wardrobe.bodies.tape import measure

_DATA = Path(__file__).parents[5] / "shared" / "data" / "anthropometry"
_COLUMNS = {
    "height": "stature", "chest": "chestcircumference", "waist": "waistcircumference", "hip": "buttockcircumference",
    "thigh": "thighcircumference", "neck": "neckcircumference", "inseam": "crotchheight",
    "back_length": "waistbacklength", "shoulder_width": "biacromialbreadth", "sleeve": "sleeveoutseam",
    "mass": "weightkg",
}  # fmt: skip


@pytest.mark.parametrize("population", SURVEYS)
@pytest.mark.parametrize("sex", ["female", "male"])
def test_draws_follow_the_survey(population: str, sex: str) -> None:
    survey = SURVEYS[population][sex]  # type: ignore[index]
    rng = np.random.default_rng(0)
    drawn = [survey.draw(rng) for _ in range(4000)]
    found = summarise("drawn", {name: np.array([one[name] for one in drawn]) for name in survey.measures})
    middle = slice(2, -2)
    spread = survey.quantiles[:, -3] - survey.quantiles[:, 2]
    assert (np.abs(found.quantiles - survey.quantiles)[:, middle] < 0.06 * spread[:, None]).all()
    assert np.abs(found.correlation - survey.correlation).max() < 0.05


@pytest.mark.parametrize("sex", ["female", "male"])
def test_constants_are_those_of_the_public_release(sex: str) -> None:
    path = _DATA / f"ANSUR_II_{sex.upper()}_Public.csv"
    if not path.is_file():
        pytest.skip(f"ANSUR II is not at {path}")
    with path.open(encoding="latin-1") as file:
        people = list(csv.DictReader(file))
    columns = {k: np.array([float(one[column]) / 10 for one in people]) for k, column in _COLUMNS.items()}
    found, kept = summarise("", columns), SURVEYS["ansur"][sex]  # type: ignore[index]
    assert found.measures == kept.measures
    assert np.abs(found.quantiles - kept.quantiles).max() <= 0.051
    assert np.abs(found.correlation - kept.correlation).max() <= 0.00051


@pytest.mark.parametrize("population", ["ansur", "nhanes"])
def test_the_tape_reads_what_was_drawn(population: Population) -> None:
    for index in range(6 if population == "ansur" else 2):
        sex, wanted = wanted_measures(index, population)
        shape = body_shape(index, population)
        found = measure(body_model(), shape)
        assert shape.sex == sex
        for name in {"height", "chest", "waist", "hip"} & set(wanted):
            assert found.cm[name] == pytest.approx(wanted[name], abs=1.5), (index, name)
        assert found.mass_kg == pytest.approx(wanted["mass"], abs=10.0)


def test_a_body_is_a_function_of_its_index() -> None:
    assert body_shape(11) == body_shape(11)
    assert body_shape(11) != body_shape(12)


def test_parameters_stay_in_range() -> None:
    for index in range(6):
        shape = body_shape(index)
        assert all(0 <= value <= 1 for value in shape.phenotype.values())
        assert 0.62 <= shape.phenotype["age"] <= 0.9
        assert all(abs(value) <= 1 for value in shape.local.values())


def test_about_half_are_women() -> None:
    women = sum(wanted_measures(index)[0] == "female" for index in range(600))
    assert 260 < women < 340


def test_the_table_names_every_measure_and_decile() -> None:
    text = table(compare("ansur", 8))
    assert all(f"{level:.0%}" in text for level in DECILES) and len(DECILES) == 9
    assert all(f"| {name} |" in text for name in SURVEYS["ansur"]["male"].measures)
    assert len(LEVELS) == 13


@pytest.mark.slow
def test_the_population_is_like_the_survey() -> None:
    for comparison in compare("ansur", 1000):
        in_cm = [name != "mass" for name in comparison.survey.measures]
        assert np.abs(comparison.decile_errors[in_cm]).max() < 3.0
        assert np.abs(comparison.decile_errors).max() < 6.0  # kg: volumes read low, see docs/wardrobe/bodies.md
        assert np.abs(comparison.correlation_errors).max() < 0.1
