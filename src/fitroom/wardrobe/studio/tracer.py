"""All meshes of a picture in one ray-casting scene (Embree)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from fitroom.errors import DataError
from fitroom.wardrobe.studio.scene import SceneMesh
from fitroom.wardrobe.studio.surface import vertex_normals


class Tracer:
    """Casts rays at several meshes at once.

    Attributes:
        vertices_m: (V, 3) float32 of all meshes.
        normals: (V, 3) float32 smooth unit normals.
        faces: (F, 3) int32 into ``vertices_m``.
        mesh_of_face: (F,) int16 which mesh a face is from.
        first_face: (M + 1,) int64 where each mesh's faces begin.
    """

    def __init__(self, meshes: Sequence[SceneMesh]) -> None:
        for mesh in meshes:
            _check(mesh)
        vertices = [np.ascontiguousarray(mesh.vertices_m, np.float32) for mesh in meshes]
        faces = [np.ascontiguousarray(mesh.faces, np.int32) for mesh in meshes]
        starts = np.cumsum([0, *(len(v) for v in vertices)])
        none = np.zeros((0, 3))
        self.vertices_m = np.concatenate([none.astype(np.float32), *vertices])
        self.faces = np.concatenate(
            [none.astype(np.int32), *(f + np.int32(s) for f, s in zip(faces, starts[:-1], strict=True))]
        )
        self.normals = vertex_normals(self.vertices_m, self.faces)
        sizes = [len(f) for f in faces]
        self.mesh_of_face = np.repeat(np.arange(len(meshes), dtype=np.int16), sizes)
        self.first_face = np.cumsum([0, *sizes])

    @cached_property
    def _scene(self) -> EmbreeScene:
        scene = EmbreeScene()
        TriangleMesh(scene, self.vertices_m, self.faces)
        return scene

    def intersect(self, origins: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """First hits.

        Args:
            origins, rays: (N, 3) float32; rays need not be unit.

        Returns:
            face (N,) int32, -1 = a miss; u and v (N,) float32, weights of the face's corners 1 and 2; ray parameter
            (N,) float32.
        """
        if len(self.faces) == 0 or len(rays) == 0:
            zeros = np.zeros(len(rays), np.float32)
            return np.full(len(rays), -1, np.int32), zeros, zeros, np.full(len(rays), np.inf, np.float32)
        hit = self._scene.run(
            np.ascontiguousarray(origins, np.float32), np.ascontiguousarray(rays, np.float32), output=True
        )
        return hit["primID"], hit["u"], hit["v"], hit["tfar"]

    def free(self, origins: np.ndarray, rays: np.ndarray) -> np.ndarray:
        """(N,) bool: nothing stands in the way."""
        if len(self.faces) == 0 or len(rays) == 0:
            return np.ones(len(rays), bool)
        return self._scene.run(origins, rays, query="OCCLUDED") < 0


def blockers(meshes: Sequence[SceneMesh], tracer: Tracer) -> Tracer:
    """What casts the shadows of ``meshes``: ``tracer``, their own, or another where some have coarser blockers."""
    if all(mesh.blocker is None for mesh in meshes):
        return tracer
    return Tracer([_blocker(mesh) for mesh in meshes])


def _blocker(mesh: SceneMesh) -> SceneMesh:
    vertices, faces = mesh.blocker or (mesh.vertices_m, mesh.faces)
    return replace(mesh, vertices_m=vertices, faces=faces, corner_uv=None, blocker=None)


def _check(mesh: SceneMesh) -> None:
    vertices, faces = mesh.vertices_m, mesh.faces
    if vertices.ndim != 2 or vertices.shape[1] != 3 or faces.ndim != 2 or faces.shape[1] != 3:
        raise DataError(
            "a mesh has arrays of the wrong shape",
            where=mesh.name,
            rule="vertices (V, 3) and faces (F, 3)",
            got=(vertices.shape, faces.shape),
        )
    if not np.isfinite(vertices).all():
        bad = int((~np.isfinite(vertices)).any(1).sum())
        raise DataError("a mesh has vertices that are not numbers", where=mesh.name, got=f"{bad} of {len(vertices)}")
    if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise DataError(
            "a mesh's faces point past its vertices",
            where=mesh.name,
            rule=f"indices in [0, {len(vertices)})",
            got=(int(faces.min()), int(faces.max())),
        )
    if mesh.corner_uv is not None and mesh.corner_uv.shape != (len(faces), 3, 2):
        raise DataError(
            "a mesh's texture coordinates do not fit its faces",
            where=mesh.name,
            rule=f"corner_uv of shape {(len(faces), 3, 2)}",
            got=mesh.corner_uv.shape,
        )
