"""Dressing one person: layer by layer in the start pose, then along with the body into its pose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from fitroom.wardrobe.bodies.body import Body, BodyMeasures, BodyPart, BodyShape
from fitroom.wardrobe.bodies.model import BodyModel, Rotations
from fitroom.wardrobe.bodies.normals import vertex_normals
from fitroom.wardrobe.bodies.poses import between, rotations, start_pose
from fitroom.wardrobe.drape.field import Field, distance_field, union
from fitroom.wardrobe.drape.place import Silhouette, place
from fitroom.wardrobe.drape.quality import DrapeReport, inspect
from fitroom.wardrobe.drape.solver import Cloth
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.patterns.pattern import START_ARM_DEG, GarmentMesh

_PRESS_M = 0.06  # cloth this close over other cloth presses it in
_WAIST_HOLD = 0.05  # how strongly elastic or a belt holds a waistband at its height, per substep

_SINK_M = 0.02  # covered cloth may be drawn this far into the body, where nobody sees it
_SHOE_M = 0.008  # shoes are this much larger than feet
_ENDS = [BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND, BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT]

# The parts of the body that carry a piece of cloth along, by GarmentMesh.limb.
_CARRIERS = {
    0: (
        BodyPart.TORSO, BodyPart.NECK,
        BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH, BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN,
    ),
    1: (BodyPart.TORSO, BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM),
    2: (BodyPart.TORSO, BodyPart.RIGHT_UPPER_ARM, BodyPart.RIGHT_FOREARM),
    3: (BodyPart.TORSO, BodyPart.LEFT_THIGH, BodyPart.LEFT_SHIN),
    4: (BodyPart.TORSO, BodyPart.RIGHT_THIGH, BodyPart.RIGHT_SHIN),
}  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """How long cloth is simulated, in substeps of 1/1500 s.

    Attributes:
        shrink: from larger than life to its own size, in treacle.
        settle: falling into place in the start pose.
        follow: after each keyframe of the way into the pose.
        rest: in the pose, until it hangs still.
        step_deg: greatest turn of a joint between keyframes.
    """

    shrink: int = 200
    settle: int = 500
    follow: int = 130
    rest: int = 700
    step_deg: float = 12.0


@dataclass(frozen=True)
class Layer:
    """One garment to be put on: its mesh and its cloth."""

    mesh: GarmentMesh
    fabric: Fabric


@dataclass(frozen=True)
class Draped:
    """One garment on the body.

    Attributes:
        layer: what it is.
        positions_m: (V, 3) float64.
        report: how well it went.
    """

    layer: Layer
    positions_m: np.ndarray
    report: DrapeReport


@dataclass
class _Worn:
    """A layer along all keyframes, and the fields the next layer collides with."""

    draped: Draped
    along: list[np.ndarray]
    outer: list[Field] | None = None


class Fitting:
    """One person in one pose; garments draped on it are kept, so that stacks which share layers share the work.

    Args:
        model: the body model.
        shape: who.
        measures: tape measures of ``shape`` (heights of waist and crotch place waistbands).
        pose: name of the pose, or None to stay in the start pose.
        schedule: how long to simulate.

    Attributes:
        body: in the final pose.
    """

    def __init__(
        self,
        model: BodyModel,
        shape: BodyShape,
        measures: BodyMeasures,
        pose: str | None,
        schedule: Schedule | None = None,
    ) -> None:
        self._model, self._measures = model, measures
        self._schedule = schedule or Schedule()
        start = start_pose(model, shape, START_ARM_DEG)
        self._bodies = [model.body(shape, start)]
        if pose is not None:
            final = rotations(model, shape, pose)
            frames = max(1, int(np.ceil(_turn_deg(start, final) / self._schedule.step_deg)))
            for n in range(1, frames + 1):
                t = n / frames
                self._bodies.append(model.body(shape, between(start, final, t)))
        self.body: Body = self._bodies[-1]
        # Hands are wider than cuffs: garments are put on without them, as if they slipped through.
        self._fields = [self._field(body, hands=n > 0) for n, body in enumerate(self._bodies)]
        self._parts = model.part_weights.argmax(1)
        skin = model.main_component
        self._carriers = {limb: np.flatnonzero(np.isin(self._parts, kinds) & skin) for limb, kinds in _CARRIERS.items()}
        self._worn: dict[tuple[int, ...], _Worn] = {}
        self._keep: list[Layer] = []  # ids are keys: layers must outlive the cache

    @property
    def field(self) -> Field:
        """Distance to the bare body in its final pose."""
        return self._fields[-1]

    def wear(self, layers: Sequence[Layer]) -> list[Draped]:
        """Puts on ``layers`` from the skin outwards; each lies over those before it."""
        self._keep.extend(layers)
        done: list[Draped] = []
        fields = self._fields
        for n, layer in enumerate(layers):
            key = tuple(id(x) for x in layers[: n + 1])
            if key not in self._worn:
                self._worn[key] = self._put_on(layer, fields)
            worn = self._worn[key]
            done.append(worn.draped)
            if n + 1 < len(layers):
                if worn.outer is None:
                    worn.outer = [
                        union(below, x, layer.mesh.faces, bare)
                        for below, x, bare in zip(fields, worn.along, self._fields, strict=True)
                    ]
                fields = worn.outer
        return done

    def forget(self) -> None:
        """Drops what was draped so far; the body and its fields stay."""
        self._worn.clear()
        self._keep.clear()

    def _put_on(self, layer: Layer, fields: list[Field]) -> _Worn:
        s = self._schedule
        waist_m = self._measures.height_cm["waist"] / 100.0
        start = place(layer.mesh, Silhouette(fields[0]), waist_m, self._measures.height_cm["crotch"] / 100.0)
        cloth = Cloth(layer.mesh, layer.fabric, start)
        pinned = self._pin_waist(cloth)
        cloth.step(fields[0], s.shrink, damping=0.2, gravity=0.1, self_contact=False)
        cloth.velocities_m_s[:] = 0
        cloth.step(fields[0], s.settle)
        along = [cloth.positions_m.copy()]
        for n in range(1, len(self._bodies)):
            self._carry(cloth, self._bodies[n - 1], self._bodies[n])
            cloth.step(fields[n], s.follow)
            along.append(cloth.positions_m.copy())
        cloth.step(fields[-1], s.rest)
        cloth.step(fields[-1], 150, damping=0.05)
        along[-1] = cloth.positions_m.copy()
        dropped = self._dropped_m(cloth, pinned)
        report = inspect(cloth, self._fields[-1], self._clear_of_hands_and_feet(cloth.positions_m), dropped)
        return _Worn(Draped(layer, cloth.positions_m, report), along)

    def _dropped_m(self, cloth: Cloth, band: np.ndarray | None) -> float:
        """How far a waistband, or the lower of two shoulders, lies below its place."""
        if band is not None:
            return max(0.0, float((cloth.pin_height_m[band] - cloth.positions_m[band, 2]).mean()))
        if cloth.mesh.pattern.design.region == "bottom":
            return 0.0
        lowest = 0.0
        middle = self._model.joint(self.body, "neck01")
        for side in ("L", "R"):
            joint = self._model.joint(self.body, f"upperarm01.{side}")
            outwards = joint[:2] - middle[:2]
            here = (cloth.positions_m[:, :2] - middle[:2]) @ outwards > 0.2 * float(outwards @ outwards)
            top = cloth.positions_m[here, 2].max() if here.any() else -np.inf
            # Cloth that lies on a shoulder lies above its joint; 8 cm below is off it.
            lowest = max(lowest, float(joint[2] + 0.06 - top))
        return lowest

    def _clear_of_hands_and_feet(self, points_m: np.ndarray) -> np.ndarray:
        """(N,) bool."""
        vertices = self.body.vertices_m[np.isin(self._parts, _ENDS)]
        distance, _ = cKDTree(vertices).query(points_m, distance_upper_bound=0.03)
        clear: np.ndarray = np.isinf(distance)
        return clear

    def _pin_waist(self, cloth: Cloth) -> np.ndarray | None:
        if cloth.mesh.pattern.design.region != "bottom" or "waist" not in cloth.mesh.loops:
            return None
        band = cloth.mesh.loops["waist"]
        cloth.pin_weight[band] = _WAIST_HOLD
        cloth.pin_height_m[band] = cloth.positions_m[band, 2]
        return band

    def _carry(self, cloth: Cloth, before: Body, after: Body) -> None:
        """Moves cloth as the nearest body surface moves."""
        moved = after.vertices_m - before.vertices_m
        for limb, carriers in self._carriers.items():
            mine = np.flatnonzero(cloth.mesh.limb == limb)
            if not len(mine):
                continue
            distance, index = cKDTree(before.vertices_m[carriers]).query(cloth.positions_m[mine], k=6)
            share = 1.0 / (distance + 0.005)
            share /= share.sum(1, keepdims=True)
            shift = (moved[carriers][index] * share[..., None]).sum(1)
            cloth.positions_m[mine] += shift
            if limb == 0:
                cloth.pin_height_m[mine] += shift[:, 2] * (cloth.pin_weight[mine] > 0)
        cloth.velocities_m_s[:] = 0

    def _field(self, body: Body, hands: bool) -> Field:
        solid = self._model.main_component
        if not hands:
            solid = solid & (self._model.part_weights[:, [BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND]].max(1) < 0.6)
        faces = self._model.faces[solid[self._model.faces].all(1)]
        feet = self._model.part_weights[:, [BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT]].max(1, keepdims=True)
        vertices = body.vertices_m + _SHOE_M * feet * vertex_normals(body.vertices_m, self._model.faces)
        top = self._measures.height_cm["neck_base"] / 100.0 + 0.10
        low, high = vertices.min(0) - 0.10, vertices.max(0) + 0.10
        low[2], high[2] = -0.02, top
        return distance_field(vertices, faces, low, high)


def tuck_under(inner_m: np.ndarray, outer: Sequence[tuple[np.ndarray, np.ndarray]], body: Field) -> np.ndarray:
    """(V, 3) a garment's vertices drawn in where they come through the cloth that lies over them.

    Layers press on each other; the simulation resolves folds down to its grid, pictures must not show finer ones.

    Args:
        inner_m: (V, 3) the garment beneath.
        outer: vertices and faces of each garment over it, innermost first.
        body: distance to the bare body, which nothing is drawn far into.
    """
    drawn = inner_m.copy()
    for vertices_m, faces in outer:
        normals = vertex_normals(vertices_m, faces)
        tree = cKDTree(vertices_m)
        for _ in range(3):
            distance, nearest = tree.query(drawn, distance_upper_bound=_PRESS_M)
            over = np.flatnonzero(np.isfinite(distance))
            normal, gap = normals[nearest[over]], drawn[over] - vertices_m[nearest[over]]
            height = (gap * normal).sum(1)
            # Beside a hem or an opening nothing presses: fade out with the distance along the cloth.
            beside = np.sqrt(np.maximum(distance[over] ** 2 - height**2, 0.0))
            share = np.clip((0.020 - beside) / 0.008, 0.0, 1.0)
            room_m = np.maximum(body.at(drawn[over]) + _SINK_M, 0.0)
            push = np.minimum(np.clip(height + 0.004, 0.0, _PRESS_M), room_m) * share
            drawn[over] -= push[:, None] * normal
    return drawn


def _turn_deg(a: Rotations, b: Rotations) -> float:
    """Greatest turn of any bone between two poses."""
    bones = sorted({*a, *b})
    rest = (0.0, 0.0, 0.0)
    start = Rotation.from_rotvec([a.get(bone, rest) for bone in bones])
    stop = Rotation.from_rotvec([b.get(bone, rest) for bone in bones])
    return float(np.degrees((start.inv() * stop).magnitude().max()))
