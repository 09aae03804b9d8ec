"""The sewing vocabulary: seams, stitches, ribs, lips, pieces sewn on top, cords and buttons, drawn along lines."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fitroom.wardrobe.fabrics.canvas import Canvas, Patch, Ribbon

Rgb = tuple[float, float, float]
_TURN = 2 * np.pi
_TEXELS_A_RIB = 2.8  # finer ribs would alias


def shade(canvas: Canvas, at: tuple[slice, slice], factor: np.ndarray) -> None:
    """Multiply the colour of a rectangle by (h, w) factors."""
    canvas.albedo[at] *= factor[..., None].astype(np.float32)


def cover(canvas: Canvas, at: tuple[slice, slice], share: np.ndarray, rgb: Rgb | np.ndarray) -> None:
    """Mix a colour over a rectangle by (h, w) shares in [0, 1]."""
    below = canvas.albedo[at]
    below += share[..., None].astype(np.float32) * (np.asarray(rgb, np.float32) - below)


def lift(canvas: Canvas, at: tuple[slice, slice], height_mm: np.ndarray) -> None:
    """Add (h, w) millimetres to the relief of a rectangle."""
    canvas.height_mm[at] += height_mm.astype(np.float32)


def overlap(canvas: Canvas, distance_cm: np.ndarray, width_cm: float) -> np.ndarray:
    """Share of each texel that lies within ``width_cm / 2`` of where ``distance_cm`` is 0."""
    half = 0.5 / canvas.px_per_cm
    near = np.minimum(distance_cm + half, 0.5 * width_cm) - np.maximum(distance_cm - half, -0.5 * width_cm)
    return np.asarray(np.clip(near / (2 * half), 0.0, 1.0))


def within(canvas: Canvas, distance_cm: np.ndarray) -> np.ndarray:
    """Share of each texel with a positive distance."""
    return np.asarray(np.clip(distance_cm * canvas.px_per_cm + 0.5, 0.0, 1.0))


def ridge(distance_cm: np.ndarray, width_cm: float) -> np.ndarray:
    """A bell of height 1 where the distance is 0."""
    return np.asarray(np.exp(-((np.clip(distance_cm, -99.0, 99.0) / width_cm) ** 2)))


def seam(canvas: Canvas, line_cm: np.ndarray, pucker_mm: float = 0.10) -> None:
    """Two pieces joined: a groove with a dark middle, and cloth that puckers a little beside it."""
    ribbon = canvas.ribbon(line_cm, 1.2)
    if ribbon is None:
        return
    distance = np.abs(ribbon.across_cm)
    shade(canvas, ribbon.at, 1.0 - 0.28 * ridge(distance, 0.09))
    wave = np.sin(_TURN * ribbon.along_cm / 1.1 + 1.7 * np.sin(ribbon.along_cm / 2.3))
    lift(canvas, ribbon.at, -0.35 * ridge(distance, 0.14) + pucker_mm * wave * ridge(distance, 0.5))


def stitches(
    canvas: Canvas,
    line_cm: np.ndarray,
    thread: Rgb,
    offset_cm: float = 0.0,
    pitch_cm: float = 0.34,
    width_cm: float = 0.07,
) -> None:
    """A row of stitches ``offset_cm`` to the left of a line."""
    ribbon = canvas.ribbon(line_cm, abs(offset_cm) + 0.5)
    if ribbon is None:
        return
    distance = ribbon.across_cm - np.float32(offset_cm)
    pitch_cm = max(pitch_cm, _TEXELS_A_RIB / canvas.px_per_cm)
    dash = 0.5 + 0.5 * np.clip(2.2 * np.cos(_TURN * ribbon.along_cm / pitch_cm) + 0.9, -1.0, 1.0)
    # Past the ends of the line there are no stitches: the row would bend round them.
    sewn = (ribbon.along_cm > 0.0) & (ribbon.along_cm < ribbon.length_cm - 1e-3)
    shade(canvas, ribbon.at, 1.0 - 0.06 * sewn * ridge(distance, 0.16))
    cover(canvas, ribbon.at, overlap(canvas, distance, width_cm) * dash * sewn, thread)
    lift(canvas, ribbon.at, -0.12 * sewn * ridge(distance, 0.13) * (1.4 - dash))


def hem(canvas: Canvas, line_cm: np.ndarray, depth_cm: float, thread: Rgb, rows: int = 2) -> None:
    """The edge on a line folded under and stitched through."""
    ribbon = canvas.ribbon(line_cm, depth_cm + 1.2)
    if ribbon is None:
        return
    distance = np.abs(ribbon.across_cm)
    wave = np.sin(_TURN * ribbon.along_cm / 1.3 + np.sin(ribbon.along_cm))
    lift(canvas, ribbon.at, 0.22 * within(canvas, depth_cm - distance) + 0.05 * wave * ridge(distance - depth_cm, 0.5))
    shade(canvas, ribbon.at, 1.0 - 0.06 * ridge(distance - depth_cm, 0.12))
    for row in range(rows):
        stitches(canvas, line_cm, thread, depth_cm - 0.15 - 0.55 * row)


def rib_band(canvas: Canvas, line_cm: np.ndarray, width_cm: float, rgb: Rgb, pitch_cm: float = 0.36) -> None:
    """Ribbed knitting ``width_cm`` deep along a line, joined with a seam."""
    ribbon = canvas.ribbon(line_cm, width_cm + 0.6)
    if ribbon is None:
        return
    distance = np.abs(ribbon.across_cm)
    inside = within(canvas, width_cm - distance)
    pitch_cm = max(pitch_cm, _TEXELS_A_RIB / canvas.px_per_cm)
    ribs = np.cos(_TURN * ribbon.along_cm / pitch_cm)
    groove = ridge(distance - width_cm, 0.11)
    cover(canvas, ribbon.at, inside, rgb)
    shade(canvas, ribbon.at, 1.0 + inside * (0.07 * ribs - 0.02) - 0.22 * groove)
    relief = canvas.height_mm[ribbon.at]
    relief += (inside * (0.3 + 0.24 * ribs - relief) - 0.3 * groove).astype(np.float32)


def band(canvas: Canvas, line_cm: np.ndarray, width_cm: float, thread: Rgb, rgb: Rgb | None = None) -> None:
    """A straight band of cloth along a line (waistband, shirt cuff), stitched along both of its edges."""
    ribbon = canvas.ribbon(line_cm, width_cm + 0.5)
    if ribbon is None:
        return
    distance = np.abs(ribbon.across_cm)
    inside = within(canvas, width_cm - distance)
    if rgb is not None:
        cover(canvas, ribbon.at, inside, rgb)
    lift(canvas, ribbon.at, 0.5 * inside)
    shade(canvas, ribbon.at, 1.0 - 0.2 * ridge(distance - width_cm - 0.06, 0.12))
    for offset in (0.25, width_cm - 0.22):
        stitches(canvas, line_cm, thread, offset)


def gathers(canvas: Canvas, line_cm: np.ndarray, width_cm: float) -> None:
    """An elastic casing: cloth bunched across a band along a line."""
    ribbon = canvas.ribbon(line_cm, width_cm + 3.0)
    if ribbon is None:
        return
    distance = np.abs(ribbon.across_cm)
    fade = np.where(distance < width_cm, 1.0, ridge(np.clip(distance - width_cm, 0.0, None), 1.2))
    folds = np.sin(
        _TURN * ribbon.along_cm / 0.75 + 2.2 * np.sin(ribbon.along_cm / 1.9) + 1.3 * np.sin(ribbon.along_cm / 0.83)
    )
    lift(canvas, ribbon.at, 0.5 * fade * folds)
    shade(canvas, ribbon.at, 1.0 + 0.05 * fade * folds - 0.15 * ridge(distance - width_cm, 0.1))


def piece(canvas: Canvas, outline_cm: np.ndarray, thread: Rgb, rows: int = 1, rise_mm: float = 0.6) -> None:
    """A piece of cloth sewn on top: ``outline_cm`` (N, 2), counter-clockwise, is closed here."""
    closed = np.concatenate([outline_cm, outline_cm[:1]])
    low, high = outline_cm.min(0), outline_cm.max(0)
    patch = canvas.patch(float(low[0]), float(high[0]), float(low[1]), float(high[1]))
    ribbon = canvas.ribbon(closed, 0.6)
    if patch is None or ribbon is None:
        return
    lift(canvas, patch.at, rise_mm * _inside(patch, outline_cm))
    shade(canvas, ribbon.at, 1.0 - 0.22 * ridge(ribbon.across_cm + 0.07, 0.13))
    for row in range(rows):
        stitches(canvas, closed, thread, 0.2 + 0.5 * row)


def _inside(patch: Patch, outline_cm: np.ndarray) -> np.ndarray:
    """(h, w) 1 inside a convex, counter-clockwise outline (N, 2), else 0."""
    share = np.ones((patch.y_cm.shape[0], patch.x_cm.shape[1]), np.float32)
    for (ax, ay), (bx, by) in pairwise(np.concatenate([outline_cm, outline_cm[:1]])):
        share *= (bx - ax) * (patch.y_cm - ay) >= (by - ay) * (patch.x_cm - ax)
    return share


def lip(canvas: Canvas, line_cm: np.ndarray, rise_mm: float = 0.6, reach_cm: float = 2.5) -> None:
    """An edge that lies on top: the cloth left of a line rises, and throws a narrow shadow to its right."""
    ribbon = canvas.ribbon(line_cm, reach_cm)
    if ribbon is None:
        return
    left = within(canvas, ribbon.across_cm) * np.isfinite(ribbon.across_cm)
    slope = np.clip(1.0 - np.abs(ribbon.across_cm) / reach_cm, 0.0, 1.0)
    lift(canvas, ribbon.at, rise_mm * left * slope)
    shade(canvas, ribbon.at, 1.0 - 0.35 * ridge(ribbon.across_cm + 0.06, 0.13))


def cord(canvas: Canvas, line_cm: np.ndarray, width_cm: float, rgb: Rgb) -> None:
    """A round cord lying on the cloth, twisted, with a soft shadow."""
    ribbon = canvas.ribbon(line_cm, 2.0 * width_cm + 0.3)
    if ribbon is None:
        return
    distance = np.abs(ribbon.across_cm)
    shade(canvas, ribbon.at, 1.0 - 0.3 * ridge(distance, 0.9 * width_cm))
    twist = np.cos(_TURN * (ribbon.along_cm / 0.4 + ribbon.across_cm.clip(-9, 9) / 0.5))
    cover(canvas, ribbon.at, overlap(canvas, distance, width_cm), rgb)
    shade(canvas, ribbon.at, 1.0 + 0.08 * twist * overlap(canvas, distance, width_cm))
    lift(canvas, ribbon.at, 1.6 * np.sqrt(np.clip(1.0 - (2 * distance / width_cm) ** 2, 0.0, 1.0)))


def stroke(canvas: Canvas, line_cm: np.ndarray, width_cm: float, rgb: Rgb, rise_mm: float = 0.3) -> Ribbon | None:
    """A flat line of one colour."""
    ribbon = canvas.ribbon(line_cm, width_cm + 0.3)
    if ribbon is not None:
        share = overlap(canvas, ribbon.across_cm, width_cm)
        cover(canvas, ribbon.at, share, rgb)
        lift(canvas, ribbon.at, rise_mm * share)
    return ribbon


def button(canvas: Canvas, x_cm: float, y_cm: float, rgb: Rgb, radius_cm: float = 0.55, holes: int = 4) -> None:
    """A round button with holes (none: a stud), a raised rim and a small shadow beneath it."""
    patch = canvas.patch(x_cm - 2 * radius_cm, x_cm + 2 * radius_cm, y_cm - 2 * radius_cm, y_cm + 2 * radius_cm)
    if patch is None:
        return
    x, y = patch.x_cm - x_cm, patch.y_cm - y_cm
    radius = np.hypot(x, y)
    shade(canvas, patch.at, 1.0 - 0.35 * ridge(np.hypot(x, y + 0.12 * radius_cm), 1.05 * radius_cm))
    disc = within(canvas, radius_cm - radius)
    cover(canvas, patch.at, disc, rgb)
    rim = ridge(radius - 0.82 * radius_cm, 0.2 * radius_cm)
    shade(canvas, patch.at, 1.0 + disc * (0.12 * rim - 0.08))
    lift(canvas, patch.at, disc * (1.0 + 0.4 * rim))
    for k in range(holes):
        angle = _TURN * (k + 0.5) / holes
        hole = np.hypot(x - 0.3 * radius_cm * np.cos(angle), y - 0.3 * radius_cm * np.sin(angle))
        shade(canvas, patch.at, 1.0 - 0.6 * within(canvas, 0.13 * radius_cm - hole))
