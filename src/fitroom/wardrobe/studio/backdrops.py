"""Catalogue of backdrops, as in the studios of fashion shops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from fitroom.wardrobe.plan import check_index
from fitroom.wardrobe.studio import bokeh, walls
from fitroom.wardrobe.studio.room_view import RoomView, room_view
from fitroom.wardrobe.studio.scene import Camera
from fitroom.wardrobe.studio.stage import Backdrop, ShadowPlane

NUM_BACKDROPS = 256
_CONSTANT = 0xBAC4D
_SHARES = {
    "paper": 0.45, "cove": 0.12, "plaster": 0.11, "concrete": 0.07, "boards": 0.10, "window": 0.07, "bokeh": 0.08,
}  # fmt: skip
# sRGB; the first eight are the light neutrals that most shops use
_TONES = (
    "f4f4f3", "ececeb", "e4e3e1", "dad9d7", "efece6", "e6e1d9", "f0eeee", "e1e4e7",
    "d8cfc3", "c9bfb2", "cdd3cf", "b9c2bb", "d9c7bf", "e3d3cb", "c3ccd6", "a9b4c2",
    "b8b6b3", "9d9b98", "d6c6a8", "b59a86", "8f9a93", "c7bccb", "6f6e6d", "4a4a4b",
)  # fmt: skip
_FLOOR = ShadowPlane(strength=0.92)
_WOODS = ("c9a982", "b08d68", "8c6a4c", "d6c1a4", "a79783", "6e5340")


@dataclass(frozen=True, eq=False)
class StudioBackdrop:
    """One backdrop of the catalogue.

    Attributes:
        index: its number.
        kind: paper, cove, plaster, concrete, boards, window or bokeh.
        wall, floor: (3,) linear reflectance.
        wall_m: distance of the wall behind the subject.
        centre: where the light falls brightest, in the picture, -1 to 1.
        fall_off: how much darker the corners are.
        tilt: how much darker one side is than the other, in [-1, 1] times a tenth.
        blur: of the lens, in thousandths of the picture's height.
        seed: of its grain.
        plane: the floor.
    """

    index: int
    kind: str
    wall: np.ndarray
    floor: np.ndarray
    wall_m: float
    centre: tuple[float, float]
    fall_off: float
    tilt: float
    blur: float
    seed: int
    plane: ShadowPlane = _FLOOR

    def image(self, camera: Camera, height_px: int, width_px: int) -> np.ndarray:
        """(height_px, width_px, 3) float32 linear light, 1 = white; read-only, as the last ones are remembered."""
        return _picture(self, camera, height_px, width_px)

    def draw(self, camera: Camera, height_px: int, width_px: int) -> np.ndarray:
        """What :meth:`image` remembers."""
        view = room_view(camera, height_px, width_px, self.wall_m)
        if self.kind == "bokeh":
            return self._scenery(view, height_px, width_px)
        rng = np.random.default_rng([self.seed, 1])
        painted = self._painted(view, rng)
        light = self._light(view)
        if self.kind == "window":
            patches = walls.window_light(view, *_window(rng))[..., None]
            shaded = 0.70 + 0.42 * patches * np.array([1.06, 1.0, 0.90])
            painted = painted * (shaded * (1 - view.floor(0.3)[..., None]) + 0.82 * view.floor(0.3)[..., None])
        image = painted * light[..., None]
        sigma = self.blur * 1e-3 * height_px
        return gaussian_filter(image.astype(np.float32), (sigma, sigma, 0), mode="nearest")

    def _painted(self, view: RoomView, rng: np.random.Generator) -> np.ndarray:
        if self.kind == "paper" or (self.kind == "window" and self.seed % 2):
            return walls.paper(view, self.wall, rng.uniform(0.94, 1.05))
        if self.kind == "cove":
            return walls.cove(view, self.wall, self.floor, rng.uniform(0.05, 0.5))
        if self.kind == "concrete":
            wall = walls.concrete(view, self.wall, self.seed, rng.uniform(1.0, 1.5))
            return walls.room(view, wall, walls.screed(view, self.floor, self.seed), None)
        wall = walls.plaster(view, self.wall, self.seed, rng.uniform(0.25, 1.1))
        if self.kind == "boards":
            floor = walls.boards(view, self.floor, self.seed, rng.uniform(0.09, 0.19), bool(rng.random() < 0.6))
            return walls.room(view, wall, floor, np.array([0.80, 0.79, 0.77]), rng.uniform(0.07, 0.16))
        return walls.room(view, wall, walls.screed(view, self.floor, self.seed), None)

    def _light(self, view: RoomView) -> np.ndarray:
        x, y = view.x - self.centre[0], view.y - self.centre[1]
        pool = np.exp(-0.5 * (x * x + 0.7 * y * y))
        return (1.0 - self.fall_off * (1.0 - pool)) * (1.0 + 0.1 * self.tilt * view.x)

    def _scenery(self, view: RoomView, height_px: int, width_px: int) -> np.ndarray:
        column = view.above[:, view.above.shape[1] // 2]
        horizon = float(np.mean(column > 0.0)) if column.min() < 0.0 else 1.5
        kind = ("interior", "street", "greenery")[self.seed % 3]
        small = bokeh.scenery(kind, self.seed, horizon, width_px / height_px)
        return (bokeh.enlarge(small, height_px, width_px) * self._light(view)[..., None]).astype(np.float32)


@lru_cache(maxsize=2)
def _picture(backdrop: StudioBackdrop, camera: Camera, height_px: int, width_px: int) -> np.ndarray:
    image = backdrop.draw(camera, height_px, width_px)
    image.flags.writeable = False
    return image


@lru_cache(maxsize=NUM_BACKDROPS)
def backdrop(index: int) -> Backdrop:
    """One of :data:`NUM_BACKDROPS` backdrops: 45 % plain paper, then coves, walls, rooms and blurred places.

    Raises:
        ConfigError: for an index outside [0, NUM_BACKDROPS).
    """
    check_index("backdrop", index, NUM_BACKDROPS)
    rng = np.random.default_rng([index, _CONSTANT])
    kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    tone = int(rng.integers(8) if rng.random() < 0.55 else rng.integers(len(_TONES)))
    wall = _linear(_TONES[tone]) * rng.uniform(0.94, 1.04)
    if kind == "concrete":
        wall = _linear("b5b3af") * rng.uniform(0.7, 1.15)
    floor = wall * rng.uniform(0.72, 1.08)
    if kind == "boards":
        floor = _linear(_WOODS[int(rng.integers(len(_WOODS)))])
    if kind in ("plaster", "window"):
        floor = _linear("bdb9b3") * rng.uniform(0.6, 1.1)
    return StudioBackdrop(
        index=index,
        kind=kind,
        wall=wall,
        floor=floor,
        wall_m=float(rng.uniform(6.0, 9.0) if kind == "bokeh" else rng.uniform(0.9, 2.0)),
        centre=(float(rng.uniform(-0.4, 0.4)), float(rng.uniform(-0.6, 0.0))),
        fall_off=float(rng.uniform(0.08, 0.32)),
        tilt=float(rng.uniform(-1.0, 1.0)),
        blur=float(rng.uniform(0.8, 2.5)),
        seed=int(rng.integers(1 << 30)),
    )


def _window(rng: np.random.Generator) -> tuple[float, float, int, float]:
    """Shift, slant, panes and softness of the patches."""
    side = float(rng.choice([-1.0, 1.0]))
    slant = side * float(rng.uniform(0.2, 0.6))
    return side * float(rng.uniform(0.0, 0.5)), slant, int(rng.integers(2, 4)), float(rng.uniform(0.015, 0.05))


def _linear(code: str) -> np.ndarray:
    """(3,) linear reflectance of a six-digit sRGB colour."""
    unit = np.array([int(code[k : k + 2], 16) for k in (0, 2, 4)]) / 255.0
    return np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
