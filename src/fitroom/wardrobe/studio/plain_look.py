"""The plainest look: one colour, one gloss, one part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.wardrobe.studio.scene import Hits, SceneMesh, Shading


@dataclass(frozen=True)
class PlainLook:
    """One colour everywhere.

    Attributes:
        color_linear: linear RGB reflectance in [0, 1].
        part: what it is in the parse.
        specular, roughness, sheen, translucency: in [0, 1].
        opacity: in [0, 1]; below 1 what lies behind shows through.
    """

    color_linear: tuple[float, float, float]
    part: Part = Part.BACKGROUND
    specular: float = 0.0
    roughness: float = 0.8
    sheen: float = 0.0
    translucency: float = 0.0
    opacity: float = 1.0

    def shade(self, mesh: SceneMesh, hits: Hits) -> Shading:
        """The same at every hit."""
        del mesh
        count = len(hits.face)

        def constant(value: float) -> np.ndarray:
            return np.full(count, value, np.float32)

        return Shading(
            albedo=np.broadcast_to(np.asarray(self.color_linear, np.float32), (count, 3)),
            normal=hits.normal,
            specular=constant(self.specular),
            roughness=constant(self.roughness),
            sheen=constant(self.sheen),
            translucency=constant(self.translucency),
            opacity=constant(self.opacity) if self.opacity < 1.0 else None,
        )

    def parts(self, mesh: SceneMesh, hits: Hits) -> np.ndarray:
        """(N,) uint8 of ``part``."""
        del mesh
        return np.full(len(hits.face), int(self.part), np.uint8)
