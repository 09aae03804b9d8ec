"""Keypoints as try-on data sets keep them, in OpenPose's orders, become the 17 of COCO, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.contracts import HIPS, SHOULDERS
from fitroom.errors import DataError

# Row of each COCO point (nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left before right) in the
# 18 and the 25 points of OpenPose, https://github.com/CMU-Perceptual-Computing-Lab/openpose (output format).
_ROWS = {
    18: (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10),
    25: (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11),
}
# What OpenPose adds, by row: half way between two COCO points. The feet of its 25 points are not known.
_BETWEEN = {18: {1: SHOULDERS}, 25: {1: SHOULDERS, 8: HIPS}}


def read_openpose(path: Path) -> np.ndarray | None:
    """Keypoints of the first person of an OpenPose file; None where it found nobody.

    Returns:
        (17, 3) float32, COCO order: x and y in px, visibility 2 (found) or 0.

    Raises:
        DataError: no such file, or not of that form.
    """
    people = _read(path).get("people")
    if people is None or people == []:
        return None
    if not isinstance(people, list) or not isinstance(people[0], dict):
        raise _unknown_form(path, "a list of people, each with keypoints", people)
    points = people[0].get("pose_keypoints_2d", people[0].get("pose_keypoints"))
    return to_coco(points, 3, path)


def read_dresscode(path: Path, px_per_point: float) -> np.ndarray:
    """Keypoints of a DressCode file: 18 rows of 4 numbers, x and y first.

    Args:
        path: the file.
        px_per_point: pixels of the photo for one unit of the file, which counts in a picture of 384 x 512 px.

    Returns:
        (17, 3) float32, COCO order: x and y in px, visibility 2 (found) or 0.

    Raises:
        DataError: no such file, or not of that form.
    """
    points = to_coco(_read(path).get("keypoints"), 4, path)
    points[:, :2] *= px_per_point
    return points


def to_coco(points: Any, num_columns: int, where: object) -> np.ndarray:
    """18 or 25 points in OpenPose's order, flat or in rows of ``num_columns``, to (17, 3) float32.

    A point that was not found lies at the origin there, and has visibility 0 here.
    """
    try:
        table = np.asarray(points, dtype=np.float32).reshape(-1, num_columns)
        table = table[list(_ROWS[len(table)])]
    except (TypeError, ValueError, KeyError) as error:
        raise _unknown_form(where, f"18 or 25 points of {num_columns} numbers", points) from error
    found = (table[:, :2] > 1).any(axis=1)
    return np.column_stack([table[:, :2], np.where(found, 2, 0)]).astype(np.float32)


def from_coco(keypoints: np.ndarray, num_points: int) -> np.ndarray:
    """COCO keypoints in one of OpenPose's orders, with the neck, and the middle of the hips where it has that.

    Args:
        keypoints: (17, 3) x, y in px, visibility 0, 1 or 2.
        num_points: 18 or 25.

    Returns:
        (num_points, 3) float64: x, y in px, confidence 1 (seen) or .5 (hidden); all 0 outside the picture.
    """
    points = np.where(keypoints[:, 2:] > 0, keypoints * (1, 1, 0.5), 0.0)
    table = np.zeros((num_points, 3))
    table[list(_ROWS[num_points])] = points
    for row, ends in _BETWEEN[num_points].items():
        if points[list(ends), 2].all():
            table[row] = points[list(ends)].mean(0)
    return table


def openpose_text(keypoints: np.ndarray) -> str:
    """The JSON that :func:`read_openpose` reads, with 25 points, of (17, 3) COCO keypoints in px."""
    points = from_coco(keypoints, 25).round(3).ravel().tolist()
    unknown: dict[str, list[float]] = {f"{what}_keypoints_2d": [] for what in ("face", "hand_left", "hand_right")}
    return json.dumps({"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": points, **unknown}]})


def dresscode_text(keypoints: np.ndarray, px_per_point: float) -> str:
    """The JSON that :func:`read_dresscode` reads: x, y, confidence and number of 18 points, number -1 = not found."""
    points = from_coco(keypoints, 18)
    points[:, :2] /= px_per_point
    numbers = np.where(points[:, 2] > 0, np.arange(18), -1)
    rows = [[*point, int(number)] for point, number in zip(points.round(3).tolist(), numbers, strict=True)]
    return json.dumps({"keypoints": rows})


def _unknown_form(where: object, rule: str, got: object) -> DataError:
    what = "a file of keypoints is not of the form that is known"
    return DataError(what, where=where, rule=rule, got=str(got)[:80])


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("a file of keypoints cannot be read", where=path, rule="JSON", got=str(error)) from error
    return values if isinstance(values, dict) else {}
