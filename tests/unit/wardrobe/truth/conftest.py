"""A stand-in for the body: boxes for head, torso, arms and legs, so that no body model has to load."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fitroom.wardrobe.bodies.body import Body, BodyPart, BodyShape
from fitroom.wardrobe.studio.scene import Camera, Frame, SceneMesh
from fitroom.wardrobe.truth.maps import first_hits

# Part: centre and half size, m.
BOXES = {
    BodyPart.HEAD: ((0, 0, 1.60), (0.09, 0.10, 0.12)),
    BodyPart.NECK: ((0, 0, 1.44), (0.05, 0.05, 0.04)),
    BodyPart.TORSO: ((0, 0, 1.10), (0.17, 0.11, 0.30)),
    BodyPart.LEFT_UPPER_ARM: ((0.23, 0, 1.24), (0.05, 0.05, 0.15)),
    BodyPart.LEFT_FOREARM: ((0.23, 0, 0.97), (0.04, 0.04, 0.12)),
    BodyPart.LEFT_HAND: ((0.23, 0, 0.77), (0.04, 0.03, 0.08)),
    BodyPart.RIGHT_UPPER_ARM: ((-0.23, 0, 1.24), (0.05, 0.05, 0.15)),
    BodyPart.RIGHT_FOREARM: ((-0.23, 0, 0.97), (0.04, 0.04, 0.12)),
    BodyPart.RIGHT_HAND: ((-0.23, 0, 0.77), (0.04, 0.03, 0.08)),
    BodyPart.LEFT_THIGH: ((0.09, 0, 0.63), (0.08, 0.08, 0.17)),
    BodyPart.LEFT_SHIN: ((0.09, 0, 0.27), (0.06, 0.06, 0.19)),
    BodyPart.LEFT_FOOT: ((0.09, -0.05, 0.04), (0.05, 0.12, 0.04)),
    BodyPart.RIGHT_THIGH: ((-0.09, 0, 0.63), (0.08, 0.08, 0.17)),
    BodyPart.RIGHT_SHIN: ((-0.09, 0, 0.27), (0.06, 0.06, 0.19)),
    BodyPart.RIGHT_FOOT: ((-0.09, -0.05, 0.04), (0.05, 0.12, 0.04)),
}
KEYPOINTS_M = np.array([
    (0, -0.10, 1.58), (0.03, -0.10, 1.61), (-0.03, -0.10, 1.61), (0.08, -0.08, 1.60), (-0.08, -0.08, 1.60),
    (0.23, 0, 1.36), (-0.23, 0, 1.36), (0.23, 0, 1.09), (-0.23, 0, 1.09), (0.23, 0, 0.85), (-0.23, 0, 0.85),
    (0.09, 0, 0.83), (-0.09, 0, 0.83), (0.09, 0, 0.47), (-0.09, 0, 0.47), (0.09, 0, 0.10), (-0.09, 0, 0.10),
])  # fmt: skip
BONES_M = {
    "neck01": (0, 0, 1.40),
    "upperarm01.L": (0.20, 0, 1.36), "lowerarm01.L": (0.20, 0, 1.09), "wrist.L": (0.20, 0, 0.85),
    "upperarm01.R": (-0.20, 0, 1.36), "lowerarm01.R": (-0.20, 0, 1.09), "wrist.R": (-0.20, 0, 0.85),
}  # fmt: skip
_CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_FACES = np.array([
    (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4),
    (1, 5, 7), (1, 7, 3),
])  # fmt: skip


class BoxModel:
    """What the truth asks of a body model, of boxes."""

    def __init__(self) -> None:
        count = len(BOXES)
        self.faces = np.concatenate([_FACES + 8 * i for i in range(count)]).astype(np.int32)
        self.canonical_m = np.concatenate([_box(part) for part in BOXES]).astype(np.float32)
        self.part_weights = np.zeros((8 * count, len(BodyPart)), np.float32)
        self.part_weights[np.arange(8 * count), np.repeat([int(part) for part in BOXES], 8)] = 1

    def joint(self, body: Body, name: str) -> np.ndarray:
        return np.array(BONES_M[name], float)


def _box(part: BodyPart) -> np.ndarray:
    centre, half = BOXES[part]
    return _CORNERS * half + centre


@pytest.fixture
def model() -> Any:
    return BoxModel()


@pytest.fixture
def body(model: Any) -> Body:
    return Body(model.canonical_m.astype(float), KEYPOINTS_M, np.zeros((0, 3)), BodyShape("male", {}))


@pytest.fixture
def camera() -> Camera:
    return Camera((0.0, -4.0, 0.9), (0.0, 0.0, 0.9), 2.0, 200, 150)


def sheet(name: str, y_m: float, size_m: float = 1.0, cells: int = 8, bulge_m: float = 0.0) -> SceneMesh:
    """A square of cloth facing -y, centred on (0, y, 1)."""
    u, v = np.meshgrid(np.linspace(-0.5, 0.5, cells + 1), np.linspace(-0.5, 0.5, cells + 1))
    y = y_m + bulge_m * np.cos(np.pi * u) * np.cos(np.pi * v)
    vertices = np.stack([size_m * u, y, 1 + size_m * v], -1).reshape(-1, 3)
    low = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    a, b, c, d = low, low + 1, low + cells + 2, low + cells + 1
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    return SceneMesh(name, vertices, faces, look=None)  # type: ignore[arg-type]


def take(meshes: Sequence[SceneMesh], camera: Camera, image_u8: np.ndarray | None = None) -> Frame:
    """A picture of meshes, without colours unless given."""
    face, bary, depth = first_hits(meshes, camera)
    starts = np.cumsum([0, *(len(mesh.faces) for mesh in meshes)])
    mesh = np.where(face >= 0, np.searchsorted(starts, face, side="right") - 1, -1).astype(np.int16)
    own = np.where(face >= 0, face - starts[np.maximum(mesh, 0)], -1)
    size = (camera.height_px, camera.width_px)
    blank = np.zeros((*size, 3), np.uint8)
    return Frame(
        image_u8 if image_u8 is not None else blank, mesh, own, bary, depth,
        np.zeros((*size, 3), np.float32), np.zeros(size, np.uint8), (face >= 0).astype(np.float32), camera,
    )  # fmt: skip


def cloth(**parts: Any) -> Any:
    """A garment mesh of the fields a test needs."""
    return SimpleNamespace(**parts)
