"""Turning arms, hands and legs of a figure by anatomical angles, or to a goal."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fitroom.wardrobe.bodies.figure import Figure, about, frame, swing, twist_angle, two_bone, unit

Side = Literal["L", "R"]

FORWARD = np.array([0.0, -1.0, 0.0])
UP = np.array([0.0, 0.0, 1.0])
_CURL_DEG = {"2": (16, 22, 14), "3": (20, 26, 16), "4": (24, 28, 18), "5": (26, 30, 18)}
_CLAVICLE_SHARE = 0.12  # of the upper arm's swing; keeps the shoulder round when the arm comes down


def outward(side: Side) -> np.ndarray:
    """(3,) away from the middle, to the left or to the right."""
    return np.array([1.0 if side == "L" else -1.0, 0.0, 0.0])


def arm_direction(side: Side, abduct_deg: float, forward_deg: float) -> np.ndarray:
    """(3,) unit direction of an upper arm swung out from hanging by ``abduct_deg``, then forward by ``forward_deg``."""
    out, forward = np.radians(abduct_deg), np.radians(forward_deg)
    return np.sin(out) * outward(side) + np.cos(out) * (np.sin(forward) * FORWARD - np.cos(forward) * UP)


def place_arm(
    figure: Figure, side: Side, upper: np.ndarray, lower: np.ndarray, bend: np.ndarray, chest: np.ndarray
) -> None:
    """Point the upper arm along ``upper`` and the forearm along ``lower``.

    Args:
        bend: direction the forearm bends to from the upper arm; decides the twist, also of a straight arm.
        chest: (3, 3) how the trunk is turned.
    """
    shoulder, elbow, wrist = (figure.at_rest(f"{bone}.{side}") for bone in ("upperarm01", "lowerarm01", "wrist"))
    upper0, lower0 = unit(elbow - shoulder), unit(wrist - elbow)
    hinge0, hinge = np.cross(upper0, lower0), np.cross(upper, bend)
    upper_turn = frame(upper, hinge) @ frame(upper0, hinge0).T
    swung = swing(chest @ upper0, upper) @ chest
    twist = twist_angle(upper_turn @ swung.T, upper)
    figure.turn(f"upperarm01.{side}", about(upper, 0.4 * twist) @ swung)
    figure.turn(f"upperarm02.{side}", upper_turn)
    figure.turn(f"lowerarm01.{side}", frame(lower, hinge) @ frame(lower0, hinge0).T)


def lower_shoulder(figure: Figure, side: Side, upper: np.ndarray, chest: np.ndarray) -> None:
    """Let the shoulder girdle follow a little where the upper arm is going to point."""
    upper0 = chest @ (figure.at_rest(f"lowerarm01.{side}") - figure.at_rest(f"upperarm01.{side}"))
    turn = swing(upper0, upper)
    angle = float(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))
    if angle > 1e-6:
        axis = unit(np.cross(upper0, upper))
        figure.turn(f"shoulder01.{side}", about(axis, _CLAVICLE_SHARE * angle) @ chest)


def reach(figure: Figure, side: Side, goal: np.ndarray, pole: np.ndarray, chest: np.ndarray) -> None:
    """Bring the wrist to ``goal`` (metres), the elbow on the side of ``pole``."""
    shoulder, elbow, wrist = (figure.at_rest(f"{bone}.{side}") for bone in ("upperarm01", "lowerarm01", "wrist"))
    lengths = float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow))
    upper, lower = two_bone(figure.head(f"upperarm01.{side}"), goal, *lengths, pole)
    place_arm(figure, side, upper, lower, lower - (lower @ upper) * upper, chest)


def place_hand(figure: Figure, side: Side, along: np.ndarray, palm: np.ndarray) -> None:
    """Point the hand along ``along``, its palm towards ``palm``; the forearm takes half of the twist."""
    hand = frame(along, palm) @ frame(*_hand_axes(figure, side)).T
    _twist_forearm(figure, side, hand)


def pronate_hand(figure: Figure, side: Side, angle_deg: float) -> None:
    """Leave the hand in line with the forearm, turned about it by ``angle_deg``, palm towards the back if positive."""
    forearm = figure.turned(f"lowerarm01.{side}")
    along = forearm @ (figure.at_rest(f"wrist.{side}") - figure.at_rest(f"lowerarm01.{side}"))
    sign = -1.0 if side == "L" else 1.0
    _twist_forearm(figure, side, about(along, sign * np.radians(angle_deg)) @ forearm)


def relax_fingers(figure: Figure, side: Side, curl: float = 1.0) -> None:
    """Bring the fingers together and curl them gently; ``curl`` 1 is a hand at rest, 0.4 one laid flat."""
    along, palm = _hand_axes(figure, side)
    for finger, angles in _CURL_DEG.items():
        base, tip = figure.at_rest(f"finger{finger}-1.{side}"), figure.at_rest(f"finger{finger}-3.{side}")
        own = tip - base
        flat, wanted = own - (own @ palm) * palm, along - (along @ palm) * palm
        gather = about(palm, 0.75 * float(np.arctan2(np.cross(flat, wanted) @ palm, flat @ wanted)))
        hinge = np.cross(gather @ own, palm)
        for joint, angle in enumerate(angles, start=1):
            curled = about(hinge, np.radians(angle * curl))
            figure.bend(f"finger{finger}-{joint}.{side}", curled @ gather if joint == 1 else curled)
    thumb = figure.at_rest(f"finger1-3.{side}") - figure.at_rest(f"finger1-1.{side}")
    figure.bend(f"finger1-1.{side}", about(np.cross(thumb, along), np.radians(14)))
    figure.bend(f"finger1-2.{side}", about(np.cross(thumb, along + palm), np.radians(14)))


def place_leg(figure: Figure, side: Side, ankle: np.ndarray, out_deg: float, heel_deg: float = 0.0) -> None:
    """Bring the ankle to ``ankle`` (metres), the foot flat, toes ``out_deg`` outwards, heel raised by ``heel_deg``.

    ``ankle`` is where the ankle of a flat foot would be; raising the heel lifts and advances it about the ball.
    """
    hip0, knee0, ankle0 = (figure.at_rest(f"{bone}.{side}") for bone in ("upperleg01", "lowerleg01", "foot"))
    lengths = float(np.linalg.norm(knee0 - hip0)), float(np.linalg.norm(ankle0 - knee0))
    flat = about(UP, np.radians(out_deg) * (1.0 if side == "L" else -1.0))
    ball = flat @ (figure.at_rest(f"toe2-1.{side}") - ankle0)
    toes = flat @ FORWARD
    foot = about(np.cross(toes, -UP), np.radians(heel_deg)) @ flat
    lifted = ankle + ball - foot @ flat.T @ ball
    straight = float(np.linalg.norm(ankle0 - hip0)) / sum(lengths)
    upper, lower = two_bone(figure.head(f"upperleg01.{side}"), lifted, *lengths, toes, min(straight, 0.997))
    for bone, direction, rest in (("upperleg01", upper, knee0 - hip0), ("lowerleg01", lower, ankle0 - knee0)):
        figure.turn(f"{bone}.{side}", frame(direction, toes) @ frame(rest, FORWARD).T)
    figure.turn(f"foot.{side}", foot)
    if heel_deg:
        for toe in range(1, 6):
            figure.turn(f"toe{toe}-1.{side}", flat)


def _hand_axes(figure: Figure, side: Side) -> tuple[np.ndarray, np.ndarray]:
    """Directions at rest: wrist to the middle knuckle, and out of the palm."""
    along = unit(figure.at_rest(f"finger3-1.{side}") - figure.at_rest(f"wrist.{side}"))
    across = figure.at_rest(f"finger2-1.{side}") - figure.at_rest(f"finger5-1.{side}")
    palm = np.cross(along, across) if side == "L" else np.cross(across, along)
    return along, unit(palm)


def _twist_forearm(figure: Figure, side: Side, hand: np.ndarray) -> None:
    forearm = figure.turned(f"lowerarm01.{side}")
    axis = forearm @ (figure.at_rest(f"wrist.{side}") - figure.at_rest(f"lowerarm01.{side}"))
    twist = twist_angle(hand @ forearm.T, axis)
    figure.turn(f"lowerarm02.{side}", about(axis, 0.6 * twist) @ forearm)
    figure.turn(f"wrist.{side}", hand)
