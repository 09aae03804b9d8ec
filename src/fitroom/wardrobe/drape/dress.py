"""Dressing one person: layer by layer in the start pose, then along with the body into its pose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from fitroom.wardrobe.bodies.body import Body, BodyMeasures, BodyPart, BodyShape
from fitroom.wardrobe.bodies.model import BodyModel, Rotations
from fitroom.wardrobe.bodies.poses import between, rotations, start_pose
from fitroom.wardrobe.drape.field import Field, distance_field, union
from fitroom.wardrobe.drape.place import Silhouette, place
from fitroom.wardrobe.drape.quality import DrapeReport, inspect
from fitroom.wardrobe.drape.solver import Cloth
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.patterns.pattern import START_ARM_DEG, GarmentMesh

_PRESS_M = 0.025  # cloth this close over other cloth presses it in
_WAIST_HOLD = 0.05  # how strongly elastic or a belt holds a waistband at its height, per substep

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
    fields: list[Field]
    outer: list[Field] | None = None
    along: list[np.ndarray] = field(default_factory=list)


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
        return _Worn(Draped(layer, cloth.positions_m, report), fields, along=along)

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
        ends = (BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND, BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT)
        vertices = self.body.vertices_m[np.isin(self._parts, ends)]
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
        # Hems fall over shoes, which no garment pushes aside: feet stop no cloth.
        left_out = [BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT]
        if not hands:
            left_out += [BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND]
        solid = self._model.main_component & (self._model.part_weights[:, left_out].max(1) < 0.6)
        faces = self._model.faces[solid[self._model.faces].all(1)]
        top = self._measures.height_cm["neck_base"] / 100.0 + 0.10
        low = body.vertices_m.min(0) - 0.10
        high = body.vertices_m.max(0) + 0.10
        low[2], high[2] = -0.02, top
        return distance_field(body.vertices_m, faces, low, high)


def tuck_under(inner_m: np.ndarray, outer_m: Sequence[np.ndarray], body: Field, depth_m: float = 0.008) -> np.ndarray:
    """(V, 3) a garment's vertices drawn towards the body by up to ``depth_m`` where other cloth lies over them.

    Layers press on each other; the simulation lets the outer one sink in a little, pictures must not show it.
    """
    if not len(outer_m):
        return inner_m
    distance, _ = cKDTree(np.concatenate(outer_m)).query(inner_m, distance_upper_bound=_PRESS_M)
    covered = np.clip((_PRESS_M - np.minimum(distance, _PRESS_M)) / (0.4 * _PRESS_M), 0.0, 1.0)
    room_m = np.clip(body.at(inner_m) - 0.001, 0.0, depth_m)
    drawn: np.ndarray = inner_m - (covered * room_m)[:, None] * body.gradient(inner_m)
    return drawn


def _turn_deg(a: Rotations, b: Rotations) -> float:
    """Greatest turn of any bone between two poses."""
    from scipy.spatial.transform import Rotation

    angles = [
        (Rotation.from_rotvec(a.get(k, (0, 0, 0))).inv() * Rotation.from_rotvec(b.get(k, (0, 0, 0)))).magnitude()
        for k in {*a, *b}
    ]
    return float(np.degrees(max(angles, default=0.0)))
