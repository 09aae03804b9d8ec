"""Collars and hoods: the same topology and texture on every drape, resting off the cloth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.neck_ring import neck_ring, vertex_normals
from fitroom.wardrobe.patterns.pattern import Design, GarmentMesh
from fitroom.wardrobe.patterns.trims import trim_meshes


def first(category: str, **details: object) -> Design:
    designs = (design(index) for index in range(4096))
    return next(d for d in designs if d.category == category and all(d.details.get(k) == v for k, v in details.items()))


def worn(mesh: GarmentMesh) -> np.ndarray:
    """A garment inflated: front and back stand 7 cm off each other at the neck, sloping out to the chest."""
    x, z = mesh.assembly_m.T
    depth = np.sqrt(np.clip(0.0036 - 0.0030 * np.clip(np.abs(x) / 0.12, 0, 1), 1e-6, None)) + 0.12 * np.clip(-z, 0, 0.4)
    return np.stack([x, mesh.side * depth, z], axis=1)


@pytest.fixture(
    scope="module", params=[("shirt", {}), ("polo", {}), ("coat", {"collar": "coat", "open": True}), ("hoodie", {})]
)
def mesh(request: pytest.FixtureRequest) -> GarmentMesh:
    category, details = request.param
    return build_mesh(draft(first(category, **details), "M"))


def test_topology_and_texture_do_not_depend_on_the_drape(mesh: GarmentMesh) -> None:
    one, two = trim_meshes(mesh, worn(mesh)), trim_meshes(mesh, worn(mesh) * 1.1 + (0.3, 0.0, 1.2))
    assert [trim.name for trim in one] == [trim.name for trim in two] != []
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.faces, b.faces)
        assert np.array_equal(a.uv_cm, b.uv_cm)
        assert a.vertices_m.shape == b.vertices_m.shape
        assert a.uv_cm.min() >= 0


def test_it_moves_with_the_garment(mesh: GarmentMesh) -> None:
    here = trim_meshes(mesh, worn(mesh))[0].vertices_m
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    there = trim_meshes(mesh, worn(mesh) @ turn.T + (1.0, 2.0, 0.5))[0].vertices_m
    apart = np.linalg.norm(there - (here @ turn.T + (1.0, 2.0, 0.5)), axis=1)
    assert np.median(apart) < 1e-6
    assert apart.max() < 0.003  # which of several equally near vertices is taken may change


def test_it_sits_at_the_neck(mesh: GarmentMesh) -> None:
    vertices = worn(mesh)
    trim = trim_meshes(mesh, vertices)[0]
    assert np.isfinite(trim.vertices_m).all()
    distance = cKDTree(vertices[mesh.loops["neck"]]).query(trim.vertices_m)[0]
    assert distance.max() < 0.25
    assert trim.vertices_m[:, 2].max() > vertices[mesh.loops["neck"], 2].max() + 0.015


def test_the_edge_rests_off_the_cloth(mesh: GarmentMesh) -> None:
    vertices = worn(mesh)
    trim = trim_meshes(mesh, vertices)[0]
    rows = len(trim.vertices_m) // 97
    edge = trim.vertices_m.reshape(97, rows, 3)[:, -1]
    near = cKDTree(vertices).query(edge)[1]
    height = np.einsum("ij,ij->i", edge - vertices[near], vertex_normals(vertices, mesh.faces)[near])
    assert np.percentile(height, 10) > 0
    assert np.median(height) == pytest.approx(0.006, abs=0.004)


def test_texture_is_to_scale_along_the_neckline(mesh: GarmentMesh) -> None:
    ring = neck_ring(mesh, worn(mesh))
    loop = mesh.loops["neck"]
    rest = {tuple(edge): length for edge, length in zip(mesh.edges.tolist(), mesh.rest_m.tolist(), strict=True)}
    closing = [] if "left_opening" in mesh.loops else [tuple(sorted((int(loop[-1]), int(loop[0]))))]
    pairs = [tuple(sorted(pair)) for pair in zip(loop[:-1].tolist(), loop[1:].tolist(), strict=True)] + closing
    assert ring.arc_cm[-1] == pytest.approx(100 * sum(rest[pair] for pair in pairs), rel=1e-6)


def test_plain_garments_have_none() -> None:
    mesh = build_mesh(draft(first("tank"), "S"), spacing_cm=2.5)
    assert trim_meshes(mesh, worn(mesh)) == []
