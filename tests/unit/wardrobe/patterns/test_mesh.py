"""Sewn meshes: shared seams, whole outlines, a bending stencil that knows flat from curved."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from fitroom.errors import FitroomError
from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import CATEGORIES, Edge, GarmentMesh, Panel, Pattern, Seam
from fitroom.wardrobe.patterns.stencil import build_stencil
from fitroom.wardrobe.patterns.triangulate import crosses_itself


def first_of(category: str) -> int:
    return next(index for index in range(4096) if design(index).category == category)


@pytest.fixture(scope="module", params=CATEGORIES)
def mesh(request: pytest.FixtureRequest) -> GarmentMesh:
    return build_mesh(draft(design(first_of(request.param)), "M"), spacing_cm=2.2)


def rectangle(name: str, width: float, height: float, side: int = -1) -> Panel:
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height), (0, 0)], float)
    borders = ("hem", "side", "waist", "side")
    names = ("hem", "right", "waist", "left")
    edges = [Edge(n, b, corners[i : i + 2]) for i, (n, b) in enumerate(zip(names, borders, strict=True))]  # type: ignore[arg-type]
    return Panel(name, tuple(edges), side)  # type: ignore[arg-type]


def test_every_vertex_is_used_and_the_surface_hangs_together(mesh: GarmentMesh) -> None:
    assert np.array_equal(np.unique(mesh.faces), np.arange(len(mesh.side)))
    reached, before = np.zeros(len(mesh.side), bool), -1
    reached[0] = True
    while reached.sum() != before:
        before = reached.sum()
        either = reached[mesh.edges].any(axis=1)
        reached[mesh.edges[either]] = True
    assert reached.all()


def test_loops_are_the_open_borders(mesh: GarmentMesh) -> None:
    sides = np.sort(np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]), axis=1)
    border = {edge for edge, count in Counter(map(tuple, sides.tolist())).items() if count == 1}
    in_loops = set(np.concatenate(list(mesh.loops.values())).tolist())
    assert in_loops == {vertex for edge in border for vertex in edge}
    for loop in mesh.loops.values():
        assert len(set(loop.tolist())) == len(loop)
        assert all(tuple(sorted(pair)) in border for pair in zip(loop[:-1].tolist(), loop[1:].tolist(), strict=True))


def test_loop_names(mesh: GarmentMesh) -> None:
    category = mesh.pattern.design.category
    if category in ("trousers", "shorts"):
        assert set(mesh.loops) == {"waist", "left_leg", "right_leg"}
    elif category == "skirt":
        assert set(mesh.loops) == {"waist", "hem"}
    elif mesh.pattern.design.sleeve == "none":
        assert set(mesh.loops) == {"neck", "hem", "left_armhole", "right_armhole"}
    else:
        assert {"neck", "hem", "left_cuff", "right_cuff"} <= set(mesh.loops)


def test_left_lies_at_positive_x(mesh: GarmentMesh) -> None:
    for name, loop in mesh.loops.items():
        if name.startswith("left_"):
            assert mesh.assembly_m[loop, 0].mean() > 0.005 or "opening" in name
    for left, right in ((1, 2), (3, 4)):
        for limb, sign in ((left, 1), (right, -1)):
            if (mesh.limb == limb).any():
                assert (sign * mesh.assembly_m[mesh.limb == limb, 0]).mean() > 0.05


def test_faces_look_outward_when_laid_flat(mesh: GarmentMesh) -> None:
    corner = mesh.assembly_m[mesh.faces]
    one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    turn = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    low, high = mesh.side[mesh.faces].min(axis=1), mesh.side[mesh.faces].max(axis=1)
    front, back = (low < 0) & (high <= 0), (low >= 0) & (high > 0)
    assert np.mean(turn[front] > 0) > 0.985
    assert np.mean(turn[back] < 0) > 0.985


def test_atlas_is_a_rigid_copy_of_the_panels(mesh: GarmentMesh) -> None:
    atlas = mesh.atlas_cm
    assert atlas.min() >= 0
    assert (atlas.max(axis=(0, 1)) <= np.array(mesh.atlas_size_cm)).all()
    boxes = [atlas[mesh.panel_of_face == panel].reshape(-1, 2) for panel in range(len(mesh.pattern.panels))]
    boxes = [(box.min(axis=0), box.max(axis=0)) for box in boxes]
    for index, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:index]:
            assert (low > other_high).any() or (other_low > high).any()
        points = np.concatenate([edge.points_cm for edge in mesh.pattern.panels[index].edges])
        assert np.allclose(points.min(axis=0) + mesh.panel_offset_cm[index], low, atol=0.1)


def test_triangles_are_near_equilateral(mesh: GarmentMesh) -> None:
    one, two = mesh.atlas_cm[:, 1] - mesh.atlas_cm[:, 0], mesh.atlas_cm[:, 2] - mesh.atlas_cm[:, 0]
    area = 0.5 * (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
    assert (area > 0).all()
    sides = np.linalg.norm(mesh.atlas_cm - np.roll(mesh.atlas_cm, 1, axis=1), axis=2)
    quality = 4 * np.sqrt(3) * area / (sides**2).sum(axis=1)
    assert np.median(quality) > 0.93
    assert np.percentile(quality, 1) > 0.45


def test_rest_lengths_are_those_of_the_panels(mesh: GarmentMesh) -> None:
    lengths = {tuple(edge): rest for edge, rest in zip(mesh.edges.tolist(), mesh.rest_m.tolist(), strict=True)}
    for face, corners in zip(mesh.faces[::7].tolist(), mesh.atlas_cm[::7], strict=True):
        for a, b in ((0, 1), (1, 2), (2, 0)):
            rest = lengths[tuple(sorted((face[a], face[b])))]
            assert np.linalg.norm(corners[a] - corners[b]) / 100 == pytest.approx(rest, rel=0.09)


def test_weights_cancel_and_areas_add_up(mesh: GarmentMesh) -> None:
    assert np.abs(mesh.hinge_weights.sum(axis=1)).max() < 1e-4
    one, two = mesh.atlas_cm[:, 1] - mesh.atlas_cm[:, 0], mesh.atlas_cm[:, 2] - mesh.atlas_cm[:, 0]
    total = 0.5 * np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum() / 1e4
    assert mesh.area_m2.sum() == pytest.approx(total, rel=1e-4)


def test_repeatable() -> None:
    one, two = (build_mesh(draft(design(3), "L"), spacing_cm=2.5) for _ in range(2))
    assert np.array_equal(one.faces, two.faces)
    assert np.array_equal(one.assembly_m, two.assembly_m)


def tube(radius_cm: float, seam: bool) -> tuple[GarmentMesh, np.ndarray]:
    """A cylinder of two sheets (or one sheet, open), and its vertices rolled up, in metres."""
    half = np.pi * radius_cm
    panels = [rectangle("one", half, 30.0), rectangle("two", half, 30.0)]
    seams = [Seam("one", "right", "two", "left"), Seam("two", "right", "one", "left")] if seam else []
    plain = replace(design(first_of("skirt")), details={})
    mesh = build_mesh(Pattern(plain, "M", tuple(panels), tuple(seams), {}), spacing_cm=1.4)
    flat = mesh.atlas_cm - mesh.panel_offset_cm[mesh.panel_of_face][:, None]
    around = flat[..., 0] + half * mesh.panel_of_face[:, None]
    rolled = np.zeros((len(mesh.side), 3))
    angle = around / radius_cm
    rolled[mesh.faces] = np.stack([radius_cm * np.cos(angle), radius_cm * np.sin(angle), flat[..., 1]], axis=2) / 100
    return mesh, rolled


@pytest.mark.parametrize("seam", [True, False])
def test_bending_energy_of_a_cylinder(seam: bool) -> None:
    radius_cm, rigidity = 8.0, 1.0
    mesh, rolled = tube(radius_cm, seam)
    bend = np.einsum("bi,bij->bj", mesh.hinge_weights, rolled[mesh.hinges])
    energy = rigidity / 2 * np.sum((bend**2).sum(axis=1) / mesh.hinge_area_m2)
    expected = rigidity / (2 * (radius_cm / 100) ** 2) * mesh.area_m2.sum()
    assert energy == pytest.approx(expected, rel=0.08)


def test_flat_cloth_does_not_bend() -> None:
    mesh, _ = tube(8.0, seam=False)
    flat = np.zeros((len(mesh.side), 3))
    flat[mesh.faces, :2] = mesh.atlas_cm
    assert np.abs(np.einsum("bi,bij->bj", mesh.hinge_weights, flat[mesh.hinges])).max() < 2e-3


def test_regular_pair() -> None:
    height = np.sqrt(3) / 2
    points = np.array([(0, 0), (1, 0), (0.5, height), (0.5, -height)])
    faces = np.array([(0, 1, 2), (1, 0, 3)])
    stencil = build_stencil(faces, points[faces], np.zeros(2), 4)
    assert stencil.hinges.tolist() == [[0, 1, 2, 3]]
    assert np.allclose(stencil.hinge_weights, 2 / np.sqrt(3) * np.array([1, 1, -1, -1]))
    assert np.allclose(stencil.hinge_weights @ points, 0, atol=1e-6)


def test_an_unknown_edge_is_named() -> None:
    pattern = draft(design(0), "M")
    wrong = replace(pattern, seams=(*pattern.seams, Seam("left_front", "fringe", "left_back", "side")))
    with pytest.raises(FitroomError, match="fringe"):
        build_mesh(wrong)


def test_a_crossed_outline_is_refused() -> None:
    corners = [(0, 0), (10, 9), (11, 0), (0, 13), (0, 0)]
    edges = tuple(Edge(str(i), "hem", np.array(corners[i : i + 2], float)) for i in range(4))
    pattern = Pattern(design(0), "M", (Panel("bow", edges, -1),), (), {"rise": 20.0})
    with pytest.raises(FitroomError, match="crosses itself"):
        build_mesh(pattern)


def test_points_of_one_straight_edge_are_no_crossing() -> None:
    """However they are rounded: a long side at many angles, cut into many points."""
    share = np.linspace(0, 1, 60)[:-1, None]
    for angle in np.linspace(0.01, 1.5, 60):
        tip = 40 * np.array([np.cos(angle), np.sin(angle)])
        corners = [np.zeros(2), tip, np.array([-30.0, 20.0])]
        sides = [a + share * (b - a) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)]
        assert not crosses_itself(np.concatenate(sides))
