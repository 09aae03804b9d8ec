"""The one person of a parse: what is not joined to them, a passer-by or specks in a wall, becomes background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, binary_fill_holes, generate_binary_structure, label

from fitroom.contracts import Part
from fitroom.pipelines.prepare.framing import box_of

HEAD = (Part.HAIR, Part.FACE, Part.HAT, Part.GLASSES)
BODY = (*HEAD, Part.NECK_AND_TORSO_SKIN, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_LEG, Part.RIGHT_LEG)
SEVERAL = 0.4  # a second face of at least this share of the person's own
_COARSE_PX = 256
_BODY_COUNTS = 3  # a wall taken for a shirt has no skin: skin and hair weigh more
_GAP = 0.012  # of the longer side: a strap or a shadow does not cut a person in two


@dataclass(frozen=True)
class OnePerson:
    """The person, alone.

    Attributes:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`, background elsewhere.
        dropped: share of what the parse showed that was left out, in [0, 1].
        second_face: area of the largest face elsewhere over that of the person's own; 0 = none.
    """

    parse: np.ndarray
    dropped: float
    second_face: float

    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) in px, the last two beyond; the whole picture where nobody is left."""
        return box_of(self.parse > 0)


def one_person(parse: np.ndarray) -> OnePerson:
    """Finds the person of a parse: the piece with the most body in it, gaps of 1 % of the picture closed.

    Args:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`.
    """
    small = coarse(parse)
    pieces, count = label(_joined(small > 0), generate_binary_structure(2, 2))
    if not count:
        return OnePerson(np.zeros_like(parse), 0.0, 0.0)
    shown, body = (np.bincount(pieces.ravel(), where.ravel(), count + 1) for where in (small > 0, np.isin(small, BODY)))
    shown[0] = body[0] = 0
    own = int((shown + _BODY_COUNTS * body).argmax())
    kept = np.asarray(Image.fromarray(pieces == own).resize(parse.shape[::-1], Image.Resampling.NEAREST))
    kept = binary_dilation(kept, iterations=max(round(max(parse.shape) / _COARSE_PX / 2), 1))
    alone = np.where(kept, parse, 0).astype(np.uint8)
    faces = np.bincount(pieces.ravel(), (small == Part.FACE).ravel(), count + 1)
    others = max(np.delete(faces, [0, own]), default=0.0)
    total = int((parse > 0).sum())
    dropped = 1 - int((alone > 0).sum()) / total if total else 0.0
    return OnePerson(alone, dropped, float(others / faces[own]) if faces[own] else float(others > 0))


def coarse(parse: np.ndarray, longest_px: int = _COARSE_PX) -> np.ndarray:
    """The labels at ``longest_px`` or less, nearest: shapes are looked at there, edges are not."""
    scale = min(longest_px / max(parse.shape), 1.0)
    height, width = (max(round(side * scale), 1) for side in parse.shape)
    return np.asarray(Image.fromarray(parse).resize((width, height), Image.Resampling.NEAREST))


def _joined(shown: np.ndarray) -> np.ndarray:
    """With narrow gaps bridged, and holes filled; what is bridged belongs to the piece, not to the person."""
    filled: np.ndarray = binary_fill_holes(
        binary_dilation(shown, iterations=max(round(_GAP * max(shown.shape) / 2), 1))
    )
    return filled
