"""How large somebody in a parse is, where their head is, and which way they face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.pipelines.prepare.limbs import ARMS, LEAST_PX, LEGS, SHOES, largest_piece
from fitroom.pipelines.prepare.one_person import HEAD

TRUNK = (Part.TOP, Part.OUTERWEAR, Part.DRESS, Part.JUMPSUIT, Part.NECK_AND_TORSO_SKIN)
FRONT_SHARE = 0.12  # of face in face and hair: less is a head seen from behind
# Where the head is cut: its height from the width of the face, or of the trunk below it.
_HEAD_OF_FACE, _HEAD_OF_TRUNK = 1.6, 0.62


@dataclass(frozen=True)
class Stature:
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


def stature(parse: np.ndarray) -> Stature | None:
    """None where neither head nor trunk is seen: nothing else says how large the body is."""
    found = largest_piece(parse == Part.FACE)  # specks of it elsewhere are no chin
    face = np.zeros(parse.shape, bool) if found is None else found
    head, hair = np.isin(parse, HEAD), parse == Part.HAIR
    if head.sum() < LEAST_PX:
        return _headless(parse)
    front = bool(face.any() and face.sum() >= FRONT_SHARE * (face | hair).sum())
    main = face if front else head
    crown, wide = float(np.flatnonzero(head.any(1))[0]), float(main.sum(1).max())
    # Seen from behind, hair ends anywhere: the head's own width tells where the chin would be.
    chin = float(np.percentile(np.nonzero(face)[0], 99)) + 1 if front else crown + 1.35 * wide
    tall = max(chin - crown, _HEAD_OF_FACE * wide if front and crown < 1 else 0.0, 2.0)
    middle = float(np.nonzero(main)[1].mean()) + 0.5
    return Stature(parse, chin, tall, middle, _left_of(parse, front), front)


def _headless(parse: np.ndarray) -> Stature | None:
    trunk = np.isin(parse, TRUNK)
    rows = np.flatnonzero(trunk.any(1))
    if trunk.sum() < LEAST_PX or not len(rows):
        return None
    upper = trunk[rows[0] : rows[0] + max(len(rows) // 3, 1)]
    tall = max(_HEAD_OF_TRUNK * float(np.median(upper.sum(1))), 2.0)
    middle = float(np.nonzero(upper)[1].mean()) + 0.5
    return Stature(parse, float(rows[0]), tall, middle, _left_of(parse, True), False)


def _left_of(parse: np.ndarray, front: bool) -> int:
    """By the sides of arms, legs and shoes, as the parser told them; where it did not, by the face."""
    votes = 0
    for left, right in (ARMS, LEGS, SHOES):
        places = [np.nonzero(parse == part)[1] for part in (left, right)]
        if min(map(len, places)) >= LEAST_PX:
            votes += int(np.sign(places[0].mean() - places[1].mean()))
    return int(np.sign(votes)) or (1 if front else -1)
