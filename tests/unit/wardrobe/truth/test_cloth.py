"""Stretch, girth and border lengths of cloth of known shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.unit.wardrobe.truth.conftest import cloth

from fitroom.wardrobe.truth.cloth import girth_cm, loop_cm, strain

AROUND, UP = 48, 11


@pytest.fixture
def tube() -> tuple[Any, np.ndarray]:
    """A tube of radius 0.2 m, from the floor to 1 m."""
    angle = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    height = np.linspace(0, 1, UP)
    points = np.stack(
        [
            np.tile(0.2 * np.cos(angle), UP),
            np.tile(0.2 * np.sin(angle), UP),
            np.repeat(height, AROUND),
        ],
        1,
    )
    at = np.arange(UP * AROUND).reshape(UP, AROUND)
    right = np.roll(at, -1, 1)
    faces = np.concatenate([
        np.stack([at[:-1].ravel(), right[:-1].ravel(), right[1:].ravel()], 1),
        np.stack([at[:-1].ravel(), right[1:].ravel(), at[1:].ravel()], 1),
    ])  # fmt: skip
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1), axis=0)
    rest = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    loops = {"hem": at[0], "waist": at[-1], "hem_2": at[1]}
    return cloth(faces=faces, edges=edges, rest_m=rest, limb=np.zeros(len(points), np.int8), loops=loops), points


def test_cloth_as_cut_is_not_stretched(tube: tuple[Any, np.ndarray]) -> None:
    assert strain(*tube) == {"mean": 0, "p95": 0, "p99": 0}


def test_a_stretched_tube_is_stretched_by_as_much(tube: tuple[Any, np.ndarray]) -> None:
    mesh, points = tube
    found = strain(mesh, points * 1.2, {"waist": 0.6, "head": 5.0})
    assert found == pytest.approx({"mean": 0.2, "p95": 0.2, "p99": 0.2, "waist": 0.2})


def test_bands_look_round_the_body_only(tube: tuple[Any, np.ndarray]) -> None:
    mesh, points = tube
    wide, tall = strain(mesh, points * (1.3, 1.3, 1), {"hip": 0.5}), strain(mesh, points * (1, 1, 1.3), {"hip": 0.65})
    assert wide["hip"] == pytest.approx(0.3)
    assert tall["hip"] == 0
    mesh.limb[:] = 1
    assert "hip" not in strain(mesh, points, {"hip": 0.5})


def test_compression_counts_as_nothing(tube: tuple[Any, np.ndarray]) -> None:
    mesh, points = tube
    assert strain(mesh, points * 0.5)["mean"] == 0


def test_girth_of_a_tube_is_its_circumference(tube: tuple[Any, np.ndarray]) -> None:
    mesh, points = tube
    exact = 100 * AROUND * 2 * 0.2 * np.sin(np.pi / AROUND)
    assert girth_cm(points, mesh.faces, 0.5) == pytest.approx(exact, rel=1e-6)


def test_a_tape_does_not_follow_dents(tube: tuple[Any, np.ndarray]) -> None:
    mesh, points = tube
    dented = points.copy()
    dented[(points[:, 0] > 0.19)] *= (0.5, 1, 1)
    assert girth_cm(dented, mesh.faces, 0.55) <= girth_cm(points, mesh.faces, 0.55)
    assert girth_cm(dented, mesh.faces, 0.55) > 0.98 * girth_cm(points, mesh.faces, 0.55)


def test_girth_where_there_is_no_cloth_is_nan(tube: tuple[Any, np.ndarray]) -> None:
    mesh, points = tube
    assert np.isnan(girth_cm(points, mesh.faces, 2.0))
    assert np.isnan(girth_cm(points * (1, 0, 1), mesh.faces, 0.55))


def test_borders_are_as_long_as_they_were_cut(tube: tuple[Any, np.ndarray]) -> None:
    mesh, _ = tube
    once = 100 * AROUND * 2 * 0.2 * np.sin(np.pi / AROUND)
    assert loop_cm(mesh, "waist") == pytest.approx(once, abs=1e-3)
    assert loop_cm(mesh, "hem") == pytest.approx(2 * once, abs=2e-3)
    assert loop_cm(mesh, "neck") == 0
