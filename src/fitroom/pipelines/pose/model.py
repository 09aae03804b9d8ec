"""What a pose model is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Pose:
    """One person, found in a photo of H x W px.

    Attributes:
        keypoints: (17, 3) float32 x, y in px, visibility 2 or 0; COCO order.
        mask: (H, W) float32 in [0, 1]: share of each pixel that is the person with what they carry; None where the
            model does not tell.
    """

    keypoints: np.ndarray
    mask: np.ndarray | None = None


class PoseModel(Protocol):
    """Anything that finds joints: it has a ``hash`` and is called with a photo."""

    hash: str

    def __call__(self, image_u8: np.ndarray) -> Pose | None:
        """The person of a photo (H, W, 3) uint8 RGB, the largest of several; None = nobody."""
        ...
