"""The neckline of a draped garment as evenly spaced stations with a frame each: what collars and hoods are built on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from fitroom.wardrobe.bodies.normals import vertex_normals
from fitroom.wardrobe.patterns.pattern import GarmentMesh

NUM_STATIONS = 97
_SMOOTH = 2.5  # stations
_NEIGHBOURS = 8
_CANDIDATES = 40


@dataclass(frozen=True)
class NeckRing:
    """Stations along the neckline, from the middle of the front round the wearer's right, the back, and the left.

    Attributes:
        at_m: (S, 3) on the neckline.
        along: (S, 3) unit, the way the stations run.
        outward: (S, 3) unit, off the cloth.
        inward: (S, 3) unit, in the cloth, from the neckline into the garment.
        rising: (S, 3) unit, the way a collar stands.
        arc_cm: (S,) sewn length from the first station; the same however the garment is draped.
        cloth_m, cloth_normal: (V, 3) the garment's vertices and unit normals.
    """

    at_m: np.ndarray
    along: np.ndarray
    outward: np.ndarray
    inward: np.ndarray
    rising: np.ndarray
    arc_cm: np.ndarray
    cloth_m: np.ndarray
    cloth_normal: np.ndarray

    @property
    def from_front(self) -> np.ndarray:
        """(S,) 0 at the middle of the front, 1 at the middle of the back."""
        share = self.arc_cm / self.arc_cm[-1]
        return 1 - np.abs(2 * share - 1)

    @property
    def ends_cm(self) -> np.ndarray:
        """(S,) sewn length to the nearer end at the middle of the front."""
        return np.minimum(self.arc_cm, self.arc_cm[-1] - self.arc_cm)

    def rest_on(self, points_m: np.ndarray, clear_m: float, pull: np.ndarray) -> np.ndarray:
        """Points moved off the cloth where they are nearer to it than ``clear_m``.

        Only cloth that looks the same way as the neckline counts: laid flat, front and back all but touch.

        Args:
            points_m: (S, R, 3), a row for every station.
            pull: (S, R) in [0, 1], how far points farther away are brought down to ``clear_m``.
        """
        flat = points_m.reshape(-1, 3)
        facing = np.repeat(self.outward, points_m.shape[1], axis=0)
        near = cKDTree(self.cloth_m).query(flat, k=_CANDIDATES)[1]
        agree = np.einsum("ijk,ik->ij", self.cloth_normal[near], facing) > 0.1
        agree &= np.cumsum(agree, axis=1) <= _NEIGHBOURS
        share = agree / agree.sum(axis=1, keepdims=True).clip(1)
        normal = _unit(np.einsum("ij,ijk->ik", share, self.cloth_normal[near]))
        height = np.einsum("ij,ij->i", flat - np.einsum("ij,ijk->ik", share, self.cloth_m[near]), normal)
        gap = clear_m - height
        move = np.where(gap > 0, gap, gap * pull.reshape(-1)) * agree.any(axis=1)
        shift = (normal * move[:, None]).reshape(points_m.shape)
        return points_m + gaussian_filter1d(shift, 1.0, axis=0, mode="nearest")


def neck_ring(mesh: GarmentMesh, vertices_m: np.ndarray) -> NeckRing:
    """Stations on the "neck" border of a draped garment.

    Args:
        mesh: the garment; its neckline may be a closed ring or parted at the front.
        vertices_m: (V, 3) where it lies.
    """
    loop = _from_front(mesh)
    arc_cm = np.concatenate([[0.0], np.cumsum(_rest_cm(mesh, loop))])
    stations = np.linspace(0.0, arc_cm[-1], NUM_STATIONS)
    normals = vertex_normals(vertices_m, mesh.faces)
    at = _smooth(_sample(vertices_m[loop], arc_cm, stations))
    along = _unit(np.gradient(at, axis=0))
    outward = _smooth(_sample(_around(vertices_m, normals, loop), arc_cm, stations))
    outward = _unit(outward - np.sum(outward * along, axis=1, keepdims=True) * along)
    inward = np.cross(outward, along)
    up = _upward(mesh, vertices_m, at)
    rising = _unit(up - 0.35 * inward)
    return NeckRing(at, along, outward, inward, rising, stations, vertices_m, normals)


def _from_front(mesh: GarmentMesh) -> np.ndarray:
    """The neck border's vertices from the middle of the front back to it; a closed ring repeats its first vertex."""
    loop = mesh.loops["neck"]
    if "left_opening" in mesh.loops:
        return loop
    front = mesh.side[loop] == -1
    middle = np.argmin(np.where(front, np.abs(mesh.assembly_m[loop, 0]), np.inf))
    return np.append(np.roll(loop, -middle), loop[middle])


def _rest_cm(mesh: GarmentMesh, loop: np.ndarray) -> np.ndarray:
    num_vertices = len(mesh.side)
    key = mesh.edges[:, 0].astype(np.int64) * num_vertices + mesh.edges[:, 1]
    pair = np.sort(np.stack([loop[:-1], loop[1:]], axis=1), axis=1)
    order = np.argsort(key)
    found = order[np.searchsorted(key[order], pair[:, 0].astype(np.int64) * num_vertices + pair[:, 1])]
    return mesh.rest_m[found] * 100.0


def _around(vertices_m: np.ndarray, normals: np.ndarray, loop: np.ndarray) -> np.ndarray:
    # Borders curl; the cloth a little way in says better where outside is.
    near = cKDTree(vertices_m).query(vertices_m[loop], k=_NEIGHBOURS)[1]
    agree = np.einsum("ijk,ik->ij", normals[near], normals[loop]) > 0.2
    return _unit((normals[near] * agree[..., None]).sum(axis=1))


def _upward(mesh: GarmentMesh, vertices_m: np.ndarray, at: np.ndarray) -> np.ndarray:
    body = mesh.limb == 0
    weight = mesh.area_m2[body, None].astype(float)
    return _unit(at.mean(axis=0) - (vertices_m[body] * weight).sum(axis=0) / weight.sum())


def _sample(values: np.ndarray, arc: np.ndarray, stations: np.ndarray) -> np.ndarray:
    return np.stack([np.interp(stations, arc, values[:, axis]) for axis in range(values.shape[1])], axis=1)


def _smooth(values: np.ndarray) -> np.ndarray:
    return np.asarray(gaussian_filter1d(values, _SMOOTH, axis=0, mode="nearest"))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9)
