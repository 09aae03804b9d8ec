"""Which pixels lie on an edge and need more than one ray, and which of these rays need light of their own."""

from __future__ import annotations

import numpy as np
from numba import njit

from fitroom.wardrobe.studio.real import Real


@njit(cache=True)
def outlines(mesh: np.ndarray, depth_m: np.ndarray, normal: np.ndarray, pixel_m: Real) -> np.ndarray:
    """(H, W) bool: another mesh, a step in depth or a crease lies between this pixel and a neighbour.

    Args:
        mesh: (H, W) int16, -1 = backdrop. depth_m: (H, W) float32. normal: (H, W, 3) float32.
        pixel_m: width of a pixel at a depth of 1 m.
    """
    height, width = mesh.shape
    out = np.zeros((height, width), np.bool_)
    for r in range(height):
        for c in range(width):
            for step in range(2):
                r2, c2 = r + step, c + 1 - step
                if r2 >= height or c2 >= width or (mesh[r, c] < 0 and mesh[r2, c2] < 0):
                    continue
                if mesh[r, c] != mesh[r2, c2] or _apart(depth_m, normal, r, c, r2, c2, pixel_m):
                    out[r, c] = True
                    out[r2, c2] = True
    return out


@njit(cache=True)
def _apart(depth_m: np.ndarray, normal: np.ndarray, r: int, c: int, r2: int, c2: int, pixel_m: Real) -> Real:
    along = np.float32(0.0)
    for k in range(3):
        along += normal[r, c, k] * normal[r2, c2, k]
    return along < 0.75 or abs(depth_m[r, c] - depth_m[r2, c2]) > 5.0 * pixel_m * depth_m[r, c]


@njit(cache=True)
def contrasts(image: np.ndarray, limit: Real = 0.16) -> np.ndarray:
    """(H, W) bool: pixels of (H, W, 3) linear light that differ from a neighbour by ``limit`` in display units."""
    height, width, _ = image.shape
    bright = np.empty((height, width), np.float32)
    for r in range(height):
        for c in range(width):
            y = np.float32(0.3) * image[r, c, 0] + np.float32(0.6) * image[r, c, 1] + np.float32(0.1) * image[r, c, 2]
            bright[r, c] = np.sqrt(min(max(y, np.float32(0.0)), np.float32(1.0)))
    out = np.zeros((height, width), np.bool_)
    for r in range(height):
        for c in range(width):
            if c + 1 < width and abs(bright[r, c] - bright[r, c + 1]) > limit:
                out[r, c] = True
                out[r, c + 1] = True
            if r + 1 < height and abs(bright[r, c] - bright[r + 1, c]) > limit:
                out[r, c] = True
                out[r + 1, c] = True
    return out


@njit(cache=True)
def thinned(mesh: np.ndarray, of: int) -> np.ndarray:
    """(P, K) float32: of the K rays of each pixel, how many each one stands for; 0 = another stands for it.

    One in ``of`` of the rays that meet a mesh, but at least one, is kept; together they stand for all that meet it.

    Args:
        mesh: (P, K) int16, -1 = a miss.
        of: at least 1.
    """
    pixels, count = mesh.shape
    out = np.zeros((pixels, count), np.float32)
    for p in range(pixels):
        for k in range(count):
            if mesh[p, k] < 0:
                continue
            alike = rank = 0
            for other in range(count):
                if mesh[p, other] == mesh[p, k]:
                    alike += 1
                    rank += other < k
            kept = (alike + of - 1) // of
            if rank == 0 or rank * kept // alike != (rank - 1) * kept // alike:
                out[p, k] = np.float32(alike) / np.float32(kept)
    return out
