"""What the draped cloth itself tells: how far it is stretched, its girth at a height, the length of its borders."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from fitroom.wardrobe.patterns.pattern import GarmentMesh

_BAND_M = 0.03  # half the height of a band
_LEVEL = 0.5  # an edge counts as running round the body where its rise is below this share of its length


def strain(mesh: GarmentMesh, vertices_m: np.ndarray, bands_m: Mapping[str, float] | None = None) -> dict[str, float]:
    """Relative elongation of the cloth's edges; compression counts as 0.

    Args:
        mesh: with edges and rest lengths.
        vertices_m: (V, 3) draped.
        bands_m: heights above the floor by name (chest, waist, hip): adds the mean over the edges that run round the
            body within 3 cm of each, sleeves left out; a band the garment does not reach is left out.

    Returns:
        mean, p95, p99, then ``<band>`` each; 0.1 = ten per cent longer than cut.
    """
    ends = vertices_m[mesh.edges]
    way = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(way, axis=1)
    stretch = np.maximum(length / mesh.rest_m - 1, 0)
    p95, p99 = np.quantile(stretch, [0.95, 0.99])
    found = {"mean": float(stretch.mean()), "p95": float(p95), "p99": float(p99)}
    level = (np.abs(way[:, 2]) < _LEVEL * length) & ~np.isin(mesh.limb[mesh.edges], (1, 2)).any(1)
    for name, height_m in (bands_m or {}).items():
        near = level & (np.abs(ends[:, :, 2].mean(1) - height_m) < _BAND_M)
        if near.any():
            found[name] = float(stretch[near].mean())
    return {name: round(value, 5) for name, value in found.items()}


def girth_cm(vertices_m: np.ndarray, faces: np.ndarray, height_m: float) -> float:
    """What a tape pulled taut round the mesh at a height would read: the hull of its section there.

    Args:
        vertices_m: (V, 3).
        faces: (F, 3); leave out faces (sleeves) that the tape does not go round.
        height_m: above the floor.

    Returns:
        cm; NaN where the mesh does not reach that height.
    """
    side = vertices_m[:, 2] > height_m
    crossed = faces[side[faces].any(1) & ~side[faces].all(1)]
    if len(crossed) == 0:
        return float("nan")
    edges = np.concatenate([crossed[:, [0, 1]], crossed[:, [1, 2]], crossed[:, [2, 0]]])
    edges = edges[side[edges[:, 0]] != side[edges[:, 1]]]
    a, b = vertices_m[edges[:, 0]], vertices_m[edges[:, 1]]
    share = (height_m - a[:, 2]) / (b[:, 2] - a[:, 2])
    section = (a + share[:, None] * (b - a))[:, :2]
    try:
        return float(100 * ConvexHull(section).area)  # of a flat hull, scipy's area is its perimeter
    except QhullError:
        return float("nan")


def loop_cm(mesh: GarmentMesh, name: str) -> float:
    """Sewn length of an open border, cm: the neckline's girth, an opening's length; 0 where there is none.

    Args:
        mesh: with its loops.
        name: of the loop, e.g. "neck"; chains numbered further ("neck_2") count as well.
    """
    rest = {tuple(sorted(edge)): length for edge, length in zip(mesh.edges.tolist(), mesh.rest_m.tolist(), strict=True)}
    total = 0.0
    for loop in border_loops(mesh, name):
        ring = loop.tolist()
        total += sum(rest.get(tuple(sorted(pair)), 0.0) for pair in zip(ring, ring[1:] + ring[:1], strict=True))
    return round(100 * total, 3)


def border_loops(mesh: GarmentMesh, name: str) -> list[np.ndarray]:
    """All chains of the open border ``name``, the longest first: "hem", "hem_2" ..."""
    found = [loop for key, loop in mesh.loops.items() if key == name or re.fullmatch(rf"{name}_\d+", key)]
    return sorted(found, key=len, reverse=True)
