"""The parts of an undressed body, numbered and coloured as DensePose does (Guler et al. 2018).

DensePose cuts torso and limbs into a front and a back half each, along the body's own surface. Here the half is that of
the whole photo: front where the person faces the camera, else back. Its charts (U, V) are its own; here they are the
place on one neutral body, the same for everybody, which serves the same purpose but is not interchangeable.
"""

from __future__ import annotations

import numpy as np

from fitroom.contracts import HIPS, NOSE
from fitroom.wardrobe.bodies.body import BodyPart

# Part -> number of its back and of its front half; hands and feet are whole, the head's halves are right and left.
_HALVES: dict[BodyPart, tuple[int, int]] = {
    BodyPart.TORSO: (1, 2),
    BodyPart.RIGHT_HAND: (3, 3),
    BodyPart.LEFT_HAND: (4, 4),
    BodyPart.LEFT_FOOT: (5, 5),
    BodyPart.RIGHT_FOOT: (6, 6),
    BodyPart.RIGHT_THIGH: (7, 9),
    BodyPart.LEFT_THIGH: (8, 10),
    BodyPart.RIGHT_SHIN: (11, 13),
    BodyPart.LEFT_SHIN: (12, 14),
    BodyPart.LEFT_UPPER_ARM: (17, 15),
    BodyPart.RIGHT_UPPER_ARM: (18, 16),
    BodyPart.LEFT_FOREARM: (21, 19),
    BodyPart.RIGHT_FOREARM: (22, 20),
}
_HEAD = (BodyPart.HEAD, BodyPart.NECK)
_RIGHT_HEAD, _LEFT_HEAD = 23, 24
NUM_PARTS = 24
# Corners of a box round the neutral body: its own right to left, feet to head, m.
_BOX_X, _BOX_Z = (-0.55, 0.55), (-0.85, 0.85)
# OpenCV's Parula, about, in which try-on data sets colour the numbers: RGB at equal steps.
_PARULA = ((53, 42, 135), (15, 92, 221), (18, 125, 216), (7, 156, 207), (21, 177, 180), (89, 189, 140), (165, 190, 107),
           (225, 185, 82), (249, 251, 14))  # fmt: skip


def part_numbers(body_part: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """DensePose's part of each pixel.

    Args:
        body_part: (H, W) uint8 of :class:`BodyPart`.
        keypoints: (17, 3) x, y in px, visibility, COCO order; places outside the picture count as well.

    Returns:
        (H, W) uint8: 0 = no body, 1 to 24.
    """
    front = keypoints[HIPS[0], 0] > keypoints[HIPS[1], 0]
    numbers = np.zeros(len(BodyPart), np.uint8)
    for part, halves in _HALVES.items():
        numbers[part] = halves[int(front)]
    found: np.ndarray = numbers[body_part]
    left_of_nose = np.arange(body_part.shape[1]) + 0.5 < keypoints[NOSE, 0]
    head = np.isin(body_part, _HEAD)
    found[head] = np.where(left_of_nose == front, _RIGHT_HEAD, _LEFT_HEAD)[np.nonzero(head)[1]]
    return found


def part_colors() -> np.ndarray:
    """(25, 3) uint8 RGB: black, then blue to yellow for part 1 to 24."""
    steps = np.linspace(0, len(_PARULA) - 1, NUM_PARTS + 1)
    channels = [np.interp(steps, range(len(_PARULA)), channel) for channel in np.transpose(_PARULA)]
    colors = np.stack(channels, axis=-1).round().astype(np.uint8)
    colors[0] = 0
    return colors


def charts(canonical_m: np.ndarray) -> np.ndarray:
    """Where each pixel lies on the neutral body, seen from its front.

    Args:
        canonical_m: (H, W, 3) x, y, z in m on the neutral body, NaN where there is none.

    Returns:
        (2, H, W) float32 in [0, 1]: from its right to its left, from its feet to its head; 0 where there is no body.
    """
    planes = [(canonical_m[..., axis] - low) / (high - low) for axis, (low, high) in ((0, _BOX_X), (2, _BOX_Z))]
    return np.nan_to_num(np.stack(planes)).clip(0, 1).astype(np.float32)
