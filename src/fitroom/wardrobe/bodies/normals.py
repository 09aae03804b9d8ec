"""Smooth normals of a triangle mesh."""

from __future__ import annotations

import numpy as np


def vertex_normals(vertices_m: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals, area-weighted, pointing outwards."""
    corners = vertices_m[faces]
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices_m)
    for axis in range(3):
        normals[:, axis] = np.bincount(faces.ravel(), np.repeat(face_normals[:, axis], 3), minlength=len(vertices_m))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
