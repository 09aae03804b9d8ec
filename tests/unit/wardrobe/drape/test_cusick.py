"""The simulated Cusick test: what its coefficient measures, and what it depends on."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.wardrobe.drape.conftest import cloth_of

from fitroom.wardrobe.drape.cusick import DISC_CM, SUPPORT_CM, coefficient, disc, drape_test
from fitroom.wardrobe.drape.figures import cusick_sheet
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.materials import STOCK, bending_length_cm
from fitroom.wardrobe.patterns.pattern import GarmentMesh

SPACING_CM = 1.8


@pytest.fixture(scope="module")
def flat() -> GarmentMesh:
    return disc(1.0)


def typical(material: str) -> Fabric:
    stock = STOCK[material]  # type: ignore[index]
    names = ("density_g_m2", "thickness_mm", "bend_n_m", "stretch_n_m", "shear_ratio", "friction")
    return cloth_of(material=material, **{name: getattr(stock, name) for name in names})


def drape(fabric: Fabric) -> float:
    return drape_test(fabric, SPACING_CM, substeps=2400)[0]


def test_the_disc_is_round_and_of_the_standards_size(flat: GarmentMesh) -> None:
    assert np.hypot(*flat.assembly_m.T).max() == pytest.approx(DISC_CM / 100, abs=1e-4)
    assert flat.area_m2.sum() == pytest.approx(np.pi * (DISC_CM / 100) ** 2, rel=0.005)


def test_a_flat_disc_has_coefficient_one(flat: GarmentMesh) -> None:
    places = np.column_stack([flat.assembly_m, np.zeros(len(flat.area_m2))])
    assert coefficient(places, flat.faces) > 0.98


def test_a_disc_whose_ring_is_folded_away_has_coefficient_zero(flat: GarmentMesh) -> None:
    radius = np.hypot(*flat.assembly_m.T)
    inward = np.minimum(1.0, SUPPORT_CM / 100 / np.maximum(radius, 1e-6))
    places = np.column_stack([flat.assembly_m * inward[:, None], -np.maximum(radius - SUPPORT_CM / 100, 0.0)])
    assert coefficient(places, flat.faces) < 0.02


def test_half_the_ring_has_the_coefficient_of_its_area(flat: GarmentMesh) -> None:
    radius = np.hypot(*flat.assembly_m.T)
    edge_m = np.sqrt((SUPPORT_CM**2 + DISC_CM**2) / 2) / 100
    inward = np.minimum(1.0, edge_m / np.maximum(radius, 1e-6))
    places = np.column_stack([flat.assembly_m * inward[:, None], np.zeros(len(radius))])
    assert coefficient(places, flat.faces) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("bend_n_m", [6e-6, 4e-5])
def test_drape_depends_on_the_bending_length_alone(bend_n_m: float) -> None:
    light = cloth_of(density_g_m2=150.0, bend_n_m=bend_n_m, stretch_n_m=1000.0)
    heavy = cloth_of(density_g_m2=300.0, bend_n_m=2 * bend_n_m, stretch_n_m=2000.0)
    assert bending_length_cm(light.bend_n_m, 150.0) == pytest.approx(bending_length_cm(heavy.bend_n_m, 300.0))
    assert drape(light) == pytest.approx(drape(heavy), abs=0.02)


def test_stiffer_cloth_drapes_less() -> None:
    satin, denim, leather = (drape(typical(name)) for name in ("satin", "denim", "leather"))
    assert satin < denim - 0.1
    assert denim < leather - 0.01
    assert 0.0 <= satin < 0.6 and leather > 0.7


def test_the_disc_hangs_on_its_support() -> None:
    _, places = drape_test(typical("satin"), SPACING_CM, substeps=2400)
    inner = np.hypot(*places[:, :2].T) < SUPPORT_CM / 100 - 0.02
    assert inner.any()
    assert np.ptp(places[inner, 2]) < 0.004
    assert places[:, 2].min() > places[inner, 2].mean() - (DISC_CM - SUPPORT_CM) / 100 * 1.2


def test_the_sheet_shows_a_disc_for_each_fabric() -> None:
    cloths = {typical("satin"): (0.5, 0.1, 0.1), typical("leather"): (0.1, 0.1, 0.5)}
    page = np.asarray(cusick_sheet(cloths, disc(3.0), 3.0))
    left, right = np.split(page.astype(int), 2, axis=1)
    assert left.shape == right.shape
    assert ((left[..., 0] - left[..., 2]) > 60).sum() > 500 and ((left[..., 2] - left[..., 0]) > 60).sum() == 0
    assert ((right[..., 2] - right[..., 0]) > 60).sum() > 500
