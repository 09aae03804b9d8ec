"""How a sewn garment looks: its painted surface laid over the draped mesh."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from fitroom.contracts import Part
from fitroom.errors import DataError
from fitroom.wardrobe.fabrics.fabric import Surface
from fitroom.wardrobe.studio.plain_look import PlainLook
from fitroom.wardrobe.studio.relief import sample_cloth
from fitroom.wardrobe.studio.scene import Hits, SceneMesh, Shading
from fitroom.wardrobe.studio.texture import Pyramid, pyramid

__all__ = ["ClothLook", "PlainLook"]

_BACK = 0.72  # the inside is darker and never as crisp
_WRINKLE_MM = {"linen": 0.30, "poplin": 0.16, "twill": 0.10, "denim": 0.10, "satin": 0.05, "chiffon": 0.08}
_OPACITY = {"chiffon": 0.88}


class ClothLook:
    """Cloth with stripes, prints, relief and gloss of ``surface``; the mesh needs ``corner_uv`` in cm of its atlas.

    Attributes:
        surface: the painted pattern.
        part: what it is in the parse.
        wrinkle_mm: height of the fine creases that the drape is too coarse for.
    """

    def __init__(self, surface: Surface, part: Part, wrinkle_mm: float | None = None) -> None:
        material = surface.fabric.material
        self.surface, self.part = surface, part
        self.wrinkle_mm = _WRINKLE_MM.get(material, 0.06) if wrinkle_mm is None else wrinkle_mm
        self._opacity = _OPACITY.get(material, 1.0)

    @cached_property
    def _albedo(self) -> Pyramid:
        return pyramid(self.surface.albedo)

    @cached_property
    def _height(self) -> Pyramid:
        return pyramid(self.surface.height_mm[..., None])

    def shade(self, mesh: SceneMesh, hits: Hits) -> Shading:
        """Colour, relief and gloss at the hits.

        Raises:
            DataError: for a mesh without texture coordinates.
        """
        if mesh.corner_uv is None:
            raise DataError(
                "a cloth mesh has no texture coordinates",
                where=mesh.name,
                rule="SceneMesh.corner_uv of shape (F, 3, 2), in cm of the atlas",
                fix="pass the atlas coordinates of its pattern pieces",
            )
        fabric = self.surface.fabric
        albedo, normal = sample_cloth(
            self._albedo,
            self._height,
            float(self.surface.px_per_cm),
            float(self.wrinkle_mm),
            np.asarray(mesh.vertices_m, np.float64),
            mesh.faces,
            np.asarray(mesh.corner_uv, np.float32),
            hits.face,
            hits.bary,
            hits.normal,
            hits.view,
            hits.back,
            hits.footprint_m,
        )
        albedo[hits.back] *= np.float32(_BACK)
        count = len(hits.face)
        gloss = np.where(hits.back, np.float32(0.5 * fabric.specular), np.float32(fabric.specular))
        return Shading(
            albedo=albedo,
            normal=normal,
            specular=gloss.astype(np.float32),
            roughness=np.full(count, fabric.roughness, np.float32),
            sheen=np.full(count, fabric.sheen, np.float32),
            translucency=np.full(count, fabric.translucency, np.float32),
            opacity=np.full(count, self._opacity, np.float32) if self._opacity < 1.0 else None,
        )

    def parts(self, mesh: SceneMesh, hits: Hits) -> np.ndarray:
        """(N,) uint8 of ``part``."""
        del mesh
        return np.full(len(hits.face), int(self.part), np.uint8)
