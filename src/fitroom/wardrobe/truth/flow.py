"""Where each point of the worn garment lies in its shop photo: exact, because both show the same mesh.

Coordinates are in px of the shop photo, x to the right, y down, the corner of the picture at (0, 0), so that the centre
of pixel (row i, column j) is (j + 0.5, i + 0.5). For ``torch.nn.functional.grid_sample(photo, grid,
align_corners=False)`` the grid is ``2 * flow / (width_px, height_px) - 1``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitroom.errors import ConfigError
from fitroom.wardrobe.studio.camera import project
from fitroom.wardrobe.studio.scene import Frame, SceneMesh

_TOLERANCE_M = 0.0025  # a photo pixel shows the same layer of cloth if its surface passes this close to the point


def garment_flow(
    worn: Frame,
    worn_meshes: Sequence[SceneMesh],
    photo: Frame,
    photo_meshes: Sequence[SceneMesh],
    pairs: Sequence[tuple[int, int]],
) -> tuple[np.ndarray, np.ndarray]:
    """The flow from the worn picture to the shop photo.

    A point counts as shown where it falls on the photo, a pixel next to it sees the same layer of cloth (its surface
    passes within 2.5 mm of the point), and both pictures see the same side of the cloth.

    Args:
        worn, photo: the two pictures.
        worn_meshes, photo_meshes: what they were taken of, in the order their ``mesh`` maps count.
        pairs: (index in ``worn_meshes``, index in ``photo_meshes``) of the pieces of the garment: cloth, trims. Both
            meshes of a pair have the same faces.

    Returns:
        flow_px (H, W, 2) float32, NaN off the garment, also given where the photo does not show the point;
        visible (H, W) bool.

    Raises:
        ConfigError: the meshes of a pair differ in their faces.
    """
    flow = np.full((*worn.mesh.shape, 2), np.nan, np.float32)
    visible = np.zeros(worn.mesh.shape, bool)
    shown = _shown(photo, photo_meshes, [pair[1] for pair in pairs])
    for worn_index, photo_index in pairs:
        worn_mesh, photo_mesh = worn_meshes[worn_index], photo_meshes[photo_index]
        _require_same_faces(worn_mesh, photo_mesh)
        here = worn.mesh == worn_index
        if not here.any():
            continue
        face, bary = worn.face[here], worn.bary[here]
        point = _blend(photo_mesh, face, bary)
        place = project(photo.camera, point)
        side = _outside(worn_mesh, face, _blend(worn_mesh, face, bary), worn)
        same_side = side == _outside(photo_mesh, face, point, photo)
        flow[here] = place[:, :2]
        visible[here] = same_side & _seen(place, point, shown)
    return flow, visible


def warp(photo_u8: np.ndarray, flow_px: np.ndarray, fill: int = 0) -> np.ndarray:
    """Looks each flow position up in the shop photo, bilinearly.

    Args:
        photo_u8: (h, w, 3) uint8.
        flow_px: (H, W, 2) as :func:`garment_flow` gives it.
        fill: value where the flow is NaN.

    Returns:
        (H, W, 3) uint8; positions off the photo take its border.
    """
    height, width = photo_u8.shape[:2]
    there = np.isfinite(flow_px).all(-1)
    x = np.clip(flow_px[there, 0] - 0.5, 0, width - 1)
    y = np.clip(flow_px[there, 1] - 0.5, 0, height - 1)
    left, top = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (x - left)[:, None], (y - top)[:, None]
    photo = photo_u8.astype(np.float32)
    upper = photo[top, left] * (1 - across) + photo[top, right] * across
    lower = photo[below, left] * (1 - across) + photo[below, right] * across
    result = np.full((*there.shape, 3), fill, np.uint8)
    result[there] = np.round(upper * (1 - down) + lower * down).astype(np.uint8)
    return result


def _shown(photo: Frame, meshes: Sequence[SceneMesh], indices: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Per photo pixel the point of the garment it sees and the normal of the face there, (h, w, 3); NaN = none."""
    points = np.full((*photo.mesh.shape, 3), np.nan)
    normals = np.full((*photo.mesh.shape, 3), np.nan)
    for index in indices:
        here = photo.mesh == index
        points[here] = _blend(meshes[index], photo.face[here], photo.bary[here])
        normals[here] = _normals(meshes[index], photo.face[here])
    return points, normals


def _seen(place: np.ndarray, point: np.ndarray, shown: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(N,) bool: one of the four pixels round the place sees a surface that passes through the point."""
    points, normals = shown
    height, width = points.shape[:2]
    x, y, depth = place.T
    inside = (depth > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    column, row = np.floor(np.where(inside[:, None], place[:, :2], 0) - 0.5).astype(int).T
    found = np.zeros(len(place), bool)
    for down in (0, 1):
        for across in (0, 1):
            i, j = np.clip(row + down, 0, height - 1), np.clip(column + across, 0, width - 1)
            gap = np.abs(np.einsum("nd,nd->n", point - points[i, j], normals[i, j]))
            found |= gap < _TOLERANCE_M  # a comparison with NaN, where no garment is seen, is False
    return inside & found


def _outside(mesh: SceneMesh, face: np.ndarray, point: np.ndarray, frame: Frame) -> np.ndarray:
    """(N,) bool: the frame sees these points of the mesh from the faces' outer side."""
    towards = np.asarray(frame.camera.eye_m) - point
    seen: np.ndarray = np.einsum("nd,nd->n", _normals(mesh, face), towards) > 0
    return seen


def _blend(mesh: SceneMesh, face: np.ndarray, bary: np.ndarray) -> np.ndarray:
    blended: np.ndarray = np.einsum("nk,nkd->nd", bary.astype(np.float64), mesh.vertices_m[mesh.faces[face]])
    return blended


def _normals(mesh: SceneMesh, face: np.ndarray) -> np.ndarray:
    a, b, c = np.moveaxis(mesh.vertices_m[mesh.faces[face]], 1, 0)
    normal = np.cross(b - a, c - a)
    unit: np.ndarray = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return unit


def _require_same_faces(worn: SceneMesh, photo: SceneMesh) -> None:
    if worn.faces.shape != photo.faces.shape or not np.array_equal(worn.faces, photo.faces):
        raise ConfigError(
            "the worn and the photographed mesh are not the same cloth",
            where=f"{worn.name} and {photo.name}",
            rule="equal faces",
            got=f"{len(worn.faces)} and {len(photo.faces)} faces",
        )
