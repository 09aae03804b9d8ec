"""Cloth physics: small-step extended position-based dynamics (XPBD) of a triangle mesh.

Macklin et al., "Small steps in physics simulation" (2019): many substeps of one Gauss-Seidel sweep each. Stretching
acts along edges, with the membrane stiffness of the fabric in its direction; bending is the quadratic isometric energy
of Bergou et al. (2006), which is a vector constraint per hinge; contact is against a distance field, with Coulomb-like
friction; cloth keeps clear of itself by vertex pairs that are far apart along the cloth but close in space.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.drape.field import Field
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.materials import GRAVITY_M_S2
from fitroom.wardrobe.patterns.pattern import GarmentMesh

SUBSTEP_S = 1.0 / 1500.0
CONTACT_M = 0.004
_MAX_SPEED_M_S = 1.5
_MAX_PUSH_M = 0.002  # a deeper contact is resolved over several substeps and never turns into speed
_BUCKLE = 30.0  # cloth folds rather than shortens: pushing is this much softer than pulling
_MAX_PART_M = 0.00015  # by which two folds are drawn apart in a substep
_RUB = 0.1  # share of their relative motion that touching folds lose in a substep
_SELF_EVERY = 12  # substeps between searches for close pairs


class Cloth:
    """The state of one draping garment.

    Attributes:
        positions_m: (V, 3) float64, changed in place by :meth:`step`.
        velocities_m_s: (V, 3) float64.
        pin_weight: (V,) in [0, 1): share by which a vertex is drawn to ``pin_height_m`` each substep (waistbands).
        floor_m: (V,) lowest height of each vertex.
        floor_grip: share of the sideways motion that the floor takes each substep, in [0, 1].
    """

    def __init__(self, mesh: GarmentMesh, fabric: Fabric, positions_m: np.ndarray) -> None:
        self.mesh, self.fabric = mesh, fabric
        self.positions_m = np.array(positions_m, np.float64, order="C")
        self.velocities_m_s = np.zeros_like(self.positions_m)
        count = len(positions_m)
        self.pin_weight = np.zeros(count)
        self.pin_height_m = np.zeros(count)
        self.floor_m = np.full(count, CONTACT_M)
        self.floor_grip = 1.0
        mass_kg = mesh.area_m2 * fabric.density_g_m2 / 1000.0
        self._inverse_mass = 1.0 / np.maximum(mass_kg, 0.2 * np.median(mass_kg))
        # Shuffled, a sweep favours no direction, and neighbouring constraints do not wait for each other.
        shuffle = np.random.default_rng(0)
        turn = shuffle.permutation(len(mesh.edges))
        self._edges = np.ascontiguousarray(mesh.edges[turn], np.int32)
        self._rest = np.ascontiguousarray(mesh.rest_m[turn], np.float64)
        self._edge_alpha = 1.0 / (edge_stiffness_n_m(mesh, fabric)[turn] * SUBSTEP_S**2)
        turn = shuffle.permutation(len(mesh.hinges))
        self._hinges = np.ascontiguousarray(mesh.hinges[turn], np.int32)
        self._hinge_weights = np.ascontiguousarray(mesh.hinge_weights[turn], np.float64)
        self._hinge_alpha = mesh.hinge_area_m2[turn] / (fabric.bend_n_m * SUBSTEP_S**2)
        self._ring_start, self._ring = _two_ring(count, self._edges)
        self._spacing_m = float(np.median(mesh.rest_m))

    def step(
        self,
        field: Field,
        substeps: int,
        *,
        damping: float = 0.01,
        gravity: float = 1.0,
        self_contact: bool = True,
        contact_m: float = CONTACT_M,
    ) -> None:
        """Advances by ``substeps`` of 1/1500 s.

        Args:
            field: what the cloth must stay outside of.
            substeps: how many.
            damping: share of the velocity lost each substep.
            gravity: factor of 9.81 m/s2.
            self_contact: keep the cloth clear of itself.
            contact_m: distance kept from the field's surface.
        """
        done = 0
        while done < substeps:
            chunk = min(_SELF_EVERY, substeps - done)
            keep = 0.55 * self._spacing_m
            pairs = (
                _close_pairs(self.positions_m, self._ring_start, self._ring, keep * 1.4)
                if self_contact
                else np.empty((0, 2), np.int32)
            )
            _advance(
                self.positions_m, self.velocities_m_s, self._inverse_mass,
                self._edges, self._rest, self._edge_alpha,
                self._hinges, self._hinge_weights, self._hinge_alpha,
                pairs, keep, field.distance_m, field.origin_m, 1.0 / field.spacing_m,
                self.pin_weight, self.pin_height_m, self.floor_m, self.floor_grip,
                chunk, SUBSTEP_S, damping, gravity * GRAVITY_M_S2, contact_m + 0.0005 * self.fabric.thickness_mm,
                self.fabric.friction,
            )  # fmt: skip
            done += chunk

    def strain(self) -> np.ndarray:
        """(E,) relative elongation of every edge, in the order of the sweep; negative = compressed."""
        span = self.positions_m[self._edges[:, 0]] - self.positions_m[self._edges[:, 1]]
        return np.linalg.norm(span, axis=1) / self._rest - 1.0


def edge_stiffness_n_m(mesh: GarmentMesh, fabric: Fabric) -> np.ndarray:
    """(E,) spring stiffness of each edge: the fabric's along its grain, ``shear_ratio`` of it on the bias."""
    return fabric.stretch_n_m * (fabric.shear_ratio + (1.0 - fabric.shear_ratio) * np.square(mesh.grain))


def _two_ring(count: int, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices within two edges of each vertex, as offsets and indices; cloth may touch itself only beyond them."""
    from scipy.sparse import coo_matrix, identity

    ones = np.ones(len(edges), np.int8)
    one = coo_matrix((ones, (edges[:, 0], edges[:, 1])), shape=(count, count)).tocsr()
    one = one + one.T + identity(count, dtype=np.int8, format="csr")
    two = (one @ one).tocsr()
    two.sort_indices()
    return two.indptr.astype(np.int32), two.indices.astype(np.int32)


@njit(cache=True)
def _close_pairs(x: np.ndarray, ring_start: np.ndarray, ring: np.ndarray, reach: float) -> np.ndarray:
    """(P, 2) pairs of vertices closer than ``reach`` that are no neighbours along the cloth."""
    n = len(x)
    low = np.array([x[:, 0].min(), x[:, 1].min(), x[:, 2].min()])
    nx = int((x[:, 0].max() - low[0]) / reach) + 1
    ny = int((x[:, 1].max() - low[1]) / reach) + 1
    nz = int((x[:, 2].max() - low[2]) / reach) + 1
    if not np.isfinite(low).all() or nx * ny * nz > 8_000_000:
        return np.empty((0, 2), np.int32)
    head = np.full(nx * ny * nz, -1, np.int32)
    follow = np.full(n, -1, np.int32)
    cell = np.empty((n, 3), np.int32)
    for i in range(n):
        for c in range(3):
            cell[i, c] = int((x[i, c] - low[c]) / reach)
        at = (cell[i, 0] * ny + cell[i, 1]) * nz + cell[i, 2]
        follow[i] = head[at]
        head[at] = i
    pairs = np.empty((16 * n, 2), np.int32)
    found = 0
    for i in range(n):
        for a in range(max(cell[i, 0] - 1, 0), min(cell[i, 0] + 2, nx)):
            for b in range(max(cell[i, 1] - 1, 0), min(cell[i, 1] + 2, ny)):
                for c in range(max(cell[i, 2] - 1, 0), min(cell[i, 2] + 2, nz)):
                    j = head[(a * ny + b) * nz + c]
                    while j >= 0:
                        if j < i:
                            dx, dy, dz = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
                            if dx * dx + dy * dy + dz * dz < reach * reach and found < len(pairs):
                                near = False
                                for q in range(ring_start[i], ring_start[i + 1]):
                                    if ring[q] == j:
                                        near = True
                                        break
                                if not near:
                                    pairs[found, 0] = i
                                    pairs[found, 1] = j
                                    found += 1
                        j = follow[j]
    return pairs[:found].copy()


@njit(cache=True)
def _advance(
    x: np.ndarray, v: np.ndarray, w: np.ndarray,
    edges: np.ndarray, rest: np.ndarray, edge_alpha: np.ndarray,
    hinges: np.ndarray, hinge_weights: np.ndarray, hinge_alpha: np.ndarray,
    pairs: np.ndarray, keep: float, grid: np.ndarray, origin: np.ndarray, per_m: float,
    pin_weight: np.ndarray, pin_height: np.ndarray, floor: np.ndarray, grip: float,
    substeps: int, dt: float, damping: float, gravity: float, contact: float, friction: float,
) -> None:  # fmt: skip
    before = np.empty_like(x)
    for _ in range(substeps):
        for i in range(len(x)):
            for c in range(3):
                speed = v[i, c] * (1.0 - damping)
                if c == 2:
                    speed -= gravity * dt
                speed = min(max(speed, -_MAX_SPEED_M_S), _MAX_SPEED_M_S)
                before[i, c] = x[i, c]
                x[i, c] += speed * dt
        _stretch(x, w, edges, rest, edge_alpha)
        _bend(x, w, hinges, hinge_weights, hinge_alpha)
        _separate(x, before, pairs, keep)
        _collide(x, before, grid, origin, per_m, contact, friction, pin_weight, pin_height, floor, grip)
        for i in range(len(x)):
            for c in range(3):
                v[i, c] = (x[i, c] - before[i, c]) / dt


@njit(cache=True)
def _stretch(x: np.ndarray, w: np.ndarray, edges: np.ndarray, rest: np.ndarray, alpha: np.ndarray) -> None:
    for e in range(len(edges)):
        i, j = edges[e, 0], edges[e, 1]
        dx, dy, dz = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
        length = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-12
        soft = alpha[e] if length > rest[e] else alpha[e] * _BUCKLE
        pull = (length - rest[e]) / ((w[i] + w[j] + soft) * length)
        a, b = w[i] * pull, w[j] * pull
        x[i, 0] -= a * dx
        x[i, 1] -= a * dy
        x[i, 2] -= a * dz
        x[j, 0] += b * dx
        x[j, 1] += b * dy
        x[j, 2] += b * dz


@njit(cache=True)
def _bend(x: np.ndarray, w: np.ndarray, hinges: np.ndarray, weights: np.ndarray, alpha: np.ndarray) -> None:
    for h in range(len(hinges)):
        a, b, c, d = hinges[h, 0], hinges[h, 1], hinges[h, 2], hinges[h, 3]
        ka, kb, kc, kd = weights[h, 0], weights[h, 1], weights[h, 2], weights[h, 3]
        share = 1.0 / (w[a] * ka * ka + w[b] * kb * kb + w[c] * kc * kc + w[d] * kd * kd + alpha[h])
        for q in range(3):
            s = (ka * x[a, q] + kb * x[b, q] + kc * x[c, q] + kd * x[d, q]) * share
            x[a, q] -= w[a] * ka * s
            x[b, q] -= w[b] * kb * s
            x[c, q] -= w[c] * kc * s
            x[d, q] -= w[d] * kd * s


@njit(cache=True)
def _separate(x: np.ndarray, before: np.ndarray, pairs: np.ndarray, keep: float) -> None:
    """Draws apart what is too close, gently, and lets it rub: a hard push would fight the stretching and never rest."""
    for p in range(len(pairs)):
        i, j = pairs[p, 0], pairs[p, 1]
        dx, dy, dz = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1], x[i, 2] - x[j, 2]
        squared = dx * dx + dy * dy + dz * dz
        if squared >= keep * keep or squared < 1e-12:
            continue
        length = np.sqrt(squared)
        push = min(0.1 * (keep - length), _MAX_PART_M) / length
        for c, delta in ((0, dx), (1, dy), (2, dz)):
            x[i, c] += push * delta
            x[j, c] -= push * delta
            before[i, c] += push * delta
            before[j, c] -= push * delta
            rub = _RUB * ((x[i, c] - before[i, c]) - (x[j, c] - before[j, c]))
            before[i, c] += rub
            before[j, c] -= rub


@njit(cache=True)
def _collide(
    x: np.ndarray, before: np.ndarray, grid: np.ndarray, origin: np.ndarray, per_m: float,
    contact: float, friction: float, pin_weight: np.ndarray, pin_height: np.ndarray, floor: np.ndarray, grip: float,
) -> None:  # fmt: skip
    for i in range(len(x)):
        if pin_weight[i] > 0:
            x[i, 2] += (pin_height[i] - x[i, 2]) * pin_weight[i]
        if x[i, 2] < floor[i]:
            x[i, 2] = floor[i]
            before[i, 0] += grip * (x[i, 0] - before[i, 0])
            before[i, 1] += grip * (x[i, 1] - before[i, 1])
            before[i, 2] = floor[i]
        d, gx, gy, gz = _distance_and_direction(grid, origin, per_m, x[i, 0], x[i, 1], x[i, 2])
        if d >= contact:
            continue
        push = min(contact - d, _MAX_PUSH_M)
        x[i, 0] += push * gx
        x[i, 1] += push * gy
        x[i, 2] += push * gz
        tx, ty, tz = x[i, 0] - before[i, 0], x[i, 1] - before[i, 1], x[i, 2] - before[i, 2]
        normal = tx * gx + ty * gy + tz * gz
        tx -= normal * gx
        ty -= normal * gy
        tz -= normal * gz
        slide = np.sqrt(tx * tx + ty * ty + tz * tz) + 1e-12
        hold = min(1.0, friction * push / slide)
        x[i, 0] -= hold * tx
        x[i, 1] -= hold * ty
        x[i, 2] -= hold * tz
        before[i, 0] = x[i, 0] - (1.0 - hold) * tx
        before[i, 1] = x[i, 1] - (1.0 - hold) * ty
        before[i, 2] = x[i, 2] - (1.0 - hold) * tz


@njit(cache=True)
def _distance_and_direction(
    grid: np.ndarray, origin: np.ndarray, per_m: float, px: float, py: float, pz: float
) -> tuple[float, float, float, float]:
    x = min(max((px - origin[0]) * per_m, 0.0), grid.shape[0] - 1.001)
    y = min(max((py - origin[1]) * per_m, 0.0), grid.shape[1] - 1.001)
    z = min(max((pz - origin[2]) * per_m, 0.0), grid.shape[2] - 1.001)
    i, j, k = int(x), int(y), int(z)
    x -= i
    y -= j
    z -= k
    c000, c100, c010, c110 = grid[i, j, k], grid[i + 1, j, k], grid[i, j + 1, k], grid[i + 1, j + 1, k]
    c001, c101 = grid[i, j, k + 1], grid[i + 1, j, k + 1]
    c011, c111 = grid[i, j + 1, k + 1], grid[i + 1, j + 1, k + 1]
    a00, a10 = c000 + (c100 - c000) * x, c010 + (c110 - c010) * x
    a01, a11 = c001 + (c101 - c001) * x, c011 + (c111 - c011) * x
    b0, b1 = a00 + (a10 - a00) * y, a01 + (a11 - a01) * y
    gz = b1 - b0
    gy = (a10 - a00) * (1 - z) + (a11 - a01) * z
    gx = ((c100 - c000) * (1 - y) + (c110 - c010) * y) * (1 - z)
    gx += ((c101 - c001) * (1 - y) + (c111 - c011) * y) * z
    norm = np.sqrt(gx * gx + gy * gy + gz * gz) + 1e-9
    return b0 + (b1 - b0) * z, gx / norm, gy / norm, gz / norm
