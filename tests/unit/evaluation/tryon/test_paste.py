"""The pasted garment: where it hangs, how large it is, its edge, and what it does without a joint."""

from typing import Any

import numpy as np
import pytest
from tests.unit.evaluation.tryon.small_row import HEIGHT, WIDTH, small_row

from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.controls.paste import pasted


def plain_row(**changed: Any) -> dict[str, Any]:
    """A black garment on a white person: how dark a pixel is tells how much of it is covered."""
    row = small_row(person=np.full((HEIGHT, WIDTH, 3), 255, np.uint8), **changed)
    row["garment"] = np.where(row["garment_mask"][..., None], 0, np.full(3, 255)).astype(np.uint8)
    return row


def cover(row: dict[str, Any]) -> np.ndarray:
    return 1 - pasted(row)[..., 0] / 255


def centre(covered: np.ndarray) -> np.ndarray:
    return np.array([(covered * axis).sum() for axis in np.indices(covered.shape)]) / covered.sum()


def moved(across: float, down: float, factor: float = 1.0) -> np.ndarray:
    points = small_row()["keypoints"]
    middle = points[[5, 6], :2].mean(axis=0)
    points[5:, :2] = middle + (points[5:, :2] - middle) * factor + (across, down)
    return points


def test_it_lies_on_the_torso() -> None:
    covered = cover(plain_row())
    assert covered[55:90, 48:72].min() > 0.99
    assert covered[:40].max() == 0


@pytest.mark.parametrize(("across", "down"), [(7, 0), (0, 5), (-6.5, 3.25)])
def test_it_moves_with_the_keypoints(across: float, down: float) -> None:
    small = (moved(across, down, 0.7), moved(0, 0, 0.7))  # wholly inside the picture
    there, here = (centre(cover(plain_row(keypoints=points))) for points in small)
    shift = there - here
    assert shift == pytest.approx([down, across], abs=0.05)


def test_it_grows_with_the_body() -> None:
    areas = [cover(plain_row(keypoints=moved(0, 0, factor))).sum() for factor in (0.35, 0.7)]
    assert areas[1] / areas[0] == pytest.approx(4, rel=0.02)


def test_its_size_does_not_hang_on_the_size_of_the_shop_photo() -> None:
    row = plain_row()
    large = {**row, "garment": row["garment"].repeat(3, 0).repeat(3, 1)}
    large["garment_mask"] = row["garment_mask"].repeat(3, 0).repeat(3, 1)
    assert np.abs(cover(row) - cover(large)).mean() < 0.01


def test_the_edge_is_antialiased() -> None:
    covered = cover(plain_row(keypoints=moved(0, 0, 0.83)))
    between = (covered > 0.1) & (covered < 0.9)
    assert 50 < between.sum() < 0.2 * (covered > 0.5).sum()


def test_bottoms_hang_from_the_hips() -> None:
    row = plain_row(region="bottom", category="skirt")
    first, lower = centre(cover(row)), row["keypoints"].copy()
    lower[11:, 1] += 10
    assert centre(cover({**row, "keypoints": lower})) - first == pytest.approx([10, 0], abs=0.05)
    assert first[0] > 95


def test_without_hips_the_torso_is_taken_by_proportion() -> None:
    points = small_row()["keypoints"]
    points[11:] = 0
    covered = cover(plain_row(keypoints=points))
    assert covered[55:90, 48:72].min() > 0.99


def test_without_shoulders_there_is_nothing_to_hang_it_on() -> None:
    points = small_row()["keypoints"]
    points[5] = 0
    with pytest.raises(EvaluationError, match="nothing to hang"):
        pasted(plain_row(keypoints=points))
