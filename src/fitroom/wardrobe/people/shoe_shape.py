"""Shoes from the foot's own shape: sections of the foot under a slanted opening, offset, on a slab of sole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

AROUND = 72


@dataclass(frozen=True)
class ShoeStyle:
    """One last; lengths in cm for a foot 25 cm long.

    Attributes:
        heel_cm: height of the opening at the heel; it rises by ``slope`` per cm towards the toes.
        sole_cm, lip_cm: height of the sole's wall, and how far it stands out.
        offset_cm: thickness of the upper and the room inside.
        toe_cm: how far the toe reaches past the foot.
        levels: rings of the upper.
    """

    heel_cm: float
    slope: float
    sole_cm: float
    lip_cm: float
    offset_cm: float
    toe_cm: float
    levels: int = 18


SHOES = {
    "sneaker": ShoeStyle(7.2, 0.16, 2.4, 0.35, 0.55, 1.1),
    "loafer": ShoeStyle(5.6, 0.05, 1.5, 0.25, 0.35, 1.3),
    "boot": ShoeStyle(15.0, 0.0, 2.2, 0.4, 0.6, 1.2, 24),
    "flat": ShoeStyle(4.6, -0.02, 0.8, 0.12, 0.25, 1.0),
    "sandal": ShoeStyle(2.0, 0.0, 1.4, 0.25, 0.1, 0.6),
}


@dataclass(frozen=True)
class ShoeShell:
    """A shoe in the foot's frame (cm; x left, y backwards, z up; the sole's underside at z = 0).

    Attributes:
        points: (V, 3).
        faces: (F, 3) int32 outward.
        level: (V,) float32: below 0 the sole (-1 its lower edge), 0 to 1 the upper from sole to opening, 2 a strap.
        around: (V,) float32 in [0, 1): 0 heel, 0.25 the left side, 0.5 toe, 0.75 the right side.
    """

    points: np.ndarray
    faces: np.ndarray
    level: np.ndarray
    around: np.ndarray


def _cut(points: np.ndarray, faces: np.ndarray, height: np.ndarray) -> np.ndarray:
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    a, b = height[edges[:, 0]], height[edges[:, 1]]
    crossing = (a < 0.0) != (b < 0.0)
    edges, a, b = edges[crossing], a[crossing], b[crossing]
    t = (a / (a - b))[:, None]
    cut: np.ndarray = points[edges[:, 0]] * (1.0 - t) + points[edges[:, 1]] * t
    return cut


def _ring(outline: np.ndarray, offset_cm: float, toe_cm: float) -> np.ndarray:
    """(AROUND, 2) evenly spaced points of the offset hull, from the heel by the left side round to the heel."""
    hull = outline[ConvexHull(outline).vertices]
    angle = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
    disc = offset_cm * np.stack([np.cos(angle), np.sin(angle)], 1)
    grown = (hull[:, None] + disc[None]).reshape(-1, 2)
    grown = grown[ConvexHull(grown).vertices]
    start = int(np.argmax(grown[:, 1] - 0.3 * np.abs(grown[:, 0] - grown[:, 0].mean())))
    loop = np.roll(grown, -start, axis=0)[::-1]
    loop = np.roll(loop, 1, axis=0)
    loop = np.concatenate([loop, loop[:1]])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(loop, axis=0), axis=1))])
    at = np.arange(AROUND) / AROUND * length[-1]
    ring = np.stack([np.interp(at, length, loop[:, k]) for k in range(2)], 1)
    front, back = ring[:, 1].min(), ring[:, 1].max()
    ahead = np.clip((0.35 * (back - front) - (ring[:, 1] - front)) / (0.35 * (back - front)), 0.0, 1.0)
    ring[:, 1] -= toe_cm * ahead
    return gaussian_filter1d(ring, 1.2, axis=0, mode="wrap")


def shell(points: np.ndarray, faces: np.ndarray, style: ShoeStyle) -> ShoeShell:
    """The shoe of a foot.

    Args:
        points: (N, 3) foot and lower shin in the foot's frame (cm), the underside near z = 0.
        faces: (M, 3) their triangles.
        style: the last.
    """
    low = points[points[:, 2] < max(style.heel_cm * 0.6, 3.0)]
    heel = low[:, 1].max()
    opening = style.heel_cm + style.slope * (heel - points[:, 1])
    base = _ring(low[:, :2], style.offset_cm, style.toe_cm)
    rings, level = [], []
    for f in np.linspace(0.0, 1.0, style.levels):
        cut = _cut(points, faces, points[:, 2] - (style.sole_cm + f * (opening - style.sole_cm)))
        if len(cut) < 12:
            break
        ring = _ring(cut[:, :2], style.offset_cm, style.toe_cm * (1.0 - f) ** 0.6)
        z = style.sole_cm + f * (style.heel_cm + style.slope * (heel - ring[:, 1]) - style.sole_cm)
        rings.append(np.column_stack([ring, z + 0.55 * style.offset_cm]))
        level.append(f)
    upper = gaussian_filter1d(np.array(rings), 0.8, axis=0, mode="nearest")
    edge = _ring(low[:, :2], style.offset_cm + style.lip_cm, style.toe_cm)
    rise = 0.35 * style.sole_cm * np.clip((base[:, 1] - base[:, 1].mean()) / 10.0, -0.5, 1.0)
    wall = [np.column_stack([edge * s, np.full(AROUND, z)]) for s, z in ((0.99, -0.1), (1.0, 0.3))]
    wall += [np.column_stack([edge, style.sole_cm + rise]), np.column_stack([base, style.sole_cm + rise + 0.12])]
    inner = upper[-1] + (upper[-1].mean(0) - upper[-1]) * 0.08 - np.array([0.0, 0.0, 1.2])
    rows = [*wall, *upper, inner]
    levels = [-1.0, -0.8, -0.25, -0.1, *level, 0.99]
    return _loft(np.array(rows), np.array(levels, np.float32))


def _loft(rows: np.ndarray, levels: np.ndarray) -> ShoeShell:
    count = len(rows)
    i, j = np.meshgrid(np.arange(count - 1), np.arange(AROUND), indexing="ij")
    a, b = i * AROUND + j, i * AROUND + (j + 1) % AROUND
    c, d = b + AROUND, a + AROUND
    faces = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])
    points = np.concatenate([rows.reshape(-1, 3), rows[:1].mean(1)])
    ring = np.arange(AROUND)
    bottom = np.stack([ring, (ring + 1) % AROUND, np.full(AROUND, len(points) - 1)], 1)
    around = np.tile(np.arange(AROUND) / AROUND, count)
    return _outward(
        ShoeShell(
            points,
            np.concatenate([faces, bottom]).astype(np.int32),
            np.append(np.repeat(levels, AROUND), -1.0).astype(np.float32),
            np.append(around, 0.0).astype(np.float32),
        )
    )


def _outward(shoe: ShoeShell) -> ShoeShell:
    a, b, c = (shoe.points[shoe.faces[:, k]] for k in range(3))
    volume = float((np.cross(a, b) * c).sum())
    faces = shoe.faces if volume > 0.0 else np.ascontiguousarray(shoe.faces[:, ::-1])
    return ShoeShell(shoe.points, faces, shoe.level, shoe.around)


def straps(points: np.ndarray, faces: np.ndarray) -> ShoeShell:
    """Two bands over the foot and one round the heel, as a sandal has."""
    front, back = points[:, 1].min(), points[points[:, 2] < 5.0, 1].max()
    length = back - front
    shells = []
    for at, lean, width in ((0.27, 0.0, 2.6), (0.52, 0.25, 2.2)):
        rows = []
        for side in (-0.5, -0.45, 0.45, 0.5):
            y0 = front + at * length + side * width
            cut = _cut(points, faces, points[:, 1] - y0 - lean * points[:, 2])
            cut = cut[cut[:, 2] < 11.0]
            ring = _ring(cut[:, [0, 2]], 0.28 if abs(side) < 0.5 else 0.12, 0.0)
            rows.append(np.column_stack([ring[:, 0], y0 + lean * ring[:, 1], np.maximum(ring[:, 1], 0.6)]))
        shells.append(_loft(np.array(rows), np.full(4, 2.0, np.float32)))
    return _merge([ShoeShell(s.points[:-1], s.faces[:-AROUND], s.level[:-1], s.around[:-1]) for s in shells])


def _merge(shells: list[ShoeShell]) -> ShoeShell:
    offsets = np.cumsum([0, *(len(s.points) for s in shells[:-1])])
    return ShoeShell(
        np.concatenate([s.points for s in shells]),
        np.concatenate([s.faces + o for s, o in zip(shells, offsets, strict=True)]).astype(np.int32),
        np.concatenate([s.level for s in shells]),
        np.concatenate([s.around for s in shells]),
    )


def shoe_shell(points: np.ndarray, faces: np.ndarray, name: str) -> ShoeShell:
    """The shoe called ``name`` (a key of :data:`SHOES`) for a foot as in :func:`shell`."""
    body = shell(points, faces, SHOES[name])
    return _merge([body, straps(points, faces)]) if name == "sandal" else body
