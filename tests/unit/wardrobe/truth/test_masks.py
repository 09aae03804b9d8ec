"""The repaint mask: of the bare body alone, wide enough for cloth, and with hands, face, hair and shoes kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from tests.unit.wardrobe.truth.conftest import sheet, take

from fitroom.contracts import Part
from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import Body, BodyPart
from fitroom.wardrobe.patterns.pattern import Region
from fitroom.wardrobe.studio.scene import Camera, SceneMesh
from fitroom.wardrobe.truth.maps import UndressedMaps, keypoints, undressed
from fitroom.wardrobe.truth.masks import GREY, agnostic, repaint_mask, spill_px

REGIONS: tuple[Region, ...] = ("top", "bottom", "dress", "outerwear")


@pytest.fixture
def maps(model: Any, body: Body, camera: Camera) -> UndressedMaps:
    return undressed(model, body, camera)


@pytest.fixture
def points(body: Body, camera: Camera, maps: UndressedMaps) -> np.ndarray:
    return keypoints(body, camera, maps)


def dressed(body: Body, model: Any, camera: Camera, garment: SceneMesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photo, parse and depth of the body in one garment."""
    bare = SceneMesh("body", body.vertices_m, model.faces, look=None)  # type: ignore[arg-type]
    frame = take([bare, garment], camera)
    parse = np.select([frame.mesh == 1, frame.mesh == 0], [Part.TOP, Part.LEFT_ARM], 0).astype(np.uint8)
    photo = np.random.default_rng(0).integers(0, 120, (*parse.shape, 3), dtype=np.uint8)
    photo[frame.mesh == 1] = 250
    return photo, parse, frame.depth_m


@pytest.mark.parametrize("region", REGIONS)
def test_two_garments_on_one_body_have_the_same_mask(
    model: Any, body: Body, camera: Camera, maps: UndressedMaps, region: Region
) -> None:
    masks, pictures = [], []
    for garment in (sheet("top", -0.3, 0.3), sheet("top", -0.2, 0.55)):
        photo, _, depth = dressed(body, model, camera, garment)
        points = keypoints(body, camera, maps, depth)
        picture, mask = agnostic(photo, maps, points, region)
        masks.append(mask)
        pictures.append(picture)
    np.testing.assert_array_equal(*masks)
    assert (pictures[0][masks[0]] == GREY).all()


def test_nothing_of_a_garment_within_the_mask_can_be_seen(
    model: Any, body: Body, camera: Camera, maps: UndressedMaps, points: np.ndarray
) -> None:
    photo, parse, _ = dressed(body, model, camera, sheet("top", -0.3, 0.3))
    picture, mask = agnostic(photo, maps, points, "top")
    assert spill_px(parse, mask, "top") == 0
    assert not (picture == 250).any()
    np.testing.assert_array_equal(picture[~mask], photo[~mask])


def test_cloth_that_leaves_the_mask_is_counted(
    model: Any, body: Body, camera: Camera, maps: UndressedMaps, points: np.ndarray
) -> None:
    _, parse, _ = dressed(body, model, camera, sheet("top", -0.3, 1.2))
    mask = repaint_mask(maps, points, "top")
    outside = int(((parse == Part.TOP) & ~mask).sum())
    assert spill_px(parse, mask, "top") == outside > 100
    assert spill_px(parse, mask, "bottom") == 0


@pytest.mark.parametrize(
    ("region", "covered", "kept"),
    [
        ("top", (BodyPart.TORSO, BodyPart.LEFT_UPPER_ARM, BodyPart.RIGHT_FOREARM), (BodyPart.LEFT_SHIN,)),
        ("outerwear", (BodyPart.TORSO, BodyPart.LEFT_FOREARM, BodyPart.LEFT_SHIN), (BodyPart.HEAD,)),
        ("dress", (BodyPart.TORSO, BodyPart.RIGHT_UPPER_ARM, BodyPart.RIGHT_THIGH), (BodyPart.HEAD,)),
        ("bottom", (BodyPart.LEFT_THIGH, BodyPart.RIGHT_SHIN), (BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM)),
    ],
)
def test_limbs_are_covered_whole_and_other_parts_are_kept(
    maps: UndressedMaps,
    points: np.ndarray,
    region: Region,
    covered: tuple[BodyPart, ...],
    kept: tuple[BodyPart, ...],
) -> None:
    mask = repaint_mask(maps, points, region)
    for part in covered:
        assert mask[maps.body_part == part].all(), part
    for part in kept:
        assert mask[maps.body_part == part].mean() < 0.25, part


@pytest.mark.parametrize("region", REGIONS)
def test_face_and_fingers_are_kept_in_every_region(maps: UndressedMaps, points: np.ndarray, region: Region) -> None:
    mask = repaint_mask(maps, points, region)
    rows = np.arange(mask.shape[0])[:, None]
    for part in (BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND):
        hand = maps.body_part == part
        fingers = binary_erosion(hand & (rows > np.quantile(np.nonzero(hand)[0], 0.4)))
        assert not mask[fingers].any()
    assert mask[maps.body_part == BodyPart.HEAD].mean() < 0.2


def test_hair_and_shoes_are_kept(model: Any, body: Body, camera: Camera, points: np.ndarray) -> None:
    lock = sheet("hair", -0.3, 0.2)
    maps = undressed(model, body, camera, [lock], [])
    dense = binary_erosion(maps.hair, iterations=2)  # its outermost pixels are mixed with the clothes behind
    assert dense.sum() > 100
    assert not repaint_mask(maps, points, "top")[dense].any()
    shod = replace(maps, shoes=np.isin(maps.body_part, (BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT)))
    sole = shod.shoes & (np.arange(shod.shoes.shape[0])[:, None] > np.nonzero(shod.shoes)[0].min() + 6)
    sole = binary_erosion(sole)
    assert sole.any()
    assert not repaint_mask(shod, points, "dress")[sole].any()  # a hem may cover the top of a shoe, 5 cm of it


def test_a_skirt_has_room_that_grows_downwards(maps: UndressedMaps, points: np.ndarray, camera: Camera) -> None:
    mask = repaint_mask(maps, points, "dress")
    widths_cm = [mask[int(points[joint, 1])].sum() / camera.px_per_cm for joint in (11, 13, 15)]
    assert widths_cm[0] + 10 < widths_cm[1] < widths_cm[2] - 10
    assert widths_cm[2] > 100


def test_a_torso_on_its_own_without_legs_in_the_picture_works(model: Any, body: Body, camera: Camera) -> None:
    close = replace(camera, target_m=(0.0, 0.0, 1.3), eye_m=(0.0, -4.0, 1.3), height_m=0.8)
    maps = undressed(model, body, close)
    mask = repaint_mask(maps, keypoints(body, close, maps), "dress")
    assert mask[-1].any()
    assert mask[maps.body_part == BodyPart.TORSO].all()


def test_an_empty_picture_has_an_empty_mask(model: Any, body: Body) -> None:
    away = Camera((0.0, -4.0, 9.0), (0.0, 0.0, 9.0), 0.5, 20, 20)
    maps = undressed(model, body, away)
    assert not repaint_mask(maps, keypoints(body, away, maps), "top").any()


def test_wrong_requests_are_refused(maps: UndressedMaps, points: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="unknown region"):
        repaint_mask(maps, points, "hat")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="differ in size"):
        agnostic(np.zeros((4, 4, 3), np.uint8), maps, points, "top")


def test_the_gap_between_arm_and_body_is_covered(maps: UndressedMaps, points: np.ndarray) -> None:
    part = maps.body_part.copy()
    part[90:110, 68:82] = BodyPart.NONE
    gap = replace(maps, body_part=part)
    assert repaint_mask(gap, points, "top")[95:105, 72:78].all()


def test_loose_strands_over_the_garment_are_not_kept(maps: UndressedMaps, points: np.ndarray) -> None:
    strands = np.zeros_like(maps.hair)
    strands[80:100, 60:90:4] = True
    np.testing.assert_array_equal(
        repaint_mask(replace(maps, hair=strands), points, "top"), repaint_mask(maps, points, "top")
    )
