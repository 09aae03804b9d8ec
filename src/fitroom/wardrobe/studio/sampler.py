"""From points of the picture to the light that arrives there: find what is there, give it its look, light it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.studio import camera as cameras
from fitroom.wardrobe.studio.edges import thinned
from fitroom.wardrobe.studio.occlusion import Points, borrow, visibility
from fitroom.wardrobe.studio.raster import draw, draw_within
from fitroom.wardrobe.studio.scene import Camera, Hits, Light, SceneMesh, Shading
from fitroom.wardrobe.studio.shading import radiance
from fitroom.wardrobe.studio.surface import hit_points
from fitroom.wardrobe.studio.tracer import Tracer, blockers

_STEP_M = 0.0004
_LAYERS = 3
_MAX_LIGHT = 4.0


@dataclass(frozen=True)
class Rig:
    """A light turned into world axes: lamps and colors (L, 3), sizes (L,), sky and ground (3,), all float32."""

    lamps: np.ndarray
    colors: np.ndarray
    sizes: np.ndarray
    sky: np.ndarray
    ground: np.ndarray

    @classmethod
    def of(cls, light: Light, camera: Camera) -> Rig:
        """The light as this camera's picture has it."""
        right, up, forward = cameras.axes(camera)
        local = np.array([lamp.direction for lamp in light.lamps], np.float64).reshape(-1, 3)
        world = local @ np.stack([right, up, -forward])
        world /= np.maximum(np.linalg.norm(world, axis=1, keepdims=True), 1e-9)
        return cls(
            lamps=world.astype(np.float32),
            colors=np.array([lamp.color for lamp in light.lamps], np.float32).reshape(-1, 3),
            sizes=np.array([lamp.size for lamp in light.lamps], np.float32),
            sky=np.array(light.sky, np.float32),
            ground=np.array(light.ground, np.float32),
        )


@dataclass
class Hit:
    """N samples that hit something, ordered by mesh; ``sample`` is their number among those cast.

    Attributes:
        sample: (N,) int64. mesh: (N,) int16. face: (N,) int32 among all; local_face: (N,) int32 in its mesh.
        x_px, y_px, depth_m, footprint_m: (N,) float32. back: (N,) bool.
        position_m, normal, view, bary, origin_m: (N, 3) float32 as in ``surface.hit_points``.
    """

    sample: np.ndarray
    mesh: np.ndarray
    face: np.ndarray
    local_face: np.ndarray
    x_px: np.ndarray
    y_px: np.ndarray
    depth_m: np.ndarray
    footprint_m: np.ndarray
    back: np.ndarray
    position_m: np.ndarray
    normal: np.ndarray
    view: np.ndarray
    bary: np.ndarray
    origin_m: np.ndarray

    def hits(self, rows: slice) -> Hits:
        """Those rows, all of one mesh, as a look wants them."""
        return Hits(
            self.local_face[rows],
            self.bary[rows],
            self.position_m[rows],
            self.normal[rows],
            self.view[rows],
            self.back[rows],
            self.footprint_m[rows],
        )


class Sampler:
    """Takes samples of one scene and colours them."""

    def __init__(self, meshes: Sequence[SceneMesh], camera: Camera, rig: Rig) -> None:
        self.meshes, self.camera, self.rig = meshes, camera, rig
        self.tracer = Tracer(meshes)
        self.blockers = blockers(meshes, self.tracer)
        self._eye = np.array(camera.eye_m, np.float32)
        self._points: Points | None = None
        self._seen = np.zeros((0, 2 + len(rig.lamps)), np.float32)

    def centres(self) -> Hit:
        """First hits of the rays through all pixels' centres."""
        face, bary, depth = draw(self.camera, self.tracer.vertices_m, self.tracer.faces)
        hit = np.flatnonzero(face >= 0)
        row, col = np.divmod(np.arange(face.size), self.camera.width_px)
        x_px, y_px = (col + 0.5).astype(np.float32), (row + 0.5).astype(np.float32)
        u, v = bary[..., 1].ravel(), bary[..., 2].ravel()
        return self._hit(hit, face.ravel(), u, v, depth.ravel(), x_px, y_px, 1.0)

    def within(
        self, pixels: np.ndarray, spread: np.ndarray, share: float, of: int
    ) -> tuple[Hit, np.ndarray, np.ndarray]:
        """First hits of K rays through each of P pixels, and of these the ones to be lit.

        Args:
            pixels, spread: as for ``raster.draw_within``.
            share: width of a sample in pixels.
            of: one in so many of a pixel's hits on one mesh is lit, as in ``edges.thinned``.

        Returns:
            The hits to be lit; (N,) float32 how many hits each stands for; (P, K) bool whether a ray hit anything.
        """
        face, weight, depth = draw_within(self.camera, self.tracer.vertices_m, self.tracer.faces, pixels, spread)
        struck = face >= 0
        stands_for = thinned(np.where(struck, self.tracer.mesh_of_face[face], np.int16(-1)), of).ravel()
        row, col = np.divmod(pixels, self.camera.width_px)
        x_px, y_px = (col[:, None] + spread[:, 0]).astype(np.float32), (row[:, None] + spread[:, 1]).astype(np.float32)
        u, v = weight[..., 0].ravel(), weight[..., 1].ravel()
        lit = np.flatnonzero(stands_for)
        hit = self._hit(lit, face.ravel(), u, v, depth.ravel(), x_px.ravel(), y_px.ravel(), share)
        return hit, stands_for[hit.sample], struck

    def _hit(
        self,
        hit: np.ndarray,
        face: np.ndarray,
        u: np.ndarray,
        v: np.ndarray,
        depth: np.ndarray,
        x_px: np.ndarray,
        y_px: np.ndarray,
        share: float,
    ) -> Hit:
        mesh = self.tracer.mesh_of_face[face[hit]]
        order = np.argsort(mesh, kind="stable")
        hit, mesh = hit[order], mesh[order]
        seen = face[hit]
        position, normal, view, bary, back, origin = hit_points(
            self.tracer.vertices_m, self.tracer.faces, self.tracer.normals, self._eye, seen, u[hit], v[hit]
        )
        width = np.float32(share * cameras.pixel_m(self.camera))
        local = seen - self.tracer.first_face[mesh].astype(np.int32)
        return Hit(
            hit, mesh, seen, local, x_px[hit], y_px[hit], depth[hit], width * depth[hit],
            back, position, normal, view, bary, origin,
        )  # fmt: skip

    def measure_light(self, centre: Hit) -> None:
        """Measures what the visible surface sees of the light; ``centre`` = hits of every pixel's centre, in order."""
        height, width = self.camera.height_px, self.camera.width_px
        stride = 2 if height * width > 70_000 else 1
        row, col = np.divmod(centre.sample, width)
        use = np.flatnonzero((row % stride == 0) & (col % stride == 0))
        row, col = (row[use] // stride).astype(np.int32), (col[use] // stride).astype(np.int32)
        cell = np.full((-(-height // stride), -(-width // stride)), -1, np.int32)
        cell[row, col] = np.arange(len(use), dtype=np.int32)
        reach = 0.003 + 2.0 * stride * cameras.pixel_m(self.camera) * cameras.distance_m(self.camera)
        self._points = Points(
            cell, centre.origin_m[use], centre.position_m[use], centre.normal[use], row, col, stride, reach
        )
        self._seen = visibility(self.blockers, self._points, self.rig.lamps, self.rig.sizes)

    def colors(self, hit: Hit, behind: np.ndarray) -> np.ndarray:
        """(N, 3) float32 linear light of the hits; ``behind`` (N, 3) is the backdrop there."""
        colors, opacity = self._lit(hit)
        layers = [(np.arange(len(hit.sample)), colors, opacity)]
        rows = layers[0][0]
        for _ in range(_LAYERS - 1):
            clear = np.flatnonzero(opacity < 0.995)
            if len(clear) == 0:
                break
            hit = self._beyond(hit, clear)
            rows = rows[clear[hit.sample]]
            colors, opacity = self._lit(hit)
            layers.append((rows, colors, opacity))
        out = behind.copy()
        for rows, colors, opacity in reversed(layers):
            out[rows] += opacity[:, None] * (colors - out[rows])
        return out

    def _beyond(self, hit: Hit, rows: np.ndarray) -> Hit:
        """What the rays meet after passing through these hits; ``sample`` counts in ``rows``."""
        rays = np.ascontiguousarray(hit.view[rows])
        face, u, v, _ = self.tracer.intersect(hit.position_m[rows] + np.float32(_STEP_M) * rays, rays)
        share = hit.footprint_m[rows[:1]] / (hit.depth_m[rows[:1]] * cameras.pixel_m(self.camera))
        return self._hit(
            np.flatnonzero(face >= 0), face, u, v, hit.depth_m[rows], hit.x_px[rows], hit.y_px[rows], float(share[0])
        )

    def parts(self, hit: Hit) -> np.ndarray:
        """(N,) uint8 of Part."""
        out = np.zeros(len(hit.sample), np.uint8)
        for mesh, rows in self._runs(hit):
            out[rows] = mesh.look.parts(mesh, hit.hits(rows))
        return out

    def _runs(self, hit: Hit) -> Iterator[tuple[SceneMesh, slice]]:
        bounds = np.searchsorted(hit.mesh, np.arange(len(self.meshes) + 1))
        for k, mesh in enumerate(self.meshes):
            if bounds[k] < bounds[k + 1]:
                yield mesh, slice(int(bounds[k]), int(bounds[k + 1]))

    def _lit(self, hit: Hit) -> tuple[np.ndarray, np.ndarray]:
        shading = self._shaded(hit)
        rig, points = self.rig, self._points
        assert points is not None and shading.opacity is not None
        seen = borrow(
            points.cell, points.position_m, points.normal, self._seen, points.stride, points.reach_m,
            hit.x_px, hit.y_px, hit.position_m, hit.normal,
        )  # fmt: skip
        colors = radiance(
            shading.albedo, shading.normal, hit.normal, hit.view,
            shading.specular, shading.roughness, shading.sheen, shading.translucency,
            seen, rig.lamps, rig.colors, rig.sizes, rig.sky, rig.ground,
        )  # fmt: skip
        return np.minimum(colors, np.float32(_MAX_LIGHT)), shading.opacity

    def _shaded(self, hit: Hit) -> Shading:
        count = len(hit.sample)
        vectors = np.empty((2, count, 3), np.float32)
        numbers = np.empty((5, count), np.float32)
        for mesh, rows in self._runs(hit):
            look = mesh.look.shade(mesh, hit.hits(rows))
            vectors[0, rows], vectors[1, rows] = look.albedo, look.normal
            numbers[0, rows], numbers[1, rows] = look.specular, look.roughness
            numbers[2, rows], numbers[3, rows] = look.sheen, look.translucency
            numbers[4, rows] = 1.0 if look.opacity is None else look.opacity
        return Shading(vectors[0], vectors[1], numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
