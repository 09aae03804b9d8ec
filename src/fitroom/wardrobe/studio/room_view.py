"""An empty room as the camera sees it: where each pixel's ray meets the wall and the floor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fitroom.wardrobe.studio.camera import axes, rays
from fitroom.wardrobe.studio.scene import Camera


@dataclass(frozen=True)
class RoomView:
    """Per pixel, all (H, W) float32 in m.

    Attributes:
        across: on the wall, to the right of the subject.
        above: on the wall, above the floor; negative below the foot of the wall, where the floor is seen.
        floor_across, floor_out: on the floor: to the right, and away from the wall; above the foot of the wall they
            stay what they are there.
        x, y: place in the picture, -1 left to 1 right and -1 top to 1 bottom.
        pixel_m: width of a pixel at the wall.
    """

    across: np.ndarray
    above: np.ndarray
    floor_across: np.ndarray
    floor_out: np.ndarray
    x: np.ndarray
    y: np.ndarray
    pixel_m: float

    def floor(self, soft_m: float = 0.0) -> np.ndarray:
        """(H, W) share of floor: 1 below the foot of the wall, 0 above, over ``soft_m`` or at least a pixel."""
        t = np.clip(0.5 - self.above / max(soft_m, 1.5 * self.pixel_m), 0.0, 1.0)
        return t * t * (3.0 - 2.0 * t)


def room_view(camera: Camera, height_px: int, width_px: int, wall_m: float) -> RoomView:
    """A room whose wall faces the camera, ``wall_m`` behind the camera's target."""
    grid = rays(replace(camera, height_px=height_px, width_px=width_px))
    ahead = axes(camera)[2].copy()
    ahead[2] = 0.0
    ahead = (ahead / max(float(np.linalg.norm(ahead)), 1e-6)).astype(np.float32)
    right = np.array([ahead[1], -ahead[0], 0.0], np.float32)
    away = np.float32(np.dot(np.subtract(camera.target_m, camera.eye_m), ahead) + wall_m)
    eye_z = np.float32(camera.eye_m[2])
    forward, sideways = grid @ ahead, grid @ right
    to_wall = away / np.maximum(forward, np.float32(1e-3))
    to_floor = np.where(grid[..., 2] < -1e-4, -eye_z / np.minimum(grid[..., 2], np.float32(-1e-4)), np.float32(1e6))
    to_floor = np.clip(to_floor, 0.0, to_wall)
    x, y = np.meshgrid(np.linspace(-1, 1, width_px, dtype=np.float32), np.linspace(-1, 1, height_px, dtype=np.float32))
    pixel = float(camera.height_m / height_px * away / max(float(away) - wall_m, 0.1))
    above = eye_z + to_wall * grid[..., 2]
    return RoomView(to_wall * sideways, above, to_floor * sideways, away - to_floor * forward, x, y, pixel)
