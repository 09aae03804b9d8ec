"""Maps of the undressed body, per pixel: its parts, where each point lies on the neutral body, depth; keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.studio.camera import project
from fitroom.wardrobe.studio.raster import draw
from fitroom.wardrobe.studio.scene import Camera, SceneMesh

VISIBLE, HIDDEN, OUTSIDE = 2, 1, 0

_ARMS = {
    "left": (BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM, BodyPart.LEFT_HAND),
    "right": (BodyPart.RIGHT_UPPER_ARM, BodyPart.RIGHT_FOREARM, BodyPart.RIGHT_HAND),
}
_LEGS = {
    "left": (BodyPart.LEFT_THIGH, BodyPart.LEFT_SHIN, BodyPart.LEFT_FOOT),
    "right": (BodyPart.RIGHT_THIGH, BodyPart.RIGHT_SHIN, BodyPart.RIGHT_FOOT),
}


def _joints() -> tuple[tuple[float, frozenset[int]], ...]:
    """Per COCO keypoint: how deep below the skin it may lie (m), and the parts its skin belongs to."""
    face = [(0.03, frozenset({BodyPart.HEAD}))] * 5
    limbs = []
    for chain, depths_m in ((_ARMS, (0.13, 0.09, 0.07)), (_LEGS, (0.22, 0.13, 0.10))):
        for place, depth_m in enumerate(depths_m):
            for side in ("left", "right"):
                above = chain[side][place - 1] if place else BodyPart.TORSO
                limbs.append((depth_m, frozenset({chain[side][place], above})))
    return (*face, *limbs)


_JOINTS = _joints()
_FACE = range(5)  # eyes, ears and nose, which hair hides however close it lies
_CLOTH_STANDS_OFF_M = 0.15  # cloth this far in front of the skin hides the joint below; closer, it only dresses it


@dataclass(frozen=True)
class UndressedMaps:
    """What the camera would see of the bare body, at pixel centres.

    Attributes:
        body_part: (H, W) uint8 of :class:`BodyPart`.
        canonical_m: (H, W, 3) float32 point of the neutral body (dense correspondence), NaN where there is no body.
        depth_m: (H, W) float32 along the camera's axis, inf where there is no body.
        hair, shoes: (H, W) bool, where they stand before the bare body.
        camera: what looks.
    """

    body_part: np.ndarray
    canonical_m: np.ndarray
    depth_m: np.ndarray
    hair: np.ndarray
    shoes: np.ndarray
    camera: Camera


def undressed(
    model: BodyModel,
    body: Body,
    camera: Camera,
    hair: Sequence[SceneMesh] = (),
    shoes: Sequence[SceneMesh] = (),
) -> UndressedMaps:
    """Casts one ray through each pixel's centre at the bare body, and at hair and shoes without any clothes.

    Args:
        model: whose faces, neutral surface and part weights are interpolated.
        body: in its pose.
        camera: of the photo the maps belong to.
        hair, shoes: the person's own, which no garment changes.
    """
    bare = SceneMesh("body", body.vertices_m, model.faces, look=None)  # type: ignore[arg-type]
    face, bary, depth = first_hits([bare], camera)
    hit = face >= 0
    corners = model.faces[face[hit]]
    parts = np.zeros(face.shape, np.uint8)
    # Blending weights before the argmax gives smooth borders; the heaviest bone per vertex would give jagged ones.
    parts[hit] = np.einsum("nk,nkp->np", bary[hit], model.part_weights[corners]).argmax(1)
    canonical = np.full((*face.shape, 3), np.nan, np.float32)
    canonical[hit] = np.einsum("nk,nkd->nd", bary[hit], model.canonical_m[corners])
    return UndressedMaps(parts, canonical, depth, _before(hair, camera, depth), _before(shoes, camera, depth), camera)


def keypoints(body: Body, camera: Camera, maps: UndressedMaps, dressed_depth_m: np.ndarray | None = None) -> np.ndarray:
    """COCO keypoints with visibility.

    A joint is seen where the skin in front of it is its own (right part of the body, no deeper below the skin than that
    joint lies), no hair lies over it (eyes, ears, nose), and nothing of the dressed person, such as a wide skirt,
    stands 15 cm or more before that skin. Clothes that lie on it do not hide it.

    Args:
        body: whose joints.
        camera: of the photo.
        maps: of the same body and camera.
        dressed_depth_m: (H, W) depth of the dressed photo, or None.

    Returns:
        (17, 3) float32: x and y in px (pixel centres at + 0.5), visibility 2 seen, 1 hidden, 0 outside the picture.
    """
    height, width = maps.body_part.shape
    _require_size("dressed_depth_m", dressed_depth_m, (height, width))
    points = project(camera, body.keypoints_m)
    result = np.zeros((17, 3), np.float32)
    result[:, :2] = points[:, :2]
    for index, (x_px, y_px, depth) in enumerate(points):
        if not (depth > 0 and 0 <= x_px < width and 0 <= y_px < height):
            continue
        row, column = int(y_px), int(x_px)
        below_skin, parts = _JOINTS[index]
        skin = maps.depth_m[row, column]
        # Where the ray passes beside the body (a fingertip, an ear) the joint itself is the nearest thing there.
        own = not np.isfinite(skin) or (depth - skin <= below_skin and maps.body_part[row, column] in parts)
        nearest = dressed_depth_m[row, column] if dressed_depth_m is not None else skin
        clear = not np.isfinite(nearest) or min(skin, depth) - nearest < _CLOTH_STANDS_OFF_M
        clear &= not (index in _FACE and maps.hair[row, column])
        result[index, 2] = VISIBLE if own and clear else HIDDEN
    return result


def first_hits(meshes: Sequence[SceneMesh], camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first hit of the ray through each pixel's centre.

    Returns:
        face (H, W) int32 counted over all meshes in their order, -1 = none; barycentric weights (H, W, 3) float32;
        depth along the camera's axis (H, W) float32 m, inf = none.
    """
    starts = np.cumsum([0, *(len(mesh.vertices_m) for mesh in meshes)])
    vertices = np.concatenate([mesh.vertices_m for mesh in meshes])
    return draw(camera, vertices, np.concatenate([mesh.faces + s for mesh, s in zip(meshes, starts, strict=False)]))


def _before(meshes: Sequence[SceneMesh], camera: Camera, depth_m: np.ndarray) -> np.ndarray:
    if not meshes:
        return np.zeros(depth_m.shape, bool)
    seen: np.ndarray = first_hits(meshes, camera)[2] < depth_m
    return seen


def _require_size(name: str, values: np.ndarray | None, size: tuple[int, int]) -> None:
    if values is not None and values.shape != size:
        raise ConfigError(f"{name} and the maps differ in size", rule=str(size), got=values.shape)
