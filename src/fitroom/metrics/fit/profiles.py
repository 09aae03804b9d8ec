"""Lines of a garment, station by station: where columns begin and end, how wide rows are, how far limbs are covered.

A profile is (S,) float64 in px, NaN where a station cannot be read (nothing of the garment there, or something before
it). Two pictures of one pose have the same stations, so their profiles can be compared station by station.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label, map_coordinates

from fitroom.metrics.fit.scene import OCCLUDERS, Seen

HALF = 0.5
_SPECK_SHARE = 0.02  # pieces smaller than this share of the garment are dirt
_LIMB_STEP_PX = 0.5


def without_specks(garment_unit: np.ndarray) -> np.ndarray:
    """The garment without pieces that are too small to be part of it."""
    pieces, count = label(garment_unit > HALF, structure=np.ones((3, 3)))
    if count <= 1:
        return garment_unit
    sizes = np.bincount(pieces.ravel())
    dirt = sizes < _SPECK_SHARE * sizes[1:].sum()
    dirt[0] = False
    clean: np.ndarray = np.where(dirt[pieces], 0.0, garment_unit).astype(np.float32)
    return clean


def lower_edge(seen: Seen, columns: np.ndarray, gap_px: int) -> np.ndarray:
    """(S,) y where the garment ends in each of ``columns``; NaN where no garment is, where an arm, hair or a bag hides
    the end, and where it reaches to the picture's border.

    Args:
        seen: the picture.
        columns: (S,) int, inside the picture.
        gap_px: how far below the edge to look for what hides it.
    """
    return _edge(seen, columns, gap_px, from_below=True)


def lower_border(seen: Seen, columns: np.ndarray) -> np.ndarray:
    """(S,) y of the picture's border in those of ``columns`` where the garment reaches to it, so that it is at least so
    long; NaN elsewhere."""
    height = seen.garment_unit.shape[0]
    return np.where(seen.garment_unit[-1, columns] > HALF, float(height), np.nan)


def upper_edge(seen: Seen, columns: np.ndarray, gap_px: int) -> np.ndarray:
    """(S,) y where the garment begins in each of ``columns``; NaN as for :func:`lower_edge`."""
    return _edge(seen, columns, gap_px, from_below=False)


def half_widths(
    seen: Seen, rows: np.ndarray, axis_px: np.ndarray, arms_near: np.ndarray, gap_px: int
) -> tuple[np.ndarray, np.ndarray]:
    """How far the garment reaches from the trunk's axis, to the left and to the right of it, in each row.

    Args:
        seen: the picture.
        rows: (S,) int, inside the picture.
        axis_px: (S,) x of the axis in each row.
        arms_near: (H, W) bool: where the arms are, with room for their sleeves.
        gap_px: how far beyond the border to look for what hides it.

    Returns:
        (S, 2) px to its border; NaN where no garment is, where it reaches to the picture's border, and where the border
        cannot be told: an arm or its sleeve begins there. And (S, 2) px to where it goes out of sight in these two
        cases, so that it is at least so wide; NaN elsewhere.
    """
    found, least = np.full((2, len(rows), 2), np.nan)
    for station, (row, axis) in enumerate(zip(rows, axis_px, strict=True)):
        middle = round(axis)
        for side, step in enumerate((-1, 1)):
            columns = np.arange(middle, -1, -1) if step < 0 else np.arange(middle, seen.parse.shape[1])
            if len(columns) > 2:
                edge, hidden = _side_edge(seen, row, columns, arms_near, gap_px)
                found[station, side], least[station, side] = abs(edge - axis), abs(hidden - axis)
    return found, least


def limb_cover(seen: Seen, joints_px: np.ndarray, skin_unit: np.ndarray, half_px: float, beyond_px: float) -> float:
    """How far along a limb the garment reaches, px from its first joint; NaN where the limb cannot be seen.

    Args:
        seen: the picture.
        joints_px: (J, 2) x, y of the joints, from the trunk outwards.
        skin_unit: (H, W) share that is the limb's skin.
        half_px: half width of the strip along the limb that is looked at.
        beyond_px: how far beyond the last joint to look.
    """
    points, across = _stations(joints_px, beyond_px)
    offsets = np.linspace(-half_px, half_px, 7)
    x = points[:, None, 0] + offsets * across[:, None, 0]
    y = points[:, None, 1] + offsets * across[:, None, 1]
    height, width = skin_unit.shape
    inside = (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
    centres = [y - 0.5, x - 0.5]  # of pixels, by which map_coordinates counts; joints count from the picture's corner
    cloth, skin = (
        np.where(inside, map_coordinates(unit, centres, order=1, mode="nearest"), 0.0).sum(1)
        for unit in (seen.garment_unit, skin_unit)
    )
    known = cloth + skin > 0.25 * len(offsets)
    if known.mean() < 0.3:
        return float("nan")
    place = np.flatnonzero(known)
    share = cloth[known] / (cloth + skin)[known]
    covered = np.flatnonzero(share >= HALF)
    if len(covered) == 0:
        return 0.0
    last = covered[-1]
    if last + 1 == len(share) or place[last + 1] - place[last] > 1:
        return _LIMB_STEP_PX * float(place[last])
    between = (share[last] - HALF) / max(share[last] - share[last + 1], 1e-9)
    return _LIMB_STEP_PX * (float(place[last]) + float(between))


def _side_edge(seen: Seen, row: int, columns: np.ndarray, arms_near: np.ndarray, gap_px: int) -> tuple[float, float]:
    """x of the garment's outermost border along ``columns``, before the first of them that an arm may cover, and x
    where it goes out of sight; one of them is NaN, or both."""
    near = arms_near[row, columns]
    limit = int(near.argmax()) if near.any() else len(columns)
    unit = seen.garment_unit[row, columns[:limit]].astype(np.float64)
    inside = np.flatnonzero(unit > HALF)
    if len(inside) == 0:
        return float("nan"), float("nan")
    last, direction = int(inside[-1]), int(columns[1] - columns[0])
    if last + 1 < limit:
        crossing = last + (unit[last] - HALF) / max(unit[last] - unit[last + 1], 1e-9)
        beyond = columns[min(last + 1 + gap_px, len(columns) - 1)]
        if not np.isin(seen.parse[row, [columns[last + 1], beyond]], OCCLUDERS).any():
            return float(columns[0] + 0.5 + direction * crossing), float("nan")
    return float("nan"), float(columns[0] + 0.5 + direction * (last + 0.5))


def _edge(seen: Seen, columns: np.ndarray, gap_px: int, from_below: bool) -> np.ndarray:
    unit = seen.garment_unit[:, columns].astype(np.float64)
    parse = seen.parse[:, columns]
    if from_below:
        unit, parse = unit[::-1], parse[::-1]
    height, stations = unit.shape
    inside = unit > HALF
    first = inside.argmax(0)
    found = inside.any(0) & (first > 0)  # a garment that touches the border goes on beyond it
    station = np.arange(stations)
    before = np.maximum(first - 1, 0)
    low, high = unit[before, station], unit[first, station]
    crossing = before + 0.5 + (HALF - low) / np.maximum(high - low, 1e-9)
    outside = np.maximum(first - 1 - gap_px, 0)
    found &= ~np.isin(parse[outside, station], OCCLUDERS) & ~np.isin(parse[before, station], OCCLUDERS)
    edge = height - crossing if from_below else crossing
    return np.where(found, edge, np.nan)


def _stations(joints_px: np.ndarray, beyond_px: float) -> tuple[np.ndarray, np.ndarray]:
    """(S, 2) points every half pixel along a polyline and beyond it, and (S, 2) unit vectors across."""
    legs = np.diff(joints_px, axis=0)
    long = np.maximum(np.linalg.norm(legs, axis=1), 1e-6)
    directions = legs / long[:, None]
    starts = np.concatenate([[0.0], np.cumsum(long)])
    along = np.arange(0.0, starts[-1] + beyond_px, _LIMB_STEP_PX)
    leg = np.clip(np.searchsorted(starts, along, side="right") - 1, 0, len(legs) - 1)
    points = joints_px[leg] + (along - starts[leg])[:, None] * directions[leg]
    across = np.stack([-directions[leg, 1], directions[leg, 0]], 1)
    return points, across
