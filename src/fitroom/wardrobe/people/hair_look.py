"""The look of hair: a highlight across the strands, lighter tips, every strand a little different."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.wardrobe.people.noise import blend, noise
from fitroom.wardrobe.people.ribbons import unit
from fitroom.wardrobe.studio.scene import Hits, SceneMesh, Shading

_HAIRS_A_RIBBON = 7.0
_GRAY = np.array([0.42, 0.41, 0.40])


@dataclass(frozen=True)
class HairLook:
    """Look of a mesh of ribbons.

    The normal given to the light stands across the strand on the side of the hair's volume, so that highlights run
    round the head as bands (Kajiya and Kay, 1989) and ribbons are not seen as flat.

    Attributes:
        color: (3,) linear.
        gray: share of gray strands.
        tangent, volume: (V, 3) float32 unit: along the strand; outwards of the whole hair.
        along, across: (V,) float32 in [0, 1]: root to tip; edge to edge.
        depth: (V,) float32 in [0, 1]: 0 next to the skin, 1 outermost; inner strands lie in shade.
        strand: (V,) int32.
        seed: of the differences between strands.
    """

    color: np.ndarray
    gray: float
    tangent: np.ndarray
    volume: np.ndarray
    along: np.ndarray
    across: np.ndarray
    depth: np.ndarray
    strand: np.ndarray
    seed: int

    def shade(self, mesh: SceneMesh, hits: Hits) -> Shading:
        """Albedo and gloss at the hits."""
        corners, bary = mesh.faces[hits.face], hits.bary
        along, across = (self.along[corners] * bary).sum(1), (self.across[corners] * bary).sum(1)
        strand = self.strand[corners[:, 0]].astype(np.float64)
        hair = np.floor(across * _HAIRS_A_RIBBON)
        own = noise(np.stack([strand * 3.0, hair * 3.0, np.zeros_like(strand)], 1), 1.0, seed=self.seed)
        lock = noise(np.stack([strand, np.zeros_like(strand), np.zeros_like(strand)], 1), 1.0, seed=self.seed + 1)
        depth = (self.depth[corners] * bary).sum(1)
        tone = (0.74 + 0.24 * own + 0.2 * lock) * (0.82 + 0.3 * along) * (0.68 + 0.36 * depth)
        albedo = self.color[None, :] * tone[:, None]
        silver = np.clip(1.6 * self.gray * (0.45 + 0.7 * own), 0.0, 1.0)
        albedo = blend(albedo, _GRAY * (0.55 + 0.3 * own + 0.35 * lock)[:, None], silver)
        tangent = unit(np.einsum("nkc,nk->nc", self.tangent[corners], bary))
        normal = self._normal(tangent, np.einsum("nkc,nk->nc", self.volume[corners], bary), hits, own - 0.5)
        count = len(along)
        return Shading(
            albedo=np.clip(albedo, 0.0, 1.0).astype(np.float32),
            normal=normal.astype(np.float32),
            specular=(0.12 + 0.3 * own * depth).astype(np.float32),
            roughness=np.full(count, 0.42, np.float32),
            sheen=np.full(count, 0.06, np.float32),
            translucency=np.full(count, 0.3, np.float32),
        )

    def parts(self, mesh: SceneMesh, hits: Hits) -> np.ndarray:  # noqa: ARG002
        """Hair everywhere."""
        return np.full(len(hits.face), Part.HAIR, np.uint8)

    def _normal(self, tangent: np.ndarray, volume: np.ndarray, hits: Hits, shift: np.ndarray) -> np.ndarray:
        smooth = unit(0.8 * unit(volume) + 0.35 * hits.normal)
        across = smooth - (smooth * tangent).sum(1, keepdims=True) * tangent
        normal = unit(unit(across) + 0.28 * smooth + 0.22 * shift[:, None] * tangent)
        facing = (normal * hits.view).sum(1, keepdims=True)
        return unit(normal - hits.view * np.maximum(0.0, facing + 0.05))
