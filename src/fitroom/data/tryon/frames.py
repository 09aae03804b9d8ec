"""Where a view looks: the frame of the person mirrored, scaled, shifted and bent, the shop photo mirrored and moved.

Places are x, y in [-1, 1] of a picture, as ``grid_sample`` counts them without align_corners. Maps that hold places of
the shop photo move along exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional as F

BEND_NODES = (5, 4)
"""Rows and columns of the lattice that bends a frame."""
_MARGIN = 0.97  # a moved garment stays inside its photo


@dataclass(frozen=True)
class Move:
    """How both photos are moved and relit; the identity by default.

    Attributes:
        scale: 2 = the person is twice as large.
        shift: x and y of the frame's centre in the picture of the person.
        mirrored: left and right are changed, in the shop photo too.
        bend: (2, rows, columns): how much further x and y a frame looks at the nodes of a lattice over it, smoothly
            in between; None = not at all.
        photo: (2, 3): the place in the shop photo, already mirrored, that a place (x, y, 1) of the moved one shows;
            None = the same place.
        person_light, garment_light: (3,) factors of colour, person and worn alike.
    """

    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False
    bend: np.ndarray | None = None
    photo: np.ndarray | None = None
    person_light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    garment_light: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def moves(self) -> bool:
        """Whether pixels of the person change place, mirroring aside."""
        return self.scale != 1 or self.shift != (0.0, 0.0) or self.bend is not None


class PersonFrame:
    """Looks pictures of the person, of any size, up as a moved frame sees them; the same place at every size.

    Args:
        height, width: of the full size, px.
        move: of the frame.
    """

    def __init__(self, height: int, width: int, move: Move) -> None:
        self.height, self.width, self.move = height, width, move
        self._bend = None if move.bend is None else torch.from_numpy(np.asarray(move.bend, np.float32))
        self._known: dict[tuple[int, ...], torch.Tensor] = {}

    def half(self, picture_CHW: torch.Tensor, nearest: bool = False) -> torch.Tensor:
        """(C, h, w) to (C, H/2, W/2)."""
        return self._look(picture_CHW, self.height // 2, self.width // 2, nearest)

    def quarter(self, picture_CHW: torch.Tensor, nearest: bool = False) -> torch.Tensor:
        """(C, h, w) to (C, H/4, W/4)."""
        return self._look(picture_CHW, self.height // 4, self.width // 4, nearest)

    def cut(self, picture_CHW: torch.Tensor, window: tuple[int, int], nearest: bool = False) -> torch.Tensor:
        """(C, H, W) to the window, (C, H/2, W/2)."""
        height, width, (top, left) = self.height // 2, self.width // 2, window
        if not self.move.moves:
            left = self.width - width - left if self.move.mirrored else left
            return mirrored(picture_CHW[:, top : top + height, left : left + width], self.move)
        return _sample(picture_CHW, self._places(self.height, self.width, window, (height, width)), nearest)

    def rows(self, rows_N: np.ndarray) -> np.ndarray:
        """Rows of the picture as rows of the frame, both as shares of the height; NaN where it is bent."""
        if self._bend is not None:
            return np.full_like(rows_N, np.nan)
        moved: np.ndarray = ((2 * rows_N - 1 - self.move.shift[1]) * self.move.scale + 1) / 2
        return moved

    def _look(self, picture_CHW: torch.Tensor, height: int, width: int, nearest: bool) -> torch.Tensor:
        if not self.move.moves and picture_CHW.shape[-2:] == (height, width):
            return mirrored(picture_CHW, self.move)
        return _sample(picture_CHW, self._places(height, width, (0, 0), (height, width)), nearest)

    def _places(self, height: int, width: int, window: tuple[int, int], size: tuple[int, int]) -> torch.Tensor:
        """(size, 2) places in the picture that a window of a frame of this height and width looks at."""
        if (key := (height, width, *window, *size)) in self._known:
            return self._known[key]
        grid = _grid(height, width, window, size)
        move = self.move
        places = grid * torch.tensor([-1.0 if move.mirrored else 1.0, 1.0]) / move.scale + torch.tensor(move.shift)
        if self._bend is not None:
            rows, columns = (
                _between(nodes, side)[start : start + n]
                for nodes, side, start, n in zip(BEND_NODES, (height, width), window, size, strict=True)
            )
            places += (rows @ self._bend @ columns.T).permute(1, 2, 0)
        self._known[key] = places
        return places


class PhotoFrame:
    """The shop photo as a move shows it, and maps of places in it."""

    def __init__(self, move: Move) -> None:
        self.move = move
        self._photo = None if move.photo is None else torch.from_numpy(np.asarray(move.photo, np.float32))
        self._known: dict[tuple[int, int], torch.Tensor] = {}

    def look(self, picture_CHW: torch.Tensor) -> torch.Tensor:
        """(C, h, w) to the same size."""
        picture_CHW = mirrored(picture_CHW, self.move)
        if self._photo is None:
            return picture_CHW
        size = (picture_CHW.shape[-2], picture_CHW.shape[-1])
        if size not in self._known:
            x, y = _grid(*size, (0, 0), size).unbind(-1)
            self._known[size] = torch.stack([a * x[:1] + (b * y[:, :1] + c) for a, b, c in self._photo.tolist()], -1)
        return _sample(picture_CHW, self._known[size], nearest=False)

    def places(self, flow_2HW: torch.Tensor) -> torch.Tensor:
        """Places in the photo as it is, (2, h, w), to those of the same points in the moved one."""
        if self.move.mirrored:
            flow_2HW = flow_2HW * torch.tensor([-1.0, 1.0])[:, None, None]
        if self._photo is None:
            return flow_2HW
        back, origin = torch.linalg.inv(self._photo[:, :2]), self._photo[:, 2]
        return torch.einsum("ij,jhw->ihw", back, flow_2HW - origin[:, None, None])


def mirrored(picture_CHW: torch.Tensor, move: Move) -> torch.Tensor:
    """The picture, or its mirror image."""
    return picture_CHW.flip(-1) if move.mirrored else picture_CHW


def random_bend(rng: np.random.Generator, most: float) -> np.ndarray:
    """(2, rows, columns): even up to ``most`` of half a frame, which is drawn itself: many bend little."""
    return rng.uniform(-1, 1, (2, *BEND_NODES)) * rng.uniform(0, most)


def random_photo_move(
    in_photo: np.ndarray, rng: np.random.Generator, most_scale: float, most_turn_deg: float
) -> np.ndarray:
    """A move of the shop photo that keeps the garment inside; see :class:`Move`.

    Args:
        in_photo: (H, W) bool, the garment in its photo, mirrored as the view will be.
        rng: of the view.
        most_scale: height and width, each on its own, are at most this much larger or smaller.
        most_turn_deg: turned at most this far, either way.
    """
    height, width = in_photo.shape
    rows, columns = np.flatnonzero(in_photo.any(1)), np.flatnonzero(in_photo.any(0))
    if not len(rows):
        return np.eye(2, 3)
    (left, right), (top, bottom) = (
        2 * np.array([found[0], found[-1] + 1]) / side - 1 for found, side in ((columns, width), (rows, height))
    )
    turn = np.deg2rad(rng.uniform(-most_turn_deg, most_turn_deg))
    aspect = np.array([width, height]) / height
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * aspect[None] / aspect[:, None]
    forth = np.diag(most_scale ** rng.uniform(-1, 1, 2)) @ turned
    corners = forth @ np.array([[left, right, left, right], [top, top, bottom, bottom]])
    extent, middle = np.ptp(corners, axis=1), (corners.max(1) + corners.min(1)) / 2
    smaller = min(1.0, float((2 * _MARGIN / extent).min()))
    room = _MARGIN - smaller * extent / 2
    centre = np.clip(smaller * middle, -room, room)
    target = centre + rng.uniform(-1, 1, 2) * np.minimum(room - np.abs(centre), 0.3)
    back = np.linalg.inv(smaller * forth)
    return np.concatenate([back, back @ (smaller * middle - target)[:, None]], axis=1)


def _grid(height: int, width: int, window: tuple[int, int], size: tuple[int, int]) -> torch.Tensor:
    """(size, 2) places of the pixels of a window."""
    x, y = (
        (torch.arange(n, dtype=torch.float32) + start + 0.5) * (2 / side) - 1
        for n, start, side in ((size[1], window[1], width), (size[0], window[0], height))
    )
    return torch.stack([x[None].expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=-1)


@lru_cache(16)
def _between(nodes: int, side: int) -> torch.Tensor:
    """(side, nodes): weights of a smooth curve's nodes at each of so many places along it."""
    return F.interpolate(torch.eye(nodes)[None, None], size=(side, nodes), mode="bicubic", align_corners=True)[0, 0]


def _sample(picture_CHW: torch.Tensor, places_HW2: torch.Tensor, nearest: bool) -> torch.Tensor:
    mode = "nearest" if nearest else "bilinear"
    return F.grid_sample(picture_CHW[None], places_HW2[None], mode=mode, padding_mode="border", align_corners=False)[0]
