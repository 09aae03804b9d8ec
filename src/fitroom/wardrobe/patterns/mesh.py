"""Sew a pattern into one triangle mesh whose seam vertices are shared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.errors import FitroomError
from fitroom.wardrobe.patterns.assembly import ease_on, lay_flat, side_of
from fitroom.wardrobe.patterns.atlas import place_panels
from fitroom.wardrobe.patterns.curves import length, resample, segments_for
from fitroom.wardrobe.patterns.loops import loop_name, trace_loops
from fitroom.wardrobe.patterns.pattern import GarmentMesh, Pattern
from fitroom.wardrobe.patterns.stencil import build_stencil
from fitroom.wardrobe.patterns.triangulate import FlatMesh, triangulate

_LIMBS = {"left_sleeve": 1, "right_sleeve": 2}
EdgeKey = tuple[str, str]


@dataclass(frozen=True)
class _Sewn:
    """Panels before merging: their meshes, the first vertex number of each, and what each vertex becomes."""

    flat: list[FlatMesh]
    first: np.ndarray
    vertex: np.ndarray
    edge_points: dict[EdgeKey, np.ndarray]


def build_mesh(pattern: Pattern, spacing_cm: float = 1.4) -> GarmentMesh:
    """Triangulate every panel and merge the seams; deterministic.

    Args:
        pattern: what to sew.
        spacing_cm: edge length of the triangles, about.

    Raises:
        FitroomError: a seam names an edge that is not there, an outline crosses itself, or the result is no surface.
    """
    sewn = _sew(pattern, spacing_cm)
    panel_of_face = np.repeat(np.arange(len(sewn.flat)), [len(flat.faces) for flat in sewn.flat])
    raw_faces = np.concatenate([flat.faces + first for flat, first in zip(sewn.flat, sewn.first, strict=False)])
    points = np.concatenate([flat.points_cm for flat in sewn.flat])
    faces = sewn.vertex[raw_faces].astype(np.int32)
    num_vertices = int(sewn.vertex.max()) + 1
    grain = np.array([panel.grain_deg for panel in pattern.panels])
    stencil = build_stencil(faces, points[raw_faces], grain[panel_of_face], num_vertices)
    offset, size = place_panels([flat.points_cm for flat in sewn.flat])
    limb = _limbs(pattern, sewn, num_vertices)
    return GarmentMesh(
        pattern=pattern,
        faces=faces,
        panel_of_face=panel_of_face.astype(np.int16),
        atlas_cm=(points[raw_faces] + offset[panel_of_face][:, None]).astype(np.float32),
        atlas_size_cm=size,
        panel_offset_cm=offset,
        edges=stencil.edges,
        rest_m=stencil.rest_m,
        grain=stencil.grain,
        hinges=stencil.hinges,
        hinge_weights=stencil.hinge_weights,
        hinge_area_m2=stencil.hinge_area_m2,
        area_m2=stencil.area_m2,
        assembly_m=_assembly(pattern, sewn, stencil.edges, num_vertices) / 100,
        side=_sides(pattern, sewn, num_vertices, spacing_cm),
        loops=trace_loops(_open_edges(pattern, sewn, faces)),
        limb=limb,
    )


def _sew(pattern: Pattern, spacing_cm: float) -> _Sewn:
    segments = _segments(pattern, spacing_cm)
    flat, first, edge_points, total = [], [], {}, 0
    for panel in pattern.panels:
        outline, count = [], 0
        for edge in panel.edges:
            num = segments[panel.name, edge.name]
            outline.append(resample(edge.points_cm, num)[:-1])
            edge_points[panel.name, edge.name] = total + count + np.arange(num + 1)
            count += num
        edge_points[panel.name, panel.edges[-1].name][-1] = total
        flat.append(triangulate(np.concatenate(outline), spacing_cm, f"panel {panel.name}"))
        first.append(total)
        total += len(flat[-1].points_cm)
    parent = np.arange(total)
    for seam in pattern.seams:
        one, two = edge_points[seam.panel_a, seam.edge_a], edge_points[seam.panel_b, seam.edge_b][::-1]
        for a, b in zip(one, two, strict=True):
            _join(parent, int(a), int(b))
    roots = np.array([_root(parent, index) for index in range(total)])
    return _Sewn(flat, np.array(first), np.unique(roots, return_inverse=True)[1], edge_points)


def _segments(pattern: Pattern, spacing_cm: float) -> dict[EdgeKey, int]:
    """How many segments each edge is cut into; the two edges of a seam get the same number."""
    lengths = {(panel.name, edge.name): length(edge.points_cm) for panel in pattern.panels for edge in panel.edges}
    segments = {key: segments_for(value, spacing_cm) for key, value in lengths.items()}
    for seam in pattern.seams:
        pair = (seam.panel_a, seam.edge_a), (seam.panel_b, seam.edge_b)
        unknown = [key for key in pair if key not in lengths]
        if unknown:
            raise FitroomError(
                "a seam names an edge that is not there",
                where=f"{pattern.design.category} {pattern.design.index}",
                got=unknown,
                rule=f"one of {sorted(lengths)}",
                fix="name panel and edge as drafted",
            )
        shared = segments_for((lengths[pair[0]] + lengths[pair[1]]) / 2, spacing_cm)
        segments[pair[0]] = segments[pair[1]] = shared
    return segments


def _root(parent: np.ndarray, index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = int(parent[index])
    return index


def _join(parent: np.ndarray, a: int, b: int) -> None:
    low, high = sorted((_root(parent, a), _root(parent, b)))
    parent[high] = low


def _vertices_of(sewn: _Sewn, panel: int) -> np.ndarray:
    return sewn.vertex[sewn.first[panel] : sewn.first[panel] + len(sewn.flat[panel].points_cm)]


def _assembly(pattern: Pattern, sewn: _Sewn, edges: np.ndarray, num_vertices: int) -> np.ndarray:
    """Body panels lie where they are; sleeves and neck bands are eased on to them along the seams they share."""
    laid = [lay_flat(panel, flat.points_cm) for panel, flat in zip(pattern.panels, sewn.flat, strict=True)]
    eased = [panel.name in _LIMBS or panel.name.endswith("_band") for panel in pattern.panels]
    body = [index for index, is_eased in enumerate(eased) if not is_eased]
    limbs = [index for index, is_eased in enumerate(eased) if is_eased]
    on_body, at_body = _mean_position(sewn, laid, body, num_vertices)
    on_limb, at_limb = _mean_position(sewn, laid, limbs, num_vertices)
    shift = np.where((on_body & on_limb)[:, None], at_body - at_limb, 0.0)
    return ease_on(np.where(on_limb[:, None], at_limb, at_body), edges, on_body, shift)


def _mean_position(
    sewn: _Sewn, laid: list[np.ndarray], panels: list[int], num_vertices: int
) -> tuple[np.ndarray, np.ndarray]:
    total, count = np.zeros((num_vertices, 2)), np.zeros(num_vertices)
    for panel in panels:
        np.add.at(total, _vertices_of(sewn, panel), laid[panel])
        np.add.at(count, _vertices_of(sewn, panel), 1)
    return count > 0, total / count.clip(1)[:, None]


def _sides(pattern: Pattern, sewn: _Sewn, num_vertices: int, spacing_cm: float) -> np.ndarray:
    low, high = np.ones(num_vertices, np.int8), -np.ones(num_vertices, np.int8)
    for index, (panel, flat) in enumerate(zip(pattern.panels, sewn.flat, strict=True)):
        side = side_of(panel, flat.points_cm, spacing_cm)
        np.minimum.at(low, _vertices_of(sewn, index), side)
        np.maximum.at(high, _vertices_of(sewn, index), side)
    return np.where(low == high, low, 0).astype(np.int8)


def _limbs(pattern: Pattern, sewn: _Sewn, num_vertices: int) -> np.ndarray:
    limb = np.zeros(num_vertices, np.int8)
    has_legs = pattern.design.category in ("trousers", "shorts")
    for index, (panel, flat) in enumerate(zip(pattern.panels, sewn.flat, strict=True)):
        if panel.name in _LIMBS:
            limb[_vertices_of(sewn, index)] = _LIMBS[panel.name]
        elif has_legs and panel.name.startswith(("left_", "right_")):
            below = lay_flat(panel, flat.points_cm)[:, 1] < -pattern.measures_cm["rise"]
            limb[_vertices_of(sewn, index)[below]] = 3 if panel.name.startswith("left_") else 4
    body = [index for index, panel in enumerate(pattern.panels) if panel.name not in _LIMBS]
    for index in body if not has_legs else []:
        limb[_vertices_of(sewn, index)] = 0
    return limb


def _open_edges(pattern: Pattern, sewn: _Sewn, faces: np.ndarray) -> dict[tuple[int, int], str]:
    directed = set(zip(faces.ravel().tolist(), faces[:, [1, 2, 0]].ravel().tolist(), strict=True))
    open_edges = {}
    for panel in pattern.panels:
        for edge in panel.edges:
            ids = sewn.vertex[sewn.edge_points[panel.name, edge.name]]
            name = loop_name(pattern, panel, edge.name, edge.border)
            for a, b in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):
                if (b, a) not in directed:
                    open_edges[a, b] = name
    return open_edges
