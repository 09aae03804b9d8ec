"""A person drawn from lines: trunk, arms a little away from it, legs, in a garment of known measures.

Each edge is soft by one pixel, as if the share of the pixel it passes through had been measured. All lengths in cm from
the picture's upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from fitroom.contracts import Part
from fitroom.metrics.fit.scene import Pose, Seen

PX_PER_CM = 2.0
HEIGHT_CM, WIDTH_CM = 175.0, 100.0
MIDDLE, SHOULDER_Y, HIP_Y, KNEE_Y, ANKLE_Y = 50.0, 40.0, 90.0, 130.0, 168.0
SHOULDER_X, HIP_X, ELBOW, WRIST = 18.0, 9.0, (32.0, 66.0), (42.0, 90.0)


@dataclass(frozen=True)
class Figure:
    """Measures of the garment, cm; as the readings of it should be.

    Attributes:
        hem: below the shoulder joints; of trousers below the hip joints.
        sleeve: along the arm from the shoulder joint; 0 = none.
        shoulder, neckline: upper edge below the shoulder joints, at the shoulders and in the middle.
        width, flare: of the trunk at the shoulder joints, and how much wider it is per cm further down.
        kind: "top" or "trousers".
    """

    hem: float = 60.3
    sleeve: float = 22.4
    shoulder: float = -3.2
    neckline: float = 5.1
    width: float = 29.0
    flare: float = 0.0
    kind: str = "top"

    def width_at(self, below_cm: float) -> float:
        """Of the trunk, so far below the shoulder joints."""
        return self.width + self.flare * below_cm

    def changed(self, **changes: float) -> Figure:
        """The same with other measures."""
        return replace(self, **changes)  # type: ignore[arg-type]


def pose() -> Pose:
    """Of all figures."""
    joints = np.zeros((17, 3))
    for pair, x, y in (
        ((5, 6), SHOULDER_X, SHOULDER_Y), ((7, 8), *ELBOW), ((9, 10), *WRIST), ((11, 12), HIP_X, HIP_Y),
        ((13, 14), HIP_X, KNEE_Y), ((15, 16), HIP_X, ANKLE_Y),
    ):  # fmt: skip
        joints[pair[0]] = ((MIDDLE + x) * PX_PER_CM, y * PX_PER_CM, 2)
        joints[pair[1]] = ((MIDDLE - x) * PX_PER_CM, y * PX_PER_CM, 2)
    return Pose(joints, PX_PER_CM)


def seen(figure: Figure, **hidden: tuple[float, float, float, float]) -> Seen:
    """The picture of a figure.

    Args:
        figure: what is worn.
        hidden: by name of a part, a rectangle that it covers: left, top, right, bottom.
    """
    rows, columns = (round(side * PX_PER_CM) for side in (HEIGHT_CM, WIDTH_CM))
    y, x = (np.indices((rows, columns)) + 0.5) / PX_PER_CM
    away, is_left = np.abs(x - MIDDLE), x > MIDDLE
    shares: dict[Part, np.ndarray] = {}
    for name, (left, top, right, bottom) in hidden.items():
        shares[Part[name.upper()]] = _all(x - left, right - x, y - top, bottom - y)
    arms = _arm(away, y, 3.5)
    legs = _all(6.0 - np.abs(away - HIP_X), y - HIP_Y, ANKLE_Y - y)
    shares |= {
        part: np.maximum(share, shares.get(part, 0))
        for part, share in (
            (Part.TROUSERS if figure.kind == "trousers" else Part.TOP, _garment(figure, away, y)),
            (Part.LEFT_ARM, arms * is_left), (Part.RIGHT_ARM, arms * ~is_left),
            (Part.LEFT_LEG, legs * is_left), (Part.RIGHT_LEG, legs * ~is_left),
        )
    }  # fmt: skip
    return _layered(shares)


def cropped(picture: Seen, height_cm: float) -> Seen:
    """The upper part of a picture."""
    rows = round(height_cm * PX_PER_CM)
    return Seen(
        *(plane[:rows] for plane in (picture.garment_unit, picture.arms_unit, picture.legs_unit, picture.parse))
    )


def _garment(figure: Figure, away: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside = figure.width_at(y - SHOULDER_Y) / 2 - away
    if figure.kind == "trousers":
        leg = _all(6.5 - np.abs(away - HIP_X), y - HIP_Y, HIP_Y + figure.hem - y)
        return np.maximum(leg, _all(inside, y - HIP_Y + 12, HIP_Y + 14 - y))
    upper = SHOULDER_Y + np.where(away <= 4.0, figure.neckline, figure.shoulder)
    trunk = _all(inside, y - upper, SHOULDER_Y + figure.hem - y)
    yoke = _all(SHOULDER_X + 1 - away, y - upper, SHOULDER_Y + 4 - y)
    sleeve = _arm(away, y, 4.5, figure.sleeve) if figure.sleeve else np.zeros_like(y)
    garment: np.ndarray = np.maximum(np.maximum(trunk, yoke), sleeve)
    return garment


def _arm(away: np.ndarray, y: np.ndarray, half_cm: float, length_cm: float = 999.0) -> np.ndarray:
    joints = np.array([(SHOULDER_X, SHOULDER_Y), ELBOW, WRIST])
    found, passed = np.zeros(y.shape), 0.0
    for start, stop in pairwise(joints):
        long = float(np.hypot(*(stop - start)))
        forward = (stop - start) / long
        along = (away - start[0]) * forward[0] + (y - start[1]) * forward[1]
        across = np.abs((away - start[0]) * forward[1] - (y - start[1]) * forward[0])
        found = np.maximum(found, _all(along, long - along, length_cm - passed - along, half_cm - across))
        passed += long
    return found


def _all(*depths_cm: np.ndarray) -> np.ndarray:
    """Share of each pixel that is inside of several edges, by how deep its middle lies inside of each."""
    share: np.ndarray = np.prod([np.clip(depth * PX_PER_CM + 0.5, 0, 1) for depth in depths_cm], axis=0)
    return share


def _layered(shares: dict[Part, np.ndarray]) -> Seen:
    """Parts over each other, the first on top."""
    free = np.ones(next(iter(shares.values())).shape)
    own: dict[Part, np.ndarray] = {}
    for part, share in shares.items():
        own[part], free = share * free, free * (1 - share)
    own[Part.BACKGROUND] = free
    parse = np.array(list(own), np.uint8)[np.argmax(list(own.values()), axis=0)]

    def of(*parts: Part) -> np.ndarray:
        total: np.ndarray = np.sum([own.get(part, np.zeros_like(free)) for part in parts], axis=0).astype(np.float32)
        return total

    return Seen(
        of(Part.TOP, Part.TROUSERS), of(Part.LEFT_ARM, Part.RIGHT_ARM), of(Part.LEFT_LEG, Part.RIGHT_LEG), parse
    )
