"""Joints from a parse alone, for who has no pose model: what its borders tell, and nothing where they do not.

A shoulder, hip or knee is no border; they are put where they lie on a standing body whose head and feet are seen. A
wrist is where a hand begins, an elbow lies on a straight arm. Every point is a guess and has visibility 1
("there, not seen"); 0 = not known. Eyes and ears are never known. ``docs/own-photos.md`` says how far off they are.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label

from fitroom.contracts import ANKLES, ELBOWS, HIPS, KNEES, NOSE, SHOULDERS, WRISTS, Part
from fitroom.pipelines.prepare.limbs import ARMS, LEGS, SHOES, largest_piece, middle_of, steps_along
from fitroom.pipelines.prepare.one_person import coarse
from fitroom.pipelines.prepare.stature import TRUNK, Stature, stature

LOWER = (Part.TROUSERS, Part.SKIRT, Part.DRESS, Part.JUMPSUIT, *LEGS, *SHOES, Part.SOCKS)
_GUESSED = 1

# Where things lie on a standing body, in heights of the head (crown of the hair to chin).
_SHOULDER_BELOW_CHIN = 0.37
_SHOULDER_APART = 0.59  # of the middle
_SHOULDER_INSIDE = 0.80  # at most, of half the trunk's width there
_NOSE_ABOVE_CHIN = 0.43
_HIP_BELOW_CHIN, _HIP_APART = 2.15, 0.37
_HAND = 0.83
_UPPER_ARM, _FOREARM = 1.08, 0.91
_STRAIGHT = 0.85  # of its length, from shoulder to wrist: the elbow lies between
_ANKLE_ABOVE_SOLE = 0.52
# Others in shares: of the way from shoulder to ankle, and of the way from hip to ankle.
_HIP, _KNEE = 0.38, 0.51


def joints(parse: np.ndarray) -> np.ndarray:
    """Guesses joints of the one person of a parse.

    Args:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`, of one person.

    Returns:
        (17, 3) float32, COCO order: x and y in px, visibility 1, or three zeros where nothing is known.
    """
    points = np.zeros((17, 3), np.float32)
    body = stature(coarse(parse))
    if body is None:
        return points
    if body.front:
        _put(points, NOSE, body.middle_px, body.chin_px - _NOSE_ABOVE_CHIN * body.head_px)
    _put_shoulders(points, body)
    for side in (0, 1):
        _put_arm(points, body, side)
        _put_ankle(points, body, side)
    _put_hips(points, body)
    for side in (0, 1):
        if points[HIPS[side], 2] and points[ANKLES[side], 2]:
            hip, ankle = points[HIPS[side], :2], points[ANKLES[side], :2]
            _put(points, KNEES[side], *(hip + _KNEE * (ankle - hip)))
    scale = parse.shape[1] / body.parse.shape[1], parse.shape[0] / body.parse.shape[0]
    points[:, :2] *= scale
    return points


def _put(points: np.ndarray, which: int, x: float, y: float) -> None:
    points[which] = x, y, _GUESSED


def _put_shoulders(points: np.ndarray, body: Stature) -> None:
    row = body.chin_px + _SHOULDER_BELOW_CHIN * body.head_px
    ends = _ends(body.shows(*TRUNK, *ARMS), row + 0.3 * body.head_px, body.middle_px)
    if ends is None:
        return
    for side, sign in zip(SHOULDERS, (body.left, -body.left), strict=True):
        half = sign * ((ends[1] if sign > 0 else ends[0]) - body.middle_px)
        apart = min(_SHOULDER_APART * body.head_px, max(_SHOULDER_INSIDE * half, 0.0))
        _put(points, side, body.middle_px + sign * apart, row)


def _put_hips(points: np.ndarray, body: Stature) -> None:
    shoulders, ankles = points[list(SHOULDERS)], points[list(ANKLES)]
    if not shoulders[:, 2].all():
        return
    if ankles[:, 2].any():
        sole = float(ankles[ankles[:, 2] > 0, 1].mean())
        row = shoulders[0, 1] + _HIP * (sole - shoulders[0, 1])
    else:
        row = body.chin_px + _HIP_BELOW_CHIN * body.head_px
    ends = _ends(body.shows(*TRUNK, *LOWER), row, float(shoulders[:, 0].mean()))
    if ends is None or row > body.parse.shape[0]:
        return
    middle = (ends[0] + ends[1]) / 2
    for side, sign in zip(HIPS, (body.left, -body.left), strict=True):
        _put(points, side, middle + sign * _HIP_APART * body.head_px, row)


def _put_arm(points: np.ndarray, body: Stature, side: int) -> None:
    """The wrist, a hand's length from the finger tips along what is bare of the arm; the elbow of a straight arm."""
    arm = largest_piece(body.shows(ARMS[side]))
    if arm is None or not points[SHOULDERS[side], 2]:
        return
    along = steps_along(arm, points[SHOULDERS[side], :2])
    tip = int(along.max())
    wrist = max(tip - _HAND * body.head_px, 0.0)
    _put(points, WRISTS[side], *middle_of(abs(along - wrist) <= 1))
    shoulder, hand = points[SHOULDERS[side], :2], points[WRISTS[side], :2]
    if np.hypot(*(hand - shoulder)) >= _STRAIGHT * (_UPPER_ARM + _FOREARM) * body.head_px:
        _put(points, ELBOWS[side], *(shoulder + _UPPER_ARM / (_UPPER_ARM + _FOREARM) * (hand - shoulder)))


def _put_ankle(points: np.ndarray, body: Stature, side: int) -> None:
    if not body.shows(SHOES[side]).any():  # a leg without a foot goes on somewhere
        return
    foot = largest_piece(body.shows(SHOES[side], LEGS[side]))
    if foot is None:
        return
    sole = float(np.flatnonzero(foot.any(1))[-1] + 1)
    if sole >= body.parse.shape[0] - 1:
        return
    row = sole - _ANKLE_ABOVE_SOLE * body.head_px
    near = foot & (abs(np.arange(foot.shape[0]) - row)[:, None] <= 1.5)
    x = middle_of(near if near.any() else foot)[0]
    _put(points, ANKLES[side], x, row)


def _ends(shown: np.ndarray, row: float, middle: float) -> tuple[float, float] | None:
    """Where the run of a row that holds, or is nearest to, the middle ends on the left and on the right."""
    if not 0 <= row < shown.shape[0]:
        return None
    runs, count = label(shown[int(row)])
    if not count:
        return None
    places = [np.flatnonzero(runs == run) for run in range(1, count + 1)]
    best = min(places, key=lambda place: max(place[0] - middle, middle - place[-1], 0))
    return float(best[0]), float(best[-1] + 1)
