from __future__ import annotations

import itertools

import numpy as np
import pytest

from fitroom.errors import ConfigError
from fitroom.wardrobe.fabrics.fabric import MATERIALS
from fitroom.wardrobe.fabrics.materials import (
    NUM_FABRICS,
    SPREAD,
    STOCK,
    bending_length_cm,
    drape_coefficient,
    fabric,
)


@pytest.fixture(scope="module")
def catalogue():
    return [fabric(index) for index in range(NUM_FABRICS)]


def test_the_same_number_is_the_same_fabric(catalogue):
    assert catalogue[17] == fabric(17)
    assert len({cloth.density_g_m2 for cloth in catalogue}) == NUM_FABRICS


def test_every_material_is_stocked_about_as_often_as_wanted(catalogue):
    for material in MATERIALS:
        share = np.mean([cloth.material == material for cloth in catalogue])
        assert share == pytest.approx(STOCK[material].share, abs=0.05)


def test_numbers_stay_within_the_spread_and_their_ranges(catalogue):
    for cloth in catalogue:
        stock = STOCK[cloth.material]
        for name in ("density_g_m2", "thickness_mm", "bend_n_m", "stretch_n_m"):
            ratio = getattr(cloth, name) / getattr(stock, name)
            assert 1 - SPREAD - 1e-9 <= ratio <= 1 + SPREAD + 1e-9, name
        assert 0.36 <= cloth.friction <= 0.65
        for name in ("shear_ratio", "drape_coefficient", "roughness", "specular", "sheen", "translucency"):
            assert 0.0 <= getattr(cloth, name) <= 1.0, name
        assert cloth.weave in stock.weaves


def test_materials_bend_in_the_order_tailors_know(catalogue):
    order = ["jersey", "poplin", "twill", "denim", "leather"]
    medians = [
        np.median([bending_length_cm(c.bend_n_m, c.density_g_m2) for c in catalogue if c.material == material])
        for material in order
    ]
    assert all(softer < stiffer for softer, stiffer in itertools.pairwise(medians))


def test_bending_length_by_hand():
    # B = 1e-5 N m over 100 g/m2: (1e-5 / 0.981)^(1/3) m
    assert bending_length_cm(1e-5, 100.0) == pytest.approx(2.168, abs=1e-3)


def test_drape_coefficient_grows_with_stiffness_and_falls_with_weight():
    stiff = [drape_coefficient(bend, 200.0) for bend in np.geomspace(1e-6, 1e-3, 30)]
    assert all(a <= b for a, b in itertools.pairwise(stiff))
    assert drape_coefficient(2e-5, 400.0) < drape_coefficient(2e-5, 100.0)
    assert 0.0 < stiff[0] < 0.3 and stiff[-1] > 0.9


@pytest.mark.parametrize("index", [-1, NUM_FABRICS])
def test_an_index_outside_the_catalogue_is_an_error(index):
    with pytest.raises(ConfigError, match="no such fabric"):
        fabric(index)
