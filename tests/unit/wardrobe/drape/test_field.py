"""Distances to a ball and a box, with sign and direction, and of a body in clothes."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from tests.unit.wardrobe.drape.conftest import CENTRE_M, RADIUS_M, ball

from fitroom.wardrobe.drape.field import SPACING_M, Field, distance_field, union

CHORD_M = 0.0003  # the icosphere's flat faces lie this far inside the sphere
BAND_M = 0.02


def about_the_ball(low: float, high: float, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Points around the centre at radii in [low, high], and their true distances to the sphere."""
    rng = np.random.default_rng(1)
    way = rng.normal(size=(count, 3))
    radius = rng.uniform(low, high, count)
    points = np.array(CENTRE_M) + way / np.linalg.norm(way, axis=1, keepdims=True) * radius[:, None]
    return points, radius - RADIUS_M


def grid_points(field: Field) -> np.ndarray:
    """(N, 3) all points of the grid, in the order of its distances."""
    return field.origin_m + np.moveaxis(np.indices(field.distance_m.shape), 0, -1).reshape(-1, 3) * field.spacing_m


def test_a_ball_is_exact_on_the_grid_within_the_band(ball_field: Field) -> None:
    true = np.linalg.norm(grid_points(ball_field) - CENTRE_M, axis=1) - RADIUS_M
    near = np.abs(true) < BAND_M - CHORD_M
    assert np.abs(ball_field.distance_m.ravel() - true)[near].max() < CHORD_M + 1e-6


def test_between_grid_points_the_error_is_that_of_interpolation(ball_field: Field) -> None:
    points, true = about_the_ball(RADIUS_M - 0.01, RADIUS_M + 0.01)
    bend = 3 * SPACING_M**2 / (8 * (RADIUS_M - 0.02))  # of a trilinear patch on a sphere
    assert np.abs(ball_field.at(points) - true).max() < bend + CHORD_M


def test_the_sign_is_right_everywhere(ball_field: Field) -> None:
    true = np.linalg.norm(grid_points(ball_field) - CENTRE_M, axis=1) - RADIUS_M
    clear = np.abs(true) > CHORD_M
    assert ((ball_field.distance_m.ravel() < 0) == (true < 0))[clear].all()


def test_far_off_the_distance_still_grows(ball_field: Field) -> None:
    points, true = about_the_ball(RADIUS_M + 0.025, RADIUS_M + 0.055)
    found = ball_field.at(points)
    assert (found > 0.9 * true - SPACING_M).all() and (found < 2 * true).all()


def test_the_gradient_points_outwards(ball_field: Field) -> None:
    points, _ = about_the_ball(RADIUS_M - 0.01, RADIUS_M + 0.01)
    outward = points - CENTRE_M
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    assert (ball_field.gradient(points) * outward).sum(1).min() > 0.98


def test_the_side_faces_point_to_does_not_matter() -> None:
    mesh = ball()
    low, high = mesh.vertices.min(0) - 0.03, mesh.vertices.max(0) + 0.03
    outward = distance_field(mesh.vertices, mesh.faces, low, high)
    inward = distance_field(mesh.vertices, mesh.faces[:, ::-1], low, high)
    assert np.array_equal(np.sign(outward.distance_m), np.sign(inward.distance_m))


def test_a_box_has_flat_sides_and_round_edges() -> None:
    half = np.array([0.05, 0.08, 0.06])
    mesh = trimesh.creation.box(2 * half)
    field = distance_field(mesh.vertices, mesh.faces, -half - 0.047, half + 0.051)
    beyond = np.abs(grid_points(field)) - half
    true = np.linalg.norm(np.maximum(beyond, 0), axis=1) + np.minimum(beyond.max(1), 0)
    near = np.abs(true) < BAND_M - 1e-4
    assert near.sum() > 1000
    assert np.abs(field.distance_m.ravel() - true)[near].max() < 1e-5


def test_a_tube_open_above_and_below_is_solid() -> None:
    mesh = trimesh.creation.cylinder(0.1, 0.3, sections=64)
    side = mesh.faces[np.abs(mesh.face_normals[:, 2]) < 0.5]
    field = distance_field(mesh.vertices, side, np.full(3, -0.16), np.full(3, 0.16))
    assert field.at(np.array([(0.0, 0.0, 0.0), (0.05, 0.03, 0.1), (0.0, -0.09, 0.0)])).max() < 0
    assert field.at(np.array([(0.13, 0.0, 0.0), (0.0, 0.14, 0.05)])).min() > 0


def test_points_outside_the_grid_read_its_border(ball_field: Field) -> None:
    far = np.array([CENTRE_M]) + np.array([9.0, 0.0, 0.0])
    last = ball_field.origin_m + (np.array(ball_field.distance_m.shape) - 1) * ball_field.spacing_m
    assert ball_field.at(far) == pytest.approx(ball_field.at(np.minimum(far, last)))


def test_a_union_is_the_body_and_its_clothes() -> None:
    body, garment = ball(), ball()
    garment.vertices = (garment.vertices - CENTRE_M) * 1.15 + CENTRE_M
    garment.vertices[:, 0] += 0.04  # it sticks out to one side and leaves the other bare
    low, high = garment.vertices.min(0) - 0.06, garment.vertices.max(0) + 0.06
    bare = distance_field(body.vertices, body.faces, low, high)
    dressed = union(bare, garment.vertices, garment.faces, bare, give_m=0.003)
    assert (dressed.distance_m <= bare.distance_m).all()
    clothed, naked = np.array([CENTRE_M]) + np.array([0.125, 0, 0]), np.array([CENTRE_M]) - np.array([0.115, 0, 0])
    assert bare.at(clothed) > 0.02 and dressed.at(clothed) < 0
    assert dressed.at(naked) == pytest.approx(bare.at(naked))
    # What stands off the body by more than 4 cm gives way.
    assert dressed.at(np.array([CENTRE_M]) + np.array([0.15, 0, 0])) > 0


def test_clothes_give_way_by_as_much_as_asked() -> None:
    body, garment = ball(), ball()
    garment.vertices = (garment.vertices - CENTRE_M) * 1.2 + CENTRE_M
    low, high = garment.vertices.min(0) - 0.05, garment.vertices.max(0) + 0.05
    bare = distance_field(body.vertices, body.faces, low, high)
    point = np.array([CENTRE_M]) + np.array([0.0, 0.0, 0.12])
    hard, soft = (union(bare, garment.vertices, garment.faces, bare, give_m=give).at(point) for give in (0.0, 0.005))
    assert soft - hard == pytest.approx(0.005, abs=1e-4)
