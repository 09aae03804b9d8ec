"""Garments start clear of the body, where they are worn."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.wardrobe.drape.conftest import ball

from fitroom.wardrobe.atelier import mannequin_shape
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.bodies.poses import start_pose
from fitroom.wardrobe.bodies.tape import measure
from fitroom.wardrobe.drape.field import Field, distance_field
from fitroom.wardrobe.drape.place import Silhouette, place
from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import START_ARM_DEG

TEE, TROUSERS, SKIRT = 6, 0, 29


@pytest.fixture(scope="module")
def man() -> tuple[Field, float, float]:
    """The distance to a man of size M in the start pose without hands and feet, heights of his waist and crotch."""
    model = body_model()
    shape = mannequin_shape("male", "M")
    body = model.body(shape, start_pose(model, shape, START_ARM_DEG))
    ends = model.part_weights[:, [6, 9, 12, 15]].max(1) > 0.6
    faces = model.faces[(model.main_component & ~ends)[model.faces].all(1)]
    low, high = body.vertices_m.min(0) - 0.1, body.vertices_m.max(0) + 0.1
    height_cm = measure(model, shape).height_cm
    return distance_field(body.vertices_m, faces, low, high), height_cm["waist"] / 100, height_cm["crotch"] / 100


@pytest.mark.parametrize(("index", "size"), [(TEE, "M"), (TEE, "XS"), (TROUSERS, "M"), (SKIRT, "L")])
def test_a_garment_starts_outside_the_body(man: tuple[Field, float, float], index: int, size: str) -> None:
    field, waist_m, crotch_m = man
    mesh = build_mesh(draft(design(index), size), 2.2)
    start = place(mesh, Silhouette(field), waist_m, crotch_m)
    inside = field.at(start) < 0
    sheets = mesh.side != 0
    assert inside[sheets].mean() < 0.01
    assert inside.mean() < 0.03  # corners of the outline may touch the body


def test_the_front_starts_in_front_and_the_back_behind(man: tuple[Field, float, float]) -> None:
    field, waist_m, crotch_m = man
    mesh = build_mesh(draft(design(TEE), "M"), 2.2)
    start = place(mesh, Silhouette(field), waist_m, crotch_m)
    assert start[mesh.side < 0, 1].max() < start[mesh.side > 0, 1].min() + 0.05
    assert start[mesh.side < 0, 1].mean() < start[mesh.side > 0, 1].mean() - 0.1


def test_trousers_start_at_the_waist_with_the_crotch_below_the_body(man: tuple[Field, float, float]) -> None:
    field, waist_m, crotch_m = man
    mesh = build_mesh(draft(design(TROUSERS), "M"), 2.2)
    start = place(mesh, Silhouette(field), waist_m, crotch_m)
    band = start[mesh.loops["waist"], 2]
    assert waist_m - 0.12 < band.mean() < waist_m + 0.01


def test_small_garments_start_larger_than_life(man: tuple[Field, float, float]) -> None:
    field, waist_m, crotch_m = man
    mesh = build_mesh(draft(design(TEE), "XS"), 2.2)
    start = place(mesh, Silhouette(field), waist_m, crotch_m)
    grown = np.ptp(start[:, 0]) / np.ptp(mesh.assembly_m[:, 0])
    assert 1.0 <= grown < 1.5


def test_a_silhouette_knows_where_the_ball_is(ball_field: Field) -> None:
    silhouette = Silhouette(ball_field)
    x, z = np.array([0.02, 0.02, 0.30]), np.array([1.0, 1.3, 1.0])
    assert silhouette.covered(x, z).tolist() == [True, False, False]
    front, back = silhouette.front_back_m(x[:1], z[:1])
    assert front[0] < ball().vertices[:, 1].min() and back[0] > ball().vertices[:, 1].max()
    assert np.isfinite(silhouette.top_m(np.array([0.0]))[0])
