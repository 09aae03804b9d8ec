"""The drape coefficient, measured as a textile laboratory does: a disc of cloth hangs over a smaller one.

Cusick (1968), ISO 9073-9: a disc of 15 cm radius lies on a support of 9 cm radius; the coefficient is the share of the
overhanging ring's area that the shadow of the draped cloth still covers: 0 = hangs straight down, 1 = stiff as card.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from fitroom.wardrobe.drape.field import Field
from fitroom.wardrobe.drape.solver import Cloth
from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import Design, Edge, GarmentMesh, Panel, Pattern

DISC_CM, SUPPORT_CM = 15.0, 9.0
_HEIGHT_M = 0.25
_PX_PER_CM = 10


def drape_test(fabric: Fabric, spacing_cm: float = 1.0, substeps: int = 4500) -> tuple[float, np.ndarray]:
    """Hangs a disc of the fabric over the support.

    Returns:
        The drape coefficient in [0, 1], and the (V, 3) draped disc.
    """
    mesh = disc(spacing_cm)
    flat = np.column_stack([mesh.assembly_m, np.full(len(mesh.assembly_m), _HEIGHT_M + 0.006)])
    angle = np.arctan2(flat[:, 1], flat[:, 0])
    radius = np.hypot(flat[:, 0], flat[:, 1])
    # A real disc is never quite even; a perfect one could not decide where to fold.
    flat[:, 2] += 0.0005 * np.maximum(radius - SUPPORT_CM / 100, 0) / 0.06 * np.sin(5 * angle + 0.7)
    cloth = Cloth(mesh, fabric, flat)
    cloth.step(_support(), substeps, damping=0.005)
    cloth.step(_support(), 600, damping=0.05)
    return coefficient(cloth.positions_m, mesh.faces), cloth.positions_m


def disc(spacing_cm: float = 1.0) -> GarmentMesh:
    """A disc of cloth of 15 cm radius as a mesh."""
    turn = np.linspace(0, 2 * np.pi, 97)
    outline = DISC_CM * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    outline[-1] = outline[0]
    halves = (Edge("upper", "hem", outline[:49]), Edge("lower", "hem", outline[48:]))
    design = Design(-1, "skirt", "bottom", "unisex", "straight", "none", "none", "regular", {})
    return build_mesh(Pattern(design, "M", (Panel("disc", halves, -1),), (), {}), spacing_cm)


def coefficient(vertices_m: np.ndarray, faces: np.ndarray) -> float:
    """Drape coefficient of a draped disc from the area of its shadow straight down."""
    half = int((DISC_CM + 2) * _PX_PER_CM)
    shadow = Image.new("1", (2 * half, 2 * half))
    draw = ImageDraw.Draw(shadow)
    for triangle in vertices_m[faces][:, :, :2] * 100 * _PX_PER_CM + half:
        draw.polygon([tuple(p) for p in triangle], fill=1)
    shadow_cm2 = np.asarray(shadow).sum() / _PX_PER_CM**2
    support, whole = np.pi * SUPPORT_CM**2, np.pi * DISC_CM**2
    return float(np.clip((shadow_cm2 - support) / (whole - support), 0.0, 1.0))


def _support() -> Field:
    """The distance to a flat-topped pillar of 9 cm radius."""
    h = 0.005
    x = np.arange(-0.17, 0.17 + h / 2, h)
    z = np.arange(0.0, 0.30 + h / 2, h)
    gx, gy, gz = np.meshgrid(x, x, z, indexing="ij")
    side = np.hypot(gx, gy) - SUPPORT_CM / 100
    top = gz - _HEIGHT_M
    outside = np.hypot(np.maximum(side, 0), np.maximum(top, 0))
    distance = outside + np.minimum(np.maximum(side, top), 0)
    return Field(distance.astype(np.float32), np.array([x[0], x[0], z[0]]), h)
