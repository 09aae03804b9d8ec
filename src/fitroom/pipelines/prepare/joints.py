"""Joints from a parse alone, for who has no pose model: what its borders tell, and nothing where they do not.

A shoulder, hip or knee is no border; they are put where they lie on a standing body whose head and feet are seen. A
wrist is where a hand begins, an elbow lies on a straight arm. Every point is a guess and has visibility 1
("there, not seen"); 0 = not known. Eyes and ears are never known. ``docs/own-photos.md`` says how far off they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, label

from fitroom.contracts import Part
from fitroom.pipelines.prepare.one_person import HEAD, coarse

NOSE, SHOULDERS, ELBOWS, WRISTS, HIPS, KNEES, ANKLES = 0, (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)  # COCO
ARMS, SHOES, LEGS = (Part.LEFT_ARM, Part.RIGHT_ARM), (Part.LEFT_SHOE, Part.RIGHT_SHOE), (Part.LEFT_LEG, Part.RIGHT_LEG)
TRUNK = (Part.TOP, Part.OUTERWEAR, Part.DRESS, Part.JUMPSUIT, Part.NECK_AND_TORSO_SKIN)
LOWER = (Part.TROUSERS, Part.SKIRT, Part.DRESS, Part.JUMPSUIT, *LEGS, *SHOES, Part.SOCKS)
FRONT_SHARE = 0.12  # of face in face and hair: less is a head seen from behind
_GUESSED = 1
_LEAST_PX = 6  # of an arm or foot, at the coarse size

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
# Where the head is cut: its height from the width of the face, or of the trunk below it.
_HEAD_OF_FACE, _HEAD_OF_TRUNK = 1.6, 0.62


@dataclass(frozen=True)
class _Body:
    """What is measured first, at the coarse size.

    Attributes:
        parse: (h, w) uint8.
        chin_px, head_px: row of the chin, and the head's height.
        middle_px: column of the neck.
        left: +1 where the person's left is on the right of the picture, else -1.
        front: whether the face is seen.
    """

    parse: np.ndarray
    chin_px: float
    head_px: float
    middle_px: float
    left: int
    front: bool

    def shows(self, *parts: Part) -> np.ndarray:
        """(h, w) bool."""
        return np.isin(self.parse, parts)


def joints(parse: np.ndarray) -> np.ndarray:
    """Guesses joints of the one person of a parse.

    Args:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`, of one person.

    Returns:
        (17, 3) float32, COCO order: x and y in px, visibility 1, or three zeros where nothing is known.
    """
    points = np.zeros((17, 3), np.float32)
    body = _measured(coarse(parse))
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


def beyond_wrist(parse: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """(H, W) bool: the hands, which is what of the arms' skin lies beyond the wrist, seen from the shoulder.

    Args:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`, of one person.
        keypoints: (17, 3) x, y in px, visibility. An arm whose shoulder or wrist is not known has no hand.
    """
    small = coarse(parse)
    points = keypoints * (small.shape[1] / parse.shape[1], small.shape[0] / parse.shape[0], 1)
    hands = np.zeros_like(small)
    for arm, shoulder, wrist in zip(ARMS, SHOULDERS, WRISTS, strict=True):
        skin = _largest(small == arm)
        if skin is None or not points[[shoulder, wrist], 2].all():
            continue
        along = _along(skin, points[shoulder, :2])
        rows, columns = np.nonzero(skin)
        at = int(np.hypot(columns + 0.5 - points[wrist, 0], rows + 0.5 - points[wrist, 1]).argmin())
        hands[along >= along[rows[at], columns[at]]] = arm
    large = np.asarray(Image.fromarray(hands).resize(parse.shape[::-1], Image.Resampling.NEAREST))
    return (large == parse) & (large > 0)


def _measured(parse: np.ndarray) -> _Body | None:
    """None where neither head nor trunk is seen: nothing else says how large the body is."""
    head, face, hair = np.isin(parse, HEAD), parse == Part.FACE, parse == Part.HAIR
    if head.sum() < _LEAST_PX:
        return _headless(parse)
    front = bool(face.sum() >= FRONT_SHARE * (face | hair).sum())
    main = face if front else head
    crown, wide = float(np.flatnonzero(head.any(1))[0]), float(main.sum(1).max())
    # Seen from behind, hair ends anywhere: the head's own width tells where the chin would be.
    chin = float(np.percentile(np.nonzero(face)[0], 99)) + 1 if front else crown + 1.35 * wide
    tall = max(chin - crown, _HEAD_OF_FACE * wide if front and crown < 1 else 0.0, 2.0)
    middle = float(np.nonzero(main)[1].mean()) + 0.5
    return _Body(parse, chin, tall, middle, _left_of(parse, front), front)


def _headless(parse: np.ndarray) -> _Body | None:
    trunk = np.isin(parse, TRUNK)
    rows = np.flatnonzero(trunk.any(1))
    if trunk.sum() < _LEAST_PX or not len(rows):
        return None
    upper = trunk[rows[0] : rows[0] + max(len(rows) // 3, 1)]
    tall = max(_HEAD_OF_TRUNK * float(np.median(upper.sum(1))), 2.0)
    middle = float(np.nonzero(upper)[1].mean()) + 0.5
    return _Body(parse, float(rows[0]), tall, middle, _left_of(parse, True), False)


def _left_of(parse: np.ndarray, front: bool) -> int:
    """By the sides of arms, legs and shoes, as the parser told them; where it did not, by the face."""
    votes = 0
    for left, right in (ARMS, LEGS, SHOES):
        places = [np.nonzero(parse == part)[1] for part in (left, right)]
        if min(map(len, places)) >= _LEAST_PX:
            votes += int(np.sign(places[0].mean() - places[1].mean()))
    return int(np.sign(votes)) or (1 if front else -1)


def _put(points: np.ndarray, which: int, x: float, y: float) -> None:
    points[which] = x, y, _GUESSED


def _put_shoulders(points: np.ndarray, body: _Body) -> None:
    row = body.chin_px + _SHOULDER_BELOW_CHIN * body.head_px
    ends = _ends(body.shows(*TRUNK, *ARMS), row + 0.3 * body.head_px, body.middle_px)
    if ends is None:
        return
    for side, sign in zip(SHOULDERS, (body.left, -body.left), strict=True):
        half = sign * ((ends[1] if sign > 0 else ends[0]) - body.middle_px)
        apart = min(_SHOULDER_APART * body.head_px, max(_SHOULDER_INSIDE * half, 0.0))
        _put(points, side, body.middle_px + sign * apart, row)


def _put_hips(points: np.ndarray, body: _Body) -> None:
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


def _put_arm(points: np.ndarray, body: _Body, side: int) -> None:
    """The wrist, a hand's length from the finger tips along what is bare of the arm; the elbow of a straight arm."""
    arm = _largest(body.shows(ARMS[side]))
    if arm is None or not points[SHOULDERS[side], 2]:
        return
    along = _along(arm, points[SHOULDERS[side], :2])
    tip = int(along.max())
    wrist = max(tip - _HAND * body.head_px, 0.0)
    _put(points, WRISTS[side], *_middle(abs(along - wrist) <= 1))
    shoulder, hand = points[SHOULDERS[side], :2], points[WRISTS[side], :2]
    if np.hypot(*(hand - shoulder)) >= _STRAIGHT * (_UPPER_ARM + _FOREARM) * body.head_px:
        _put(points, ELBOWS[side], *(shoulder + _UPPER_ARM / (_UPPER_ARM + _FOREARM) * (hand - shoulder)))


def _put_ankle(points: np.ndarray, body: _Body, side: int) -> None:
    foot = _largest(body.shows(SHOES[side], LEGS[side]) if body.shows(SHOES[side]).any() else body.shows(LEGS[side]))
    if foot is None:
        return
    sole = float(np.flatnonzero(foot.any(1))[-1] + 1)
    if sole >= body.parse.shape[0] - 1 or not body.shows(SHOES[side]).any():  # cut by the picture, or hidden
        return
    row = sole - _ANKLE_ABOVE_SOLE * body.head_px
    near = foot & (abs(np.arange(foot.shape[0]) - row)[:, None] <= 1.5)
    x = _middle(near if near.any() else foot)[0]
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


def _largest(shown: np.ndarray) -> np.ndarray | None:
    pieces, count = label(shown, np.ones((3, 3)))
    if not count:
        return None
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return pieces == sizes.argmax() if sizes.max() >= _LEAST_PX else None


def _along(piece: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Steps from the pixel nearest to ``start``, through the piece; -2 outside."""
    rows, columns = np.nonzero(piece)
    nearest = int(np.hypot(columns + 0.5 - start[0], rows + 0.5 - start[1]).argmin())
    steps = np.full(piece.shape, -2)
    reached = np.zeros_like(piece)
    reached[rows[nearest], columns[nearest]] = True
    steps[reached] = 0
    for step, kernel in enumerate(_kernels(), 1):
        grown = binary_dilation(reached, kernel) & piece
        new = grown & ~reached
        if not new.any():
            break
        steps[new], reached = step, grown
    return steps


def _kernels() -> Iterable[np.ndarray]:
    """A cross and a square by turns: together nearly a circle."""
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    while True:
        yield cross
        yield np.ones((3, 3), bool)


def _middle(where: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(where)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5
