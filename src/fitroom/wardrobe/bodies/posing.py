"""What a pose is made of, and how it is fitted to a body: arms move outwards until nothing touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from fitroom.wardrobe.bodies.body import Body, BodyPart, BodyShape
from fitroom.wardrobe.bodies.clearance import arm_gap_m, thigh_gap_m
from fitroom.wardrobe.bodies.figure import Figure, about, figure, unit
from fitroom.wardrobe.bodies.limbs import (
    FORWARD,
    UP,
    Side,
    arm_direction,
    lower_shoulder,
    outward,
    place_arm,
    place_hand,
    place_leg,
    pronate_hand,
    reach,
    relax_fingers,
)  # fmt: skip
from fitroom.wardrobe.bodies.model import BodyModel, Rotations

SIDES: tuple[Side, Side] = ("L", "R")
_THIGH_GAP_M = 0.008
_FITS = 7  # times an arm is moved outwards before it is left as it is


@dataclass(frozen=True)
class Hang:
    """An arm hanging: out, forward, elbow bent, bent towards the middle; degrees, and the gap it keeps."""

    abduct_deg: float = 12.0
    forward_deg: float = 2.0
    elbow_deg: float = 14.0
    inward_deg: float = 15.0
    pronate_deg: float = 12.0
    gap_m: float = 0.025


@dataclass(frozen=True)
class OnHip:
    """A hand resting on the hip, elbow out and back, and the room it leaves for cloth."""

    back: float = 0.35
    gap_m: float = 0.014


@dataclass(frozen=True)
class InFront:
    """A forearm held before the belly, the hand towards the other side."""

    height: float = 0.35
    across: float = 0.15
    gap_m: float = 0.03


Arm = Hang | OnHip | InFront


@dataclass(frozen=True)
class Pose:
    """One way to stand.

    Attributes:
        left, right: arms.
        pelvis_deg, chest_deg, head_deg: (turn to the left, tilt to the left, lean forward); chest relative to the
            pelvis, head to the chest.
        weight: which leg carries the weight; the other stands ``free_m`` away: (outwards, forwards), heel raised.
        stance_m: distance between the ankles when both carry.
        toes_out_deg: how far feet point outwards: carrying foot, free foot.
    """

    left: Arm = Hang()
    right: Arm = Hang()
    pelvis_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    chest_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    head_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    weight: Side | None = None
    free_m: tuple[float, float] = (0.0, 0.0)
    heel_deg: float = 0.0
    stance_m: float = 0.2
    toes_out_deg: tuple[float, float] = (8.0, 8.0)


def solve(model: BodyModel, shape: BodyShape, pose: Pose, widest_m: float = 0.3) -> Rotations:
    """Rotations that put ``shape`` in ``pose``, every arm moved outwards until it keeps its gap.

    Args:
        widest_m: how far apart the ankles may go to keep the thighs from touching.
    """
    stance = stance_m(model, shape, pose.stance_m, widest_m)
    outwards = np.zeros(2)
    found: Rotations = {}
    for _ in range(_FITS):
        found = assemble(model, shape, pose, stance, (float(outwards[0]), float(outwards[1])))
        gaps = np.array(arm_gap_m(model, model.body(shape, found)))
        missing = np.array([arm.gap_m for arm in (pose.left, pose.right)]) - gaps
        if (missing <= 0.001).all():
            break
        outwards += np.where(missing > 0.001, 1.15 * missing + 0.002, 0.0)
    return found


def stance_m(model: BodyModel, shape: BodyShape, wanted_m: float, widest_m: float) -> float:
    """Distance between the ankles: ``wanted_m``, or as much more as keeps the thighs apart, up to ``widest_m``."""
    stance = wanted_m
    while stance < widest_m:
        posed = figure(model, shape)
        _stand(posed, Pose(stance_m=stance), stance)
        if thigh_gap_m(model, model.body(shape, posed.rotations())) >= _THIGH_GAP_M:
            break
        stance += 0.02
    return stance


def assemble(
    model: BodyModel, shape: BodyShape, pose: Pose, stance: float, outwards: tuple[float, float] = (0.0, 0.0)
) -> Rotations:
    """Rotations of ``pose``, the ankles ``stance`` metres apart, the arms moved ``outwards`` by so many metres."""
    posed = figure(model, shape)
    chest = _trunk(posed, pose)
    _stand(posed, pose, stance)
    for side, arm, more in zip(SIDES, (pose.left, pose.right), outwards, strict=True):
        if isinstance(arm, Hang):
            _hang(posed, side, arm, chest, more)
        elif isinstance(arm, OnHip):
            _on_hip(model, posed, side, arm, chest, more)
        else:
            _in_front(model, posed, side, arm, chest, more)
    return posed.rotations()


def _lean(angles_deg: tuple[float, float, float]) -> np.ndarray:
    """(3, 3) turn to the left, tilt to the left, lean forward."""
    turn, tilt, lean = np.radians(angles_deg)
    return about(UP, turn) @ about(FORWARD, -tilt) @ about(np.array([1.0, 0.0, 0.0]), lean)


def _trunk(posed: Figure, pose: Pose) -> np.ndarray:
    pelvis, chest = _lean(pose.pelvis_deg), _lean(pose.chest_deg)
    posed.turn("root", pelvis)
    _share(posed, ("spine05", "spine04", "spine03", "spine02", "spine01"), chest)
    _share(posed, ("neck01", "neck02", "neck03", "head"), _lean(pose.head_deg))
    return posed.turned("spine01")


def _share(posed: Figure, bones: tuple[str, ...], turn: np.ndarray) -> None:
    part = Rotation.from_rotvec(Rotation.from_matrix(turn).as_rotvec() / len(bones)).as_matrix()
    for bone in bones:
        posed.bend(bone, part)


def _stand(posed: Figure, pose: Pose, stance: float) -> None:
    wider = max(stance - pose.stance_m, 0.0)
    if pose.weight is None:
        middle = (posed.head("upperleg01.L") + posed.head("upperleg01.R")) / 2
        for side in SIDES:
            ankle = middle + outward(side) * stance / 2 - UP * _leg_length(posed, side, stance)
            ankle[1] += _ankle_back(posed, side)
            place_leg(posed, side, ankle, pose.toes_out_deg[0])
        return
    carrying: Side = pose.weight
    free: Side = "R" if carrying == "L" else "L"
    aside, forward = pose.free_m
    apart = outward(free) * (aside + wider) + FORWARD * forward
    hip = posed.head(f"upperleg01.{carrying}")
    ankle = hip - outward(carrying) * 0.45 * abs(hip[0]) - UP * _leg_length(posed, carrying, 0.1)
    ankle[1] += _ankle_back(posed, carrying)
    ankle += UP * _out_of_reach(posed, free, ankle + apart)
    place_leg(posed, carrying, ankle, pose.toes_out_deg[0])
    place_leg(posed, free, ankle + apart, pose.toes_out_deg[1], pose.heel_deg)


def _leg_length(posed: Figure, side: Side, stance: float) -> float:
    """Height of the hip over the ankle with the leg as straight as at rest, ankles ``stance`` apart."""
    hip, ankle = posed.at_rest(f"upperleg01.{side}"), posed.at_rest(f"foot.{side}")
    aside = abs(abs(hip[0]) - stance / 2)
    return float(np.sqrt(max(np.sum((ankle - hip) ** 2) - aside**2, 0.0)))


def _out_of_reach(posed: Figure, side: Side, ankle: np.ndarray) -> float:
    """How much higher ``ankle`` must be for the leg to reach it, metres."""
    length = float(np.linalg.norm(posed.at_rest(f"foot.{side}") - posed.at_rest(f"upperleg01.{side}")))
    away = ankle - posed.head(f"upperleg01.{side}")
    reachable = np.sqrt(max(length**2 - away[0] ** 2 - away[1] ** 2, 0.0))
    return max(-float(away[2]) - float(reachable), 0.0)


def _ankle_back(posed: Figure, side: Side) -> float:
    return float(posed.at_rest(f"foot.{side}")[1] - posed.at_rest(f"upperleg01.{side}")[1])


def _hang(posed: Figure, side: Side, arm: Hang, chest: np.ndarray, more_m: float) -> None:
    length = float(np.linalg.norm(posed.at_rest(f"wrist.{side}") - posed.at_rest(f"upperarm01.{side}")))
    abduct = arm.abduct_deg + float(np.degrees(more_m / length))
    upper = arm_direction(side, abduct, arm.forward_deg)
    inward = np.radians(arm.inward_deg)
    bend = np.cos(inward) * FORWARD - np.sin(inward) * outward(side)
    bend = unit(bend - (bend @ upper) * upper)
    elbow = np.radians(arm.elbow_deg)
    lower_shoulder(posed, side, upper, chest)
    place_arm(posed, side, upper, np.cos(elbow) * upper + np.sin(elbow) * bend, bend, chest)
    pronate_hand(posed, side, arm.pronate_deg)
    relax_fingers(posed, side)


def _on_hip(model: BodyModel, posed: Figure, side: Side, arm: OnHip, chest: np.ndarray, more_m: float) -> None:
    out = posed.turned("root") @ outward(side)
    hip, waist = posed.at_rest(f"upperleg01.{side}"), posed.at_rest("spine04")
    height = 0.25 * hip[2] + 0.75 * waist[2]
    aside = _extent(model, posed.rest, height, outward(side))
    spot = np.array([outward(side)[0] * (aside + 0.05), posed.at_rest("root")[1] + 0.06, height + 0.02])
    root = posed.head("root")
    goal = root + posed.turned("root") @ (spot - posed.at_rest("root")) + out * more_m
    upper = unit(out * 0.8 - UP * 0.6 - FORWARD * arm.back)
    lower_shoulder(posed, side, upper, chest)
    reach(posed, side, goal, out - FORWARD * arm.back, chest)
    place_hand(posed, side, unit(0.85 * FORWARD - 0.5 * UP - 0.12 * out), -out - 0.15 * UP)
    relax_fingers(posed, side, 0.5)


def _in_front(model: BodyModel, posed: Figure, side: Side, arm: InFront, chest: np.ndarray, more_m: float) -> None:
    out, forward = chest @ outward(side), chest @ FORWARD
    waist, breast = posed.at_rest("spine04"), posed.at_rest("spine01")
    height = (1 - arm.height) * waist[2] + arm.height * breast[2]
    ahead = _extent(model, posed.rest, height, FORWARD)
    shoulder = abs(posed.at_rest(f"upperarm01.{side}")[0])
    spot = np.array([outward(side)[0] * arm.across * shoulder, -ahead - 0.05, height])
    anchor = posed.at_rest("spine03")
    goal = posed.head("spine03") + posed.turned("spine03") @ (spot - anchor) + forward * more_m
    upper = unit(out * 0.35 - UP * 0.9 + forward * 0.25)
    lower_shoulder(posed, side, upper, chest)
    reach(posed, side, goal, out * 0.8 - UP * 0.6 - forward * 0.3, chest)
    place_hand(posed, side, unit(-out + 0.12 * forward + 0.05 * UP), -forward - 0.35 * UP)
    relax_fingers(posed, side, 0.8)


def _extent(model: BodyModel, rest: Body, height: float, direction: np.ndarray) -> float:
    """How far the trunk reaches along ``direction`` at ``height``, metres."""
    trunk = np.isin(model.part_of_vertex(), (BodyPart.TORSO, BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH))
    near = trunk & (np.abs(rest.vertices_m[:, 2] - height) < 0.03)
    return float((rest.vertices_m[near] @ direction).max())
