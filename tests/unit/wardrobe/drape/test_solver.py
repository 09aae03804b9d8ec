"""Cloth under known forces: weights on springs, free fall, a ball, folds that touch, the floor."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.wardrobe.drape.conftest import CENTRE_M, chain, cloth_of, nowhere, strip

from fitroom.wardrobe.drape.cusick import disc
from fitroom.wardrobe.drape.field import Field
from fitroom.wardrobe.drape.solver import CONTACT_M, GRAVITY_M_S2, SUBSTEP_S, Cloth

AREA_M2 = 0.0004
HEAVY_G_M2 = 1000.0


def hung_chain(links: int, stretch_n_m: float, density_g_m2: float = HEAVY_G_M2) -> Cloth:
    rest_m = 0.02
    places = np.zeros((links + 1, 3))
    places[:, 2] = 1.0 - rest_m * np.arange(links + 1)
    fabric = cloth_of(stretch_n_m=stretch_n_m, density_g_m2=density_g_m2)
    cloth = Cloth(chain(links, rest_m, AREA_M2), fabric, places)
    cloth.pin_weight[0], cloth.pin_height_m[0] = 0.9999, 1.0
    cloth.step(nowhere(), 3000, damping=0.01, self_contact=False)
    cloth.step(nowhere(), 3000, damping=0.05, self_contact=False)
    return cloth


def hung_strip(density_g_m2: float) -> float:
    """Relative elongation of a hanging strip of cloth under its own weight."""
    mesh = strip(8.0, 40.0)
    places = np.column_stack([mesh.assembly_m[:, 0], np.zeros(len(mesh.area_m2)), 1.0 + mesh.assembly_m[:, 1]])
    cloth = Cloth(mesh, cloth_of(density_g_m2=density_g_m2, stretch_n_m=100.0), places)
    upper, lower = (np.abs(places[:, 2] - height) < 1e-6 for height in (1.0, 0.6))
    cloth.pin_weight[upper], cloth.pin_height_m[upper] = 0.9999, 1.0
    cloth.step(nowhere(), 4500, damping=0.01, self_contact=False)
    return float((1.0 - cloth.positions_m[lower, 2].mean()) / 0.4 - 1.0)


def test_one_link_stretches_by_weight_over_stiffness() -> None:
    weight_n = AREA_M2 * HEAVY_G_M2 / 1000 * GRAVITY_M_S2
    stretch_m = 0.98 - hung_chain(1, stretch_n_m=5.0).positions_m[1, 2]
    assert stretch_m == pytest.approx(weight_n / 5.0, rel=0.02)


def test_a_chain_stretches_by_the_weight_below_each_link() -> None:
    """Every link bears what hangs on it; one sweep a substep adds at most 2 g dt^2 of slack for each link below."""
    links, stretch_n_m = 12, 20.0
    below = np.arange(links, 0, -1)
    weight_n = AREA_M2 * HEAVY_G_M2 / 1000 * GRAVITY_M_S2
    slack_m = -np.diff(hung_chain(links, stretch_n_m).positions_m[:, 2]) - 0.02 - below * weight_n / stretch_n_m
    assert slack_m.min() > -1e-5
    assert (slack_m <= 2 * below * GRAVITY_M_S2 * SUBSTEP_S**2 + 1e-6).all()


def test_a_strip_stretches_with_its_weight() -> None:
    once, twice = hung_strip(600.0), hung_strip(1200.0)
    assert twice / once == pytest.approx(2.0, rel=0.2)
    own_weight = 0.6 * GRAVITY_M_S2 * 0.4 / 2 / 100.0
    assert own_weight / 2 < once < 3 * own_weight  # a lattice of springs is no isotropic sheet


def test_it_falls_freely_before_it_touches_anything() -> None:
    mesh, substeps = strip(10.0, 10.0), 120
    places = np.column_stack([mesh.assembly_m[:, 0], np.zeros(len(mesh.area_m2)), 2.0 + mesh.assembly_m[:, 1]])
    cloth = Cloth(mesh, cloth_of(), places)
    cloth.step(nowhere(), substeps, damping=0.0)
    seconds = substeps * SUBSTEP_S
    fallen = places[:, 2] - cloth.positions_m[:, 2]
    assert fallen == pytest.approx(np.full(len(places), GRAVITY_M_S2 * seconds**2 / 2), rel=0.01)
    assert cloth.velocities_m_s[:, 2] == pytest.approx(-GRAVITY_M_S2 * seconds, rel=1e-6)
    assert np.abs(cloth.strain()).max() < 1e-6


@pytest.fixture(scope="module")
def on_the_ball(ball_field: Field) -> Cloth:
    mesh = disc(2.2)
    places = np.column_stack([mesh.assembly_m, np.full(len(mesh.area_m2), 0.12)]) + np.array(CENTRE_M)
    cloth = Cloth(mesh, cloth_of(), places)
    cloth.step(ball_field, 1500, damping=0.02)
    return cloth


def test_cloth_on_a_ball_ends_outside_it(on_the_ball: Cloth, ball_field: Field) -> None:
    distance = ball_field.at(on_the_ball.positions_m)
    assert distance.min() > CONTACT_M - 0.001
    assert (distance < CONTACT_M + 0.003).sum() > 20  # it lies on it


def test_cloth_on_a_ball_comes_to_rest_and_keeps_its_size(on_the_ball: Cloth) -> None:
    assert np.linalg.norm(on_the_ball.velocities_m_s, axis=1).mean() < 0.05
    assert np.maximum(on_the_ball.strain(), 0).mean() < 0.02


def test_the_floor_stops_it() -> None:
    mesh = strip(10.0, 10.0)
    places = np.column_stack([mesh.assembly_m[:, 0], mesh.assembly_m[:, 1], np.full(len(mesh.area_m2), 0.02)])
    cloth = Cloth(mesh, cloth_of(), places)
    cloth.step(nowhere(), 300, damping=0.02)
    assert cloth.positions_m[:, 2].min() >= CONTACT_M
    assert np.abs(cloth.velocities_m_s).max() < 1e-3


def folded(gap_m: float) -> tuple[Cloth, np.ndarray]:
    """A strip folded over itself, and which of its vertices are uppermost."""
    mesh = strip(16.0, 32.0)
    along = -mesh.assembly_m[:, 1]
    upper = along > 0.16
    height = np.where(upper, 0.01 + gap_m, 0.01)
    places = np.column_stack([mesh.assembly_m[:, 0], np.minimum(along, 0.32 - along), height])
    return Cloth(mesh, cloth_of(bend_n_m=1e-7), places), upper & (along > 0.22)


@pytest.mark.parametrize("substeps", [300, 900])
def test_a_fold_that_falls_on_cloth_lies_on_it(substeps: int) -> None:
    """Vertices repel each other: folds rest in each other's gaps, yet not in the same place."""
    heights = {}
    for touching in (True, False):
        cloth, upper = folded(0.012)
        cloth.step(nowhere(), substeps, damping=0.02, self_contact=touching)
        heights[touching] = cloth.positions_m[upper, 2].mean() - CONTACT_M
    assert heights[True] > 0.0015
    assert heights[False] < 0.0005


def test_sheets_that_only_touch_part_and_stay_apart() -> None:
    mesh = strip(16.0, 32.0)
    along = -mesh.assembly_m[:, 1]
    upper = along > 0.16
    places = np.column_stack([mesh.assembly_m[:, 0], np.minimum(along, 0.32 - along), np.where(upper, 0.506, 0.5)])
    cloth = Cloth(mesh, cloth_of(bend_n_m=1e-7), places)
    cloth.step(nowhere(), 300, damping=0.05, gravity=0.0)
    far = along > 0.24
    under = (along > 0.02) & (along < 0.08)
    assert cloth.positions_m[far, 2].mean() - cloth.positions_m[under, 2].mean() > 0.0065


def test_a_rough_slope_holds_what_a_smooth_one_lets_slide() -> None:
    h = 0.01
    x, _, z = np.meshgrid(*(np.arange(-0.5, 0.5, h),) * 3, indexing="ij")
    slope = Field(((z + 0.3 * x) / np.hypot(1, 0.3)).astype(np.float32), np.full(3, -0.5), h)
    mesh = strip(8.0, 8.0)
    slid = {}
    for friction in (0.05, 0.65):
        flat = mesh.assembly_m + np.array([0.0, 0.04])
        places = np.column_stack([flat, 0.006 - 0.3 * flat[:, 0]])
        cloth = Cloth(mesh, cloth_of(friction=friction), places)
        cloth.floor_m[:] = -1.0
        cloth.step(slope, 300, damping=0.0)
        slid[friction] = float((cloth.positions_m[:, 0] - places[:, 0]).mean())
    assert slid[0.05] > 3 * slid[0.65] > 0


def test_a_pinned_waist_stays_at_its_height() -> None:
    mesh = strip(10.0, 20.0)
    places = np.column_stack([mesh.assembly_m[:, 0], np.zeros(len(mesh.area_m2)), 1.0 + mesh.assembly_m[:, 1]])
    cloth = Cloth(mesh, cloth_of(), places)
    upper = places[:, 2] > 1.0 - 1e-6
    cloth.pin_weight[upper], cloth.pin_height_m[upper] = 0.05, 1.0
    cloth.step(nowhere(), 1500, damping=0.02, self_contact=False)
    assert np.abs(cloth.positions_m[upper, 2] - 1.0).max() < 0.02


def test_the_same_start_gives_the_same_bytes(ball_field: Field) -> None:
    ends = []
    for _ in range(2):
        mesh = disc(2.2)
        places = np.column_stack([mesh.assembly_m, np.full(len(mesh.area_m2), 0.12)]) + np.array(CENTRE_M)
        cloth = Cloth(mesh, cloth_of(), places)
        cloth.step(ball_field, 200)
        ends.append(cloth.positions_m.tobytes() + cloth.velocities_m_s.tobytes())
    assert ends[0] == ends[1]


def test_stepping_leaves_the_start_alone() -> None:
    mesh = strip(6.0, 6.0)
    places = np.column_stack([mesh.assembly_m[:, 0], np.zeros(len(mesh.area_m2)), 1.0 + mesh.assembly_m[:, 1]])
    before = places.copy()
    Cloth(mesh, cloth_of(), places).step(nowhere(), 24)
    assert np.array_equal(places, before)
