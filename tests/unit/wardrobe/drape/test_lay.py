"""A tee and trousers laid on a table: thin, the front uppermost, every time alike."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.wardrobe.drape.conftest import cloth_of

from fitroom.wardrobe.drape.lay import lay_flat
from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import GarmentMesh

TEE, TROUSERS = 6, 0
Laid = tuple[GarmentMesh, np.ndarray]


@pytest.fixture(scope="module", params=[TEE, TROUSERS], ids=["tee", "trousers"])
def laid(request: pytest.FixtureRequest) -> Laid:
    mesh = build_mesh(draft(design(request.param), "M"), 2.2)
    return mesh, lay_flat(mesh, cloth_of(), np.random.default_rng(3))


def test_it_is_flat(laid: Laid) -> None:
    _, places = laid
    assert np.isfinite(places).all()
    assert np.ptp(places[:, 1]) < 0.08
    assert places[:, 1].max() <= 0.0  # on the table, which is at y = 0


def test_the_front_lies_over_the_back(laid: Laid) -> None:
    """Compared where both are: at the front's vertices away from the outline."""
    mesh, places = laid
    front, back = mesh.side < 0, np.flatnonzero(mesh.side > 0)
    middle = front & (np.abs(places[:, 0]) < 0.18) & (mesh.limb == 0)
    assert middle.sum() > 20
    gaps = places[back][:, [0, 2]][None] - places[middle][:, [0, 2]][:, None]
    beneath = back[np.hypot(gaps[..., 0], gaps[..., 1]).argmin(1)]
    over = places[middle, 1] < places[beneath, 1]
    assert over.mean() > 0.97


def test_it_keeps_the_size_it_was_cut_in(laid: Laid) -> None:
    mesh, places = laid
    ends = places[mesh.edges]
    length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    assert np.maximum(length / mesh.rest_m - 1, 0).mean() < 0.02
    assert np.ptp(places[:, 2]) == pytest.approx(np.ptp(mesh.assembly_m[:, 1]), rel=0.06)


def test_the_same_crease_seed_gives_the_same_bytes() -> None:
    mesh = build_mesh(draft(design(TEE), "S"), 3.0)
    first, again, other = (lay_flat(mesh, cloth_of(), np.random.default_rng(seed), 150) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_sleeves_are_laid_closer_to_the_body_than_they_are_sewn() -> None:
    mesh = build_mesh(draft(design(10), "M"), 3.0)
    assert design(10).sleeve == "long"
    places = lay_flat(mesh, cloth_of(), np.random.default_rng(1), 150)
    sleeve = mesh.limb == 1
    assert places[sleeve, 0].max() < mesh.assembly_m[sleeve, 0].max() - 0.03
