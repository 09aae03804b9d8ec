"""What stands behind the subject: the contract of a backdrop, and the plainest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fitroom.wardrobe.studio.scene import Camera


@dataclass(frozen=True)
class ShadowPlane:
    """A plane that catches the subject's shadow.

    Attributes:
        point_m: on the plane.
        normal: unit, towards the subject.
        strength: 1 = the full shadow, 0 = none.
    """

    point_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    normal: tuple[float, float, float] = (0.0, 0.0, 1.0)
    strength: float = 1.0


class Backdrop(Protocol):
    """Anything that fills the pixels that no ray hits."""

    @property
    def plane(self) -> ShadowPlane | None:
        """Where the subject's shadow falls, or None."""

    def image(self, camera: Camera, height_px: int, width_px: int) -> np.ndarray:
        """(height_px, width_px, 3) float32 linear light as the film receives it, 1 = white."""


@dataclass(frozen=True)
class PlainBackdrop:
    """One colour everywhere.

    Attributes:
        color: linear RGB, 1 = white.
        plane: where the shadow falls, or None.
    """

    color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    plane: ShadowPlane | None = None

    def image(self, camera: Camera, height_px: int, width_px: int) -> np.ndarray:
        """(height_px, width_px, 3) float32 of ``color``."""
        del camera
        return np.broadcast_to(np.asarray(self.color, np.float32), (height_px, width_px, 3)).copy()
