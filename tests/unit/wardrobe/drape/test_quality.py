"""Each rule fires on what it is there for, and none on cloth that hangs well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.wardrobe.drape.conftest import CENTRE_M, RADIUS_M, cloth_of, strip

from fitroom.wardrobe.drape.field import Field
from fitroom.wardrobe.drape.quality import (
    MAX_DEEP_SHARE,
    MAX_DROP_M,
    MAX_INSIDE_SHARE,
    MAX_SPEED_M_S,
    MAX_STRAIN_P99,
    MAX_STRAY_M,
    DrapeReport,
    inspect,
)
from fitroom.wardrobe.drape.solver import Cloth

GOOD = DrapeReport(0.0, 0.0, 0.01, 0.05, 0.01, 0.2, 0.0)


@pytest.fixture
def cloth() -> Cloth:
    """A strip beside the ball, as it was cut."""
    mesh = strip(10.0, 10.0, 1.4)
    places = np.column_stack(
        [mesh.assembly_m[:, 0], np.full(len(mesh.area_m2), RADIUS_M), mesh.assembly_m[:, 1] + 0.05]
    )
    return Cloth(mesh, cloth_of(), places + CENTRE_M + np.array([0.0, 0.01, 0.0]))


def all_of(cloth: Cloth) -> np.ndarray:
    return np.ones(len(cloth.positions_m), bool)


def test_a_good_drape_breaks_no_rule(cloth: Cloth, ball_field: Field) -> None:
    report = inspect(cloth, ball_field, all_of(cloth))
    assert report.reasons() == []
    assert report.inside_share == report.deep_share == report.speed_m_s == report.dropped_m == 0.0
    assert report.strain_p99 == pytest.approx(0.0, abs=1e-5)
    assert 0.01 < report.stray_m < 0.05


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dropped_m": 1.1 * MAX_DROP_M}, "slid down"),
        ({"speed_m_s": 1.1 * MAX_SPEED_M_S}, "still moving"),
        ({"strain_p99": 1.1 * MAX_STRAIN_P99}, "overstretched"),
        ({"stray_m": 1.1 * MAX_STRAY_M}, "far from the body"),
        ({"inside_share": 1.1 * MAX_INSIDE_SHARE}, "inside the body"),
        ({"deep_share": 1.1 * MAX_DEEP_SHARE}, "inside the body"),
        ({"strain_p99": float("nan")}, "exploded"),
        ({"stray_m": float("inf")}, "exploded"),
    ],
)
def test_each_number_breaks_its_own_rule(change: dict[str, float], reason: str) -> None:
    assert replace(GOOD, **change).reasons() == [reason]
    assert GOOD.reasons() == []


def test_cloth_pushed_into_the_ball_is_inside(cloth: Cloth, ball_field: Field) -> None:
    cloth.positions_m[:, 1] -= 0.03
    report = inspect(cloth, ball_field, all_of(cloth))
    assert report.reasons() == ["inside the body"]
    assert 0 < report.deep_share < report.inside_share < 1


def test_what_is_not_judged_may_be_inside(cloth: Cloth, ball_field: Field) -> None:
    cloth.positions_m[:, 1] -= 0.03
    judged = ball_field.at(cloth.positions_m) > 0
    assert inspect(cloth, ball_field, judged).reasons() == []


def test_cloth_pulled_to_twice_its_length_is_overstretched(cloth: Cloth, ball_field: Field) -> None:
    cloth.positions_m[:, 2] = CENTRE_M[2] + 2 * (cloth.positions_m[:, 2] - CENTRE_M[2])
    report = inspect(cloth, ball_field, all_of(cloth))
    assert report.reasons() == ["overstretched"]
    assert report.strain_p99 == pytest.approx(1.0, abs=0.02)


def test_slack_cloth_is_not_strained(cloth: Cloth, ball_field: Field) -> None:
    cloth.positions_m[:, 2] = CENTRE_M[2] + 0.8 * (cloth.positions_m[:, 2] - CENTRE_M[2])
    assert inspect(cloth, ball_field, all_of(cloth)).strain_mean == pytest.approx(0.0, abs=1e-6)


def test_falling_cloth_is_still_moving(cloth: Cloth, ball_field: Field) -> None:
    cloth.velocities_m_s[:, 2] = -0.5
    report = inspect(cloth, ball_field, all_of(cloth))
    assert report.reasons() == ["still moving"] and report.speed_m_s == pytest.approx(0.5)


def test_the_drop_is_reported_as_given(cloth: Cloth, ball_field: Field) -> None:
    assert inspect(cloth, ball_field, all_of(cloth), dropped_m=0.12).reasons() == ["slid down"]


def test_cloth_that_is_nowhere_exploded(cloth: Cloth, ball_field: Field) -> None:
    cloth.positions_m[0] = np.nan
    with np.errstate(invalid="ignore"):
        assert inspect(cloth, ball_field, all_of(cloth)).reasons() == ["exploded"]
