"""Laying a garment out on a table, as a shop photographs it: flat, with the soft creases of cloth put down by hand."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from fitroom.wardrobe.drape.field import Field
from fitroom.wardrobe.drape.solver import Cloth
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.patterns.pattern import GarmentMesh

_SLACK = 0.990  # the outline is laid this much smaller than the cloth, which has to crease
_PRESS_EVERY = 6
_SLEEVE_TURN_DEG = {"long": 27.0, "elbow": 14.0, "short": 8.0}  # sleeves are laid closer to the body than sewn


def lay_flat(mesh: GarmentMesh, fabric: Fabric, rng: np.random.Generator, substeps: int = 450) -> np.ndarray:
    """(V, 3) positions of a garment laid out in the plane y = 0, its front towards -y.

    Args:
        mesh: the garment.
        fabric: its cloth; stiffer cloth creases less.
        rng: where the creases are and how the sleeves lie.
        substeps: of 1/1500 s.
    """
    flat = _lower_sleeves(mesh, rng) * _SLACK
    layer = np.where(mesh.side < 0, 2.0, np.where(mesh.side > 0, 0.0, 1.0))
    thick = 0.001 + 0.001 * fabric.thickness_mm
    relief = _creases(flat, rng) * 0.006
    height = 0.001 + layer * thick + np.where(mesh.side < 0, np.maximum(relief, 0), 0.3 * np.maximum(relief, 0))
    # The table is the floor of the solver, whose up is the camera's way: (x, z of the garment, height above the table).
    cloth = Cloth(mesh, fabric, np.column_stack([flat, height]))
    cloth.floor_m = 0.001 + layer * thick * 0.9
    cloth.floor_grip = 0.03
    under = mesh.side > 0
    for _ in range(0, substeps, _PRESS_EVERY):
        cloth.step(_nowhere(), _PRESS_EVERY, damping=0.02, gravity=0.6, self_contact=False)
        # The front's weight keeps the back flat: what buckles there must not come up through the front.
        cloth.positions_m[under, 2] = np.minimum(cloth.positions_m[under, 2], 0.001 + thick)
    x, z, up = cloth.positions_m.T
    return np.stack([x, -up, z], axis=1)


def _lower_sleeves(mesh: GarmentMesh, rng: np.random.Generator) -> np.ndarray:
    """(V, 2) laid-flat positions with the sleeves turned down about the shoulder."""
    flat = mesh.assembly_m.copy()
    turn = np.radians(_SLEEVE_TURN_DEG.get(mesh.pattern.design.sleeve, 0.0) + rng.uniform(-3, 3))
    for limb, sign in ((1, 1.0), (2, -1.0)):
        mine = np.flatnonzero(mesh.limb == limb)
        if not len(mine):
            continue
        x, z = flat[mine, 0] * sign, flat[mine, 1]
        pivot_x, pivot_z = x.min(), z.max()
        # The turn grows over the first 12 cm, so that the armhole stays where it is sewn.
        angle = turn * np.clip(np.hypot(x - pivot_x, z - pivot_z) / 0.12 - 0.3, 0.0, 1.0)
        dx, dz = x - pivot_x, z - pivot_z
        flat[mine, 0] = sign * (pivot_x + dx * np.cos(angle) + dz * np.sin(angle))
        flat[mine, 1] = pivot_z - dx * np.sin(angle) + dz * np.cos(angle)
    return flat


def _creases(flat_m: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(V,) smooth random relief in about [-2, 2], long in one direction as folds are."""
    size = 128
    noise = ndimage.gaussian_filter(rng.normal(size=(size, size)), (6.0, 2.5), mode="wrap")
    noise += 0.6 * ndimage.gaussian_filter(rng.normal(size=(size, size)), (2.5, 3.5), mode="wrap") * 0.5
    noise /= noise.std()
    turn = rng.uniform(-0.6, 0.6)
    u = flat_m[:, 0] * np.cos(turn) - flat_m[:, 1] * np.sin(turn)
    v = flat_m[:, 0] * np.sin(turn) + flat_m[:, 1] * np.cos(turn)
    at = [u * 70 + rng.uniform(0, size), v * 70 + rng.uniform(0, size)]
    return ndimage.map_coordinates(noise, at, order=1, mode="grid-wrap")


def _nowhere() -> Field:
    """A field with nothing in it."""
    return Field(np.full((2, 2, 2), 1.0, np.float32), np.zeros(3), 1.0)
