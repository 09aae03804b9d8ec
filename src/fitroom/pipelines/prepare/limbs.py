"""Arms, legs and feet as pieces of a parse: the largest one, the way along it, and where a hand begins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, label

from fitroom.contracts import SHOULDERS, WRISTS, Part
from fitroom.pipelines.prepare.one_person import coarse

# Left before right.
ARMS, SHOES, LEGS = (Part.LEFT_ARM, Part.RIGHT_ARM), (Part.LEFT_SHOE, Part.RIGHT_SHOE), (Part.LEFT_LEG, Part.RIGHT_LEG)
LEAST_PX = 6  # of an arm or foot, at the coarse size


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
        skin = largest_piece(small == arm)
        if skin is None or not points[[shoulder, wrist], 2].all():
            continue
        along = steps_along(skin, points[shoulder, :2])
        rows, columns = np.nonzero(skin)
        at = int(np.hypot(columns + 0.5 - points[wrist, 0], rows + 0.5 - points[wrist, 1]).argmin())
        hands[along >= along[rows[at], columns[at]]] = arm
    large = np.asarray(Image.fromarray(hands).resize(parse.shape[::-1], Image.Resampling.NEAREST))
    return (large == parse) & (large > 0)


def largest_piece(shown: np.ndarray) -> np.ndarray | None:
    pieces, count = label(shown, np.ones((3, 3)))
    if not count:
        return None
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return pieces == sizes.argmax() if sizes.max() >= LEAST_PX else None


def steps_along(piece: np.ndarray, start: np.ndarray) -> np.ndarray:
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


def _kernels() -> Iterator[np.ndarray]:
    """A cross and a square by turns: together nearly a circle."""
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    while True:
        yield cross
        yield np.ones((3, 3), bool)


def middle_of(where: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(where)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5
