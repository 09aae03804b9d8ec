"""The tape on shapes whose girth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ellipe

from fitroom.errors import DataError
from fitroom.wardrobe.bodies.section import girth_m, section, taut_line, volume_m3

UP = np.array([0.0, 0.0, 1.0])


def tube(a: float, b: float, sides: int = 720, height: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    angle = 2 * np.pi * np.arange(sides) / sides
    ring = np.stack([a * np.cos(angle), b * np.sin(angle)], 1)
    vertices = np.vstack([np.c_[ring, np.zeros(sides)], np.c_[ring, np.full(sides, height)]])
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    return vertices, np.vstack([np.c_[i, j, j + sides], np.c_[i, j + sides, i + sides]])


def test_girth_of_a_cylinder() -> None:
    assert girth_m(*tube(0.15, 0.15), 0.4 * UP, UP)[0] == pytest.approx(2 * np.pi * 0.15, rel=1e-5)


def test_girth_of_an_ellipse() -> None:
    a, b = 0.2, 0.11
    assert girth_m(*tube(a, b), 0.4 * UP, UP)[0] == pytest.approx(4 * a * ellipe(1 - (b / a) ** 2), rel=1e-5)


def test_an_oblique_plane_cuts_a_cylinder_in_an_ellipse() -> None:
    tilt = np.radians(40)
    normal = np.array([np.sin(tilt), 0.0, np.cos(tilt)])
    a, b = 0.1 / np.cos(tilt), 0.1
    found = girth_m(*tube(0.1, 0.1), 0.5 * UP, normal)[0]
    assert found == pytest.approx(4 * a * ellipe(1 - (b / a) ** 2), rel=1e-4)


def test_the_tape_bridges_a_hollow() -> None:
    star, faces = tube(1.0, 1.0, sides=8)
    star[1::2, :2] *= 0.3
    assert girth_m(star, faces, 0.5 * UP, UP)[0] == pytest.approx(4 * np.sqrt(2))


def test_a_plane_through_vertices_still_cuts() -> None:
    vertices, faces = tube(0.15, 0.15, height=0.0)
    vertices = np.vstack([vertices[:720] - UP, vertices[720:]])
    assert section(vertices, faces, np.zeros(3), UP).shape[1:] == (2, 3)


def test_missing_the_body_is_an_error() -> None:
    with pytest.raises(DataError, match="cannot be laid round"):
        girth_m(*tube(0.1, 0.1), 5 * UP, UP)


def test_a_taut_line_spans_the_small_of_the_back() -> None:
    length, path = taut_line(np.array([[0, 0], [1, -0.5], [2, 0.0], [3, 1.0], [4, 0.0]], float))
    assert path.tolist() == [[0, 0], [3, 1], [4, 0]]
    assert length == pytest.approx(np.sqrt(10) + np.sqrt(2))


def test_volume_of_a_tetrahedron() -> None:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    assert volume_m3(corners, faces) == pytest.approx(1 / 6)
