"""One panel to draw on: texels in garment coordinates, and ribbons of distance along seams, pockets and hems."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit

from fitroom.wardrobe.patterns.pattern import Edge, Panel

_LONGEST_STEP_CM = 3.0  # of a ribbon's segments; keeps the boxes that are searched small


@dataclass
class Patch:
    """A rectangle of a canvas, as slices, and where its texels lie (garment coordinates, cm, to broadcast)."""

    at: tuple[slice, slice]
    x_cm: np.ndarray
    y_cm: np.ndarray


@dataclass
class Ribbon:
    """The texels near a line.

    Attributes:
        at: the rectangle of the canvas that holds them.
        across_cm: (h, w) float32 distance to the line, positive on its left; inf beyond the reach.
        along_cm: (h, w) float32 distance from the start of the line to the nearest point of it.
        length_cm: of the line.
    """

    at: tuple[slice, slice]
    across_cm: np.ndarray
    along_cm: np.ndarray
    length_cm: float


@dataclass
class Canvas:
    """The painted rectangle round one panel.

    Garment coordinates are those of the panel laid flat: x to the wearer's left for fronts and backs, mirrored panels
    included; a panel folded round a limb keeps its own (u, v).

    Attributes:
        panel: what is painted.
        px_per_cm: texels per cm.
        origin_px: column and row of panel point (0, 0).
        albedo: (h, w, 3) float32, linear.
        height_mm: (h, w) float32.
    """

    panel: Panel
    px_per_cm: float
    origin_px: tuple[float, float]
    albedo: np.ndarray
    height_mm: np.ndarray

    @property
    def turn(self) -> float:
        """-1 where x runs against the panel's u, else 1."""
        return -1.0 if self.panel.mirror and self.panel.side != 0 else 1.0

    @property
    def shift_cm(self) -> tuple[float, float]:
        """Garment coordinates of panel point (0, 0)."""
        return self.panel.offset_cm if self.panel.side != 0 else (0.0, 0.0)

    def columns(self) -> np.ndarray:
        """(w,) garment x of the texel centres, cm."""
        u_cm = (np.arange(self.albedo.shape[1]) + 0.5 - self.origin_px[0]) / self.px_per_cm
        return np.asarray(self.shift_cm[0] + self.turn * u_cm, np.float32)

    def rows(self) -> np.ndarray:
        """(h,) garment y of the texel centres, cm."""
        v_cm = (self.origin_px[1] - np.arange(self.albedo.shape[0]) - 0.5) / self.px_per_cm
        return np.asarray(self.shift_cm[1] + v_cm, np.float32)

    def patch(self, left_cm: float, right_cm: float, bottom_cm: float, top_cm: float) -> Patch | None:
        """The texels between these garment coordinates, or None where the canvas has none of them."""
        x_cm, y_cm = self.columns(), self.rows()
        columns = np.flatnonzero((x_cm >= left_cm) & (x_cm <= right_cm))
        rows = np.flatnonzero((y_cm >= bottom_cm) & (y_cm <= top_cm))
        if not len(columns) or not len(rows):
            return None
        at = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        return Patch(at, x_cm[at[1]][None, :], y_cm[at[0]][:, None])

    def edge_line(self, edge: Edge) -> np.ndarray:
        """(N, 2) the edge in garment coordinates, running so that the inside of the panel is on its left."""
        line = np.asarray(edge.points_cm, float) * (self.turn, 1.0) + self.shift_cm
        return line if self.turn > 0 else line[::-1]

    def ribbon(self, line_cm: np.ndarray, reach_cm: float) -> Ribbon | None:
        """Distances to a polyline (N, 2) in garment coordinates, or None where it misses the canvas."""
        line = _subdivide(np.asarray(line_cm, float))
        flat = (line - self.shift_cm) * (self.turn, 1.0) * (self.px_per_cm, -self.px_per_cm) + self.origin_px - 0.5
        reach_px = reach_cm * self.px_per_cm
        low = np.maximum(np.floor(flat.min(0) - reach_px), 0).astype(int)
        high = np.minimum(np.ceil(flat.max(0) + reach_px) + 1, self.height_mm.shape[::-1]).astype(int)
        if (high <= low).any():
            return None
        across = np.full((high[1] - low[1], high[0] - low[0]), np.inf, np.float32)
        along = np.zeros_like(across)
        # Rows run down, so what is left of the line on cloth is right of it among the texels.
        length_px = _measure(flat - low, reach_px, across, along)
        scale = np.float32(1.0 / self.px_per_cm)
        at = slice(low[1], high[1]), slice(low[0], high[0])
        return Ribbon(at, across * np.float32(scale * self.turn), along * scale, length_px / self.px_per_cm)


def _subdivide(line: np.ndarray) -> np.ndarray:
    """The polyline with segments of at most ``_LONGEST_STEP_CM``."""
    pieces = [line[:1]]
    for start, stop in pairwise(line):
        count = max(1, math.ceil(float(np.hypot(*(stop - start))) / _LONGEST_STEP_CM))
        pieces.append(start + (stop - start) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(pieces)


@njit(cache=True)
def _measure(line: np.ndarray, reach: float, across: np.ndarray, along: np.ndarray) -> float:
    """Fill signed distance and arc length for the texels within reach of the line; returns its length. Unit: px."""
    height, width = across.shape
    arc = 0.0
    for k in range(line.shape[0] - 1):
        ax, ay = line[k, 0], line[k, 1]
        dx, dy = line[k + 1, 0] - ax, line[k + 1, 1] - ay
        length = math.sqrt(dx * dx + dy * dy)
        if length < 1e-9:
            continue
        left = max(0, math.floor(min(ax, ax + dx) - reach))
        right = min(width, math.ceil(max(ax, ax + dx) + reach) + 1)
        top = max(0, math.floor(min(ay, ay + dy) - reach))
        bottom = min(height, math.ceil(max(ay, ay + dy) + reach) + 1)
        for i in range(top, bottom):
            for j in range(left, right):
                px, py = j - ax, i - ay
                t = min(1.0, max(0.0, (px * dx + py * dy) / (length * length)))
                ex, ey = px - t * dx, py - t * dy
                distance = math.sqrt(ex * ex + ey * ey)
                if distance <= reach and distance < abs(across[i, j]):
                    across[i, j] = distance if dy * px - dx * py >= 0.0 else -distance
                    along[i, j] = arc + t * length
        arc += length
    return arc


@njit(cache=True)
def lay_cloth(
    albedo: np.ndarray,
    height_mm: np.ndarray,
    columns_cm: np.ndarray,
    rows_cm: np.ndarray,
    turn: tuple[float, float],
    tile: np.ndarray,
    repeat_cm: tuple[float, float],
    gain: np.ndarray,
    relief_mm: np.ndarray,
    weave_cm: float,
) -> None:
    """Fill a canvas with a printed, woven cloth.

    Args:
        albedo: (h, w, 3) and ``height_mm`` (h, w), written in place.
        height_mm: see above.
        columns_cm: (w,) and ``rows_cm`` (h,), garment coordinates of the texels.
        rows_cm: see above.
        turn: cosine and sine of the angle by which the cloth is turned on the panel.
        tile: (th, tw, 3) one repeat of the print, row 0 on top.
        repeat_cm: its width and height.
        gain: (n, n) and ``relief_mm`` (n, n): one square of weave, ``weave_cm`` wide.
        relief_mm: see above.
        weave_cm: see above.
    """
    tile_height, tile_width = tile.shape[0], tile.shape[1]
    size = gain.shape[0]
    for i in range(rows_cm.shape[0]):
        for j in range(columns_cm.shape[0]):
            x = turn[0] * columns_cm[j] + turn[1] * rows_cm[i]
            y = turn[0] * rows_cm[i] - turn[1] * columns_cm[j]
            px = x / repeat_cm[0]
            py = -y / repeat_cm[1]
            column = min(int((px - math.floor(px)) * tile_width), tile_width - 1)
            row = min(int((py - math.floor(py)) * tile_height), tile_height - 1)
            wx = x / weave_cm
            wy = -y / weave_cm
            weave_column = min(int((wx - math.floor(wx)) * size), size - 1)
            weave_row = min(int((wy - math.floor(wy)) * size), size - 1)
            factor = gain[weave_row, weave_column]
            for c in range(3):
                albedo[i, j, c] = tile[row, column, c] * factor
            height_mm[i, j] = relief_mm[weave_row, weave_column]
