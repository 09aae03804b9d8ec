"""Cloth and bodies of known shape: a sphere, a box, a chain of weights, strips of cloth, a mannequin."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import trimesh

from fitroom.wardrobe.atelier import mannequin_shape
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.bodies.tape import measure
from fitroom.wardrobe.drape.dress import Fitting, Schedule
from fitroom.wardrobe.drape.field import Field, distance_field
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import Design, Edge, GarmentMesh, Panel, Pattern

RADIUS_M = 0.1
CENTRE_M = (0.02, -0.03, 1.0)
BRIEF = Schedule(shrink=120, settle=250, follow=60, rest=250)


def cloth_of(**numbers: Any) -> Fabric:
    """A jersey, or what is made of it."""
    values: dict[str, Any] = {
        "index": 0, "material": "jersey", "density_g_m2": 165.0, "thickness_mm": 0.6, "bend_n_m": 3e-6,
        "stretch_n_m": 110.0, "shear_ratio": 0.6, "friction": 0.46, "drape_coefficient": 0.4, "roughness": 0.8,
        "specular": 0.1, "sheen": 0.1, "translucency": 0.0, "weave": "knit",
    }  # fmt: skip
    return Fabric(**(values | numbers))


def strip(width_cm: float, length_cm: float, spacing_cm: float = 2.2) -> GarmentMesh:
    """A rectangle of cloth that hangs down from the origin."""
    x, z = width_cm / 2, -length_cm
    corners = np.array([(-x, z), (x, z), (x, 0.0), (-x, 0.0)])
    names = ("lower", "right", "upper", "left")
    edges = tuple(Edge(name, "hem", corners[[n, (n + 1) % 4]]) for n, name in enumerate(names))
    design = Design(-1, "skirt", "bottom", "unisex", "straight", "none", "none", "regular", {})
    return build_mesh(Pattern(design, "M", (Panel("strip", edges, -1),), (), {}), spacing_cm)


def chain(links: int, rest_m: float, area_m2: float) -> Any:
    """Vertices in a row joined by springs, without bending: what a solver asks of a garment's mesh."""
    ids = np.arange(links, dtype=np.int32)
    return SimpleNamespace(
        edges=np.stack([ids, ids + 1], 1), rest_m=np.full(links, rest_m), grain=np.ones(links, np.float32),
        hinges=np.zeros((0, 4), np.int32), hinge_weights=np.zeros((0, 4), np.float32), hinge_area_m2=np.zeros(0),
        area_m2=np.full(links + 1, area_m2),
    )  # fmt: skip


def nowhere() -> Field:
    """The distance to nothing."""
    return Field(np.full((2, 2, 2), 1.0, np.float32), np.zeros(3), 1.0)


def ball() -> trimesh.Trimesh:
    """A sphere of :data:`RADIUS_M` about :data:`CENTRE_M`."""
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=RADIUS_M)
    mesh.apply_translation(CENTRE_M)
    return mesh


@pytest.fixture(scope="session")
def ball_field() -> Field:
    """The distance to it, 6 cm around it."""
    mesh = ball()
    return distance_field(mesh.vertices, mesh.faces, mesh.vertices.min(0) - 0.06, mesh.vertices.max(0) + 0.06)


@pytest.fixture(scope="session")
def mannequin() -> Fitting:
    """A man of size M with his arms out, and little time to drape on him."""
    shape = mannequin_shape("male", "M")
    return Fitting(body_model(), shape, measure(body_model(), shape), None, BRIEF)
