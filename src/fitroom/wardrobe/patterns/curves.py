"""Plane curves for pattern drafting: Bezier arcs, arc length, resampling. All in cm, (N, 2) float64 polylines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

Point = tuple[float, float] | np.ndarray


def bezier(*control: Point, num_points: int = 48) -> np.ndarray:
    """Bezier curve of any degree through its first and last control point (de Casteljau)."""
    t = np.linspace(0.0, 1.0, num_points)[:, None]
    layer = [np.broadcast_to(np.asarray(point, float), (num_points, 2)) for point in control]
    while len(layer) > 1:
        layer = [(1 - t) * first + t * second for first, second in pairwise(layer)]
    return np.ascontiguousarray(layer[0])


def line(start: Point, stop: Point) -> np.ndarray:
    """The straight stretch from ``start`` to ``stop``."""
    return np.array([start, stop], float)


def concatenate(curves: Sequence[np.ndarray]) -> np.ndarray:
    """Curves end to end; where one begins at the last one's end, the point is kept once."""
    joined = [np.asarray(curves[0], float)]
    for curve in curves[1:]:
        repeated = np.allclose(curve[0], joined[-1][-1], atol=1e-9)
        joined.append(curve[1:] if repeated else curve)
    return np.concatenate(joined)


def mirror(curve: np.ndarray) -> np.ndarray:
    """Reflected in x = 0 and reversed, so that a counter-clockwise outline stays counter-clockwise."""
    return curve[::-1] * np.array([-1.0, 1.0])


def arc_length(curve: np.ndarray) -> np.ndarray:
    """(N,) length from the first point to each point, in the curve's unit."""
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def length(curve: np.ndarray) -> float:
    """Length of the whole polyline."""
    return float(arc_length(curve)[-1])


def resample(curve: np.ndarray, num_segments: int) -> np.ndarray:
    """The curve with ``num_segments`` + 1 points evenly along its arc; both ends are kept exactly."""
    distance = arc_length(curve)
    where = np.linspace(0.0, distance[-1], num_segments + 1)
    points = np.stack([np.interp(where, distance, curve[:, axis]) for axis in (0, 1)], axis=1)
    points[0], points[-1] = curve[0], curve[-1]
    return points


def segments_for(curve_length: float, spacing: float) -> int:
    """How many segments of about ``spacing`` a curve takes; at least 1."""
    return max(1, round(curve_length / spacing))


def signed_area(outline: np.ndarray) -> float:
    """Area of a closed polygon (the first point not repeated); positive when counter-clockwise."""
    after = np.roll(outline, -1, axis=0)
    return float(0.5 * np.sum(outline[:, 0] * after[:, 1] - after[:, 0] * outline[:, 1]))


def through(points: np.ndarray, num_points: int = 60) -> np.ndarray:
    """Smooth curve through points whose heights (y) rise or fall steadily; it overshoots none of them (PCHIP)."""
    ordered = points[np.argsort(points[:, 1])]
    heights = np.unique(np.concatenate([np.linspace(ordered[0, 1], ordered[-1, 1], num_points), ordered[:, 1]]))
    curve = np.stack([PchipInterpolator(ordered[:, 1], ordered[:, 0])(heights), heights], axis=1)
    return curve if points[0, 1] < points[-1, 1] else curve[::-1]
