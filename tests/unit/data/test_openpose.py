"""OpenPose's orders and COCO's, there and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitroom.data.pairs.openpose import dresscode_text, from_coco, openpose_text, read_dresscode, read_openpose
from fitroom.errors import DataError


def coco() -> np.ndarray:
    """All in the picture, each at a place of its own; the nose is hidden, an ankle outside."""
    points = np.column_stack([np.arange(17) * 10 + 5.25, np.arange(17) * 7 + 3.5, np.full(17, 2)]).astype(np.float32)
    points[0, 2], points[16, 2] = 1, 0
    return points


def test_points_come_back_in_both_forms(tmp_path: Path) -> None:
    points, path = coco(), tmp_path / "points.json"
    path.write_text(openpose_text(points))
    viton = read_openpose(path)
    path.write_text(dresscode_text(points, 1.5))
    for found in (viton, read_dresscode(path, 1.5)):
        assert found is not None
        np.testing.assert_allclose(found[:16, :2], points[:16, :2], atol=1e-3)
        assert found[:, 2].tolist() == [2] * 16 + [0]


@pytest.mark.parametrize("num_points", [18, 25])
def test_the_neck_is_half_way_and_confidence_tells_what_is_hidden(num_points: int) -> None:
    points = coco()
    table = from_coco(points, num_points)
    np.testing.assert_allclose(table[1, :2], points[[5, 6], :2].mean(0))
    assert table[0, 2] == 0.5 and table[1, 2] == 1
    assert (table[:, 2] == 0).sum() == (1 if num_points == 18 else 7)  # an ankle; and six points of the feet


def test_half_a_pair_has_no_middle() -> None:
    points = coco()
    points[5, 2] = points[11, 2] = 0
    assert not from_coco(points, 25)[[1, 8]].any()


def test_places_outside_the_picture_are_not_told() -> None:
    points = coco()
    points[16] = (-40, 900, 0)
    assert not from_coco(points, 18)[10].any()


@pytest.mark.parametrize("people", ['["x"]', "{}", '{"a": 1}', '"x"', "5", "[null]", '[{"pose_keypoints_2d": {}}]'])
def test_people_of_another_form_are_refused(tmp_path: Path, people: str) -> None:
    path = tmp_path / "points.json"
    path.write_text(f'{{"people": {people}}}')
    with pytest.raises(DataError, match="not of the form that is known"):
        read_openpose(path)
    path.write_text('{"people": []}')
    assert read_openpose(path) is None
