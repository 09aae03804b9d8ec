"""BlazePose by path: networks in its files' form, made on the spot, that answer with what a person there would give."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tests.unit.pipelines.pose.made_tflite import DETECTOR, LANDMARKS, archive, network

from fitroom.errors import WeightsError
from fitroom.pipelines.pose.blazepose import BlazePose, largest_of, refined
from fitroom.pipelines.pose.opening import open_pose, pose_hash
from fitroom.pipelines.pose.square import Square

pytest.importorskip("ai_edge_litert", reason="LiteRT is not there")
WHEEL = (
    "mediapipe/modules/pose_detection/pose_detection.tflite",
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
)
TASK = ("pose_detector.tflite", "pose_landmarks_detector.tflite")
PHOTO = np.full((300, 200, 3), 128, np.uint8)
NOSE, LEFT_WRIST, CENTRE, REACH = 0, 15, 33, 34  # of BlazePose's landmarks


def detector(*people: tuple[float, float, float, float]) -> bytes:
    """Finds people: x, y of the hips' middle in [0, 1], radius of the circle round them, logit; heads lie above."""
    people = people or ((0.5, 0.5, 0.15, 9.0),)
    boxes, scores = np.zeros((1, 2254, 12)), np.full((1, 2254, 1), -20.0)
    for x, y, radius, logit in people:
        column, row = int(x * 28), int(y * 28)
        place = 2 * (28 * row + column)
        anchor = (np.array([column, row]) + 0.5) / 28
        points = np.array([[x, y], [2 * radius] * 2, [x, y], [x, y - radius], [x, y], [x, y]])
        points[[0, 2, 3, 4, 5]] -= anchor
        points[1] = 2 * radius - anchor  # a size, not a place; nobody reads it
        boxes[0, place], scores[0, place] = points.ravel() * 224, logit
    return network(DETECTOR, [boxes, scores])


def landmarks(
    score: float = 0.9, hidden: tuple[int, ...] = (), beyond: tuple[int, ...] = (), reach_px: float = 256 / 2.5
) -> bytes:
    """Finds all joints in the middle of the square but the nose, 64 px above; the mask is the square's middle half."""
    told = np.zeros((39, 5))
    told[:, :2], told[:, 3:] = 128, 8
    told[NOSE, 1], told[REACH, 1] = 64, 128 - reach_px
    told[list(hidden), 3] = -8
    told[list(beyond), 0] = 2000
    mask = np.full((1, 256, 256, 1), -12.0)
    mask[:, 64:192, 64:192] = 12
    nothing = np.full((1, 64, 64, 39), -9.0), np.zeros((1, 117))
    return network(LANDMARKS, [told.reshape(1, 195), np.array([[score]]), mask, *nothing])


def made(tmp_path: Path, names: tuple[str, str] = WHEEL, found: bytes | None = None, told: bytes | None = None) -> Path:
    return archive(tmp_path / "pose.whl", dict(zip(names, (found or detector(), told or landmarks()), strict=True)))


@pytest.mark.parametrize("names", [WHEEL, TASK])
def test_joints_and_mask_come_back_to_the_photo(tmp_path: Path, names: tuple[str, str]) -> None:
    model = open_pose(made(tmp_path, names))
    assert isinstance(model, BlazePose) and len(model.hash) == 64
    pose = model(PHOTO)
    assert pose is not None and pose.mask is not None
    side = 2 * 1.25 * 0.15 * 300  # the circle is .15 of the photo's longer side
    assert pose.keypoints.dtype == np.float32 and (pose.keypoints[:, 2] == 2).all()
    assert pose.keypoints[0, :2] == pytest.approx((100, 150 - side / 4), abs=0.5)
    assert pose.keypoints[1:, :2] == pytest.approx(np.tile((100, 150), (16, 1)), abs=0.5)
    assert pose.mask.shape == (300, 200) and pose.mask.dtype == np.float32
    inside = np.zeros((300, 200), bool)
    reach = round(side / 4) - 2
    inside[150 - reach : 150 + reach, 100 - reach : 100 + reach] = True
    assert pose.mask[inside].min() > 0.99 and pose.mask[150, 40] < 0.01 and pose.mask[20].max() < 0.01
    assert pose.mask.sum() == pytest.approx((side / 2) ** 2, rel=0.03)


def test_the_same_networks_have_the_same_hash_in_any_archive(tmp_path: Path) -> None:
    (tmp_path / "task").mkdir()
    assert BlazePose(made(tmp_path)).hash == BlazePose(made(tmp_path / "task", TASK)).hash == pose_hash(made(tmp_path))
    assert BlazePose(made(tmp_path)).hash != BlazePose(made(tmp_path / "task", told=landmarks(0.8))).hash


def test_joints_that_are_hidden_or_outside_the_photo_are_not_known(tmp_path: Path) -> None:
    pose = BlazePose(made(tmp_path, told=landmarks(hidden=(LEFT_WRIST,), beyond=(NOSE,))))(PHOTO)
    assert pose is not None
    assert not pose.keypoints[[0, 9]].any() and (np.delete(pose.keypoints[:, 2], [0, 9]) == 2).all()


def test_nobody_is_found_where_a_network_is_unsure(tmp_path: Path) -> None:
    assert BlazePose(made(tmp_path, found=detector((0.5, 0.5, 0.15, -1.0))))(PHOTO) is None
    assert BlazePose(made(tmp_path, told=landmarks(score=0.4)))(PHOTO) is None


def test_a_person_of_no_size_ends_nothing(tmp_path: Path) -> None:
    for found, told in ((detector(), landmarks(reach_px=0)), (detector((0.5, 0.5, 0.0, 9.0)), landmarks())):
        pose = BlazePose(made(tmp_path, found=found, told=told))(PHOTO)
        assert pose is not None and pose.mask is not None and pose.mask.sum() < 4 and np.isfinite(pose.keypoints).all()


def test_the_largest_person_is_taken(tmp_path: Path) -> None:
    people = (0.35, 0.3, 0.08, 9.0), (0.6, 0.7, 0.15, 5.0)
    pose = BlazePose(made(tmp_path, found=detector(*people)))(PHOTO)
    assert pose is not None
    assert pose.keypoints[5, :2] == pytest.approx((0.6 * 300 - 50, 0.7 * 300), abs=1)  # 50 px of border on each side


def test_a_tilted_person_is_turned_upright(tmp_path: Path) -> None:
    """Somebody whose head lies to the right: what the network sees above the middle lies to the right in the photo."""
    square = Square(100, 150, 80, np.pi / 2)
    assert square.to_photo(np.array([[128.0, 64.0]]), 256)[0] == pytest.approx((120, 150))
    picture = np.zeros((300, 200, 3), np.uint8)
    picture[145:155, 115:125] = 255
    cut = square.cut(picture, 256)
    rows, columns = np.nonzero(cut[..., 0] > 128)
    assert rows.mean() == pytest.approx(64, abs=2) and columns.mean() == pytest.approx(128, abs=2)
    back = square.back(cut[..., 0] / 255.0, (300, 200), 0.0)
    assert np.abs(back - picture[..., 0] / 255.0).mean() < 0.005


def test_what_overlaps_a_surer_detection_is_the_same_person() -> None:
    sure, near, away = Square(100, 100, 50), Square(105, 100, 70), Square(300, 100, 60)
    assert largest_of([sure, near]) is sure and largest_of([sure, near, away]) is away and largest_of([]) is None


def test_landmarks_move_to_the_heat_round_them() -> None:
    heat = np.zeros((64, 64, 3))
    heat[21, 31, 0] = heat[21, 32, 0] = 0.9  # half a cell to the right of where the first one is told
    heat[:, :, 1] = 0.3  # nowhere sure
    heat[5, 5, 2] = 1.0  # too far away
    points = np.array([[124.0, 84.0], [50.0, 50.0], [200.0, 200.0]])
    moved = refined(points, heat)
    assert moved[0] == pytest.approx((126, 84)) and (moved[1:] == points[1:]).all()


def test_files_that_hold_no_such_networks_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match=r"not there[\s\S]*pip download --no-deps mediapipe"):
        open_pose(tmp_path / "nothing.whl")
    other = archive(tmp_path / "other.whl", {"face_landmark.tflite": b""})
    with pytest.raises(WeightsError, match=r"no BlazePose[\s\S]*face_landmark\.tflite"):
        open_pose(other)
    with pytest.raises(WeightsError, match="detector network cannot be read"):
        open_pose(archive(tmp_path / "broken.whl", dict(zip(TASK, (b"no network", landmarks()), strict=True))))
    with pytest.raises(WeightsError, match="landmarks network is none of BlazePose's"):
        open_pose(archive(tmp_path / "swapped.whl", dict(zip(TASK, (detector(), detector()), strict=True))))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(WeightsError, match=r"fitroom\[pose\]"):
        open_pose(made(tmp_path))
