"""BlazePose (Bazarevsky et al. 2020; GHUM Full), as Google publishes it in TFLite: joints and the person's mask.

photo -> detector at 224 px: hip centre, size and tilt of each person -> a square round the largest, turned upright
      -> landmarks and mask at 256 px, twice: the second square lies where the first landmarks say -> back to the photo

Two archives hold the networks: a wheel of mediapipe 0.10.21 (Apache-2.0; later wheels carry none), of which nothing is
installed or imported, and the ``pose_landmarker_*.task`` files. What the networks' numbers mean (anchors, squares,
heatmaps) is in mediapipe's published graphs.
"""

from __future__ import annotations

import hashlib
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.errors import WeightsError
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.pose.square import Square

_FILES = {
    "detector": ("pose_detection.tflite", "pose_detector.tflite"),
    "landmarks": ("pose_landmark_full.tflite", "pose_landmarks_detector.tflite"),
}
_SCORES, _BOXES = (1, 2254, 1), (1, 2254, 12)
_WHOLE, _POINTS, _MASK, _HEAT = (1, 1), (1, 195), (1, 256, 256, 1), (1, 64, 64, 39)
_SHAPES = {
    "detector": {(1, 224, 224, 3), _SCORES, _BOXES},
    "landmarks": {(1, 256, 256, 3), _WHOLE, _POINTS, _MASK, _HEAT, (1, 117)},  # the last: landmarks in metres
}
_SURE = 0.5  # of a detection, of the landmarks as a whole, of one joint: mediapipe's own defaults
_SAME_PERSON = 0.3  # overlap of two detections' circles, as squares
_GRIDS = ((28, 2), (14, 2), (7, 6))  # cells a side, anchors a cell
_AROUND = 1.25  # the square, in circles round the person
_WINDOW, _HEATMAP_SURE = 3, 0.5
_CERTAIN = 80.0  # as a logit
_COCO = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)  # of BlazePose's landmarks, by COCO's order
_CENTRE, _REACH = 33, 34  # two more: the middle of the hips, and a point on the circle round the person, above it


class BlazePose:
    """Ready to look, on the CPU; safe to call from several threads, which take turns.

    Args:
        path: the archive.

    Attributes:
        hash: SHA-256 (hex) over both networks, whatever archive they lie in.

    Raises:
        WeightsError: no such networks in it, or LiteRT, which runs them, is not installed.
    """

    def __init__(self, path: Path) -> None:
        networks = _networks(path)
        self.hash = _hash(networks)
        self._detector, self._landmarks = (_Network(networks[name], name, path) for name in ("detector", "landmarks"))
        self._anchors = _anchors()

    def __call__(self, image_u8: np.ndarray) -> Pose | None:
        """See :class:`~fitroom.pipelines.pose.model.PoseModel`."""
        square = self._largest(image_u8)
        if square is None:
            return None
        found = self._look(image_u8, square)
        if found is not None:
            found = self._look(image_u8, _square(found.points[_CENTRE], found.points[_REACH]))
        if found is None:
            return None
        height, width = image_u8.shape[:2]
        points, sure = found.points[list(_COCO)], found.sure[list(_COCO)]
        seen = (sure >= _SURE) & (points >= 0).all(1) & (points < (width, height)).all(1)
        keypoints = np.where(seen[:, None], np.column_stack([points, np.full(len(points), 2.0)]), 0)
        mask = _sigmoid(found.square.back(found.mask_logits, (height, width), beyond=-_CERTAIN))
        return Pose(keypoints.astype(np.float32), mask.astype(np.float32))

    def _largest(self, image_u8: np.ndarray) -> Square | None:
        """The square round the largest person, in the photo."""
        whole = Square.around(image_u8.shape)
        outputs = self._detector(whole.cut(image_u8, 224) * np.float32(1 / 127.5) - 1)
        scores = _sigmoid(outputs[_SCORES][:, 0])
        points = outputs[_BOXES].reshape(-1, 6, 2) / 224 + self._anchors[:, None]
        centres, reaches = (whole.to_photo(points[:, which], 1) for which in (2, 3))
        return largest_of([_square(centres[i], reaches[i]) for i in np.argsort(-scores) if scores[i] >= _SURE])

    def _look(self, image_u8: np.ndarray, square: Square) -> _Found | None:
        outputs = self._landmarks(square.cut(image_u8, 256) * np.float32(1 / 255))
        if outputs[_WHOLE][0] < _SURE:
            return None
        told = outputs[_POINTS].reshape(39, 5)
        at = refined(told[:, :2], _sigmoid(outputs[_HEAT]))
        return _Found(square, square.to_photo(at, 256), _sigmoid(told[:, 3]), outputs[_MASK][..., 0])


@dataclass(frozen=True)
class _Found:
    """Landmarks (39, 2) in px of the photo, how sure each is seen (39,), the mask's logits (256, 256)."""

    square: Square
    points: np.ndarray
    sure: np.ndarray
    mask_logits: np.ndarray


class _Network:
    """A TFLite network: (1, h, w, 3) float32 in, its outputs by shape; safe to call from several threads."""

    def __init__(self, content: bytes, name: str, path: Path) -> None:
        self._interpreter = _interpreter(content, name, path)
        self._lock = threading.Lock()
        inputs, self._outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self._input = inputs[0]["index"]
        got = {_shape(one) for one in (*inputs, *self._outputs)}
        if got != _SHAPES[name]:
            raise WeightsError(
                f"the {name} network is none of BlazePose's",
                where=path,
                rule=f"shapes {sorted(_SHAPES[name])}",
                got=str(sorted(got)),
            )

    def __call__(self, picture: np.ndarray) -> dict[tuple[int, ...], np.ndarray]:
        with self._lock:
            self._interpreter.set_tensor(self._input, picture[None].astype(np.float32))
            self._interpreter.invoke()
            return {_shape(one): self._interpreter.get_tensor(one["index"])[0] for one in self._outputs}


def _shape(tensor: dict[str, Any]) -> tuple[int, ...]:
    return tuple(tensor["shape"].tolist())


def _interpreter(content: bytes, name: str, path: Path) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise WeightsError(
            "what runs this pose model is not installed", where=path, fix="pip install 'fitroom[pose]' brings LiteRT"
        ) from error
    try:
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise WeightsError(
            f"the {name} network cannot be read", where=path, rule="TFLite", got=str(error)[:200]
        ) from error
    return interpreter


def blazepose_hash(path: Path) -> str:
    """What :attr:`BlazePose.hash` of an archive would be; nothing of it is run.

    Raises:
        WeightsError: no such networks in it.
    """
    return _hash(_networks(path))


def _hash(networks: dict[str, bytes]) -> str:
    return hashlib.sha256(networks["detector"] + networks["landmarks"]).hexdigest()


def _networks(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = {Path(member).name: member for member in archive.namelist()}
            named = {name: next((found[one] for one in files if one in found), None) for name, files in _FILES.items()}
            if None not in named.values():
                return {name: archive.read(member) for name, member in named.items() if member is not None}
    except (zipfile.BadZipFile, OSError) as error:
        raise WeightsError("the archive of the pose model cannot be read", where=path, got=str(error)) from error
    raise WeightsError(
        "the archive holds no BlazePose",
        where=path,
        rule="; ".join(" or ".join(files) for files in _FILES.values()),
        got=", ".join(sorted(name for name in found if name.endswith(".tflite"))) or "no TFLite network",
        fix="pip download --no-deps mediapipe==0.10.21; later wheels carry no networks",
    )


def largest_of(squares: list[Square]) -> Square | None:
    """Of detections, the surest first, the largest person's; what overlaps a surer one is the same person."""
    people: list[Square] = []
    for square in squares:
        if all(square.overlap(other) < _SAME_PERSON for other in people):
            people.append(square)
    return max(people, key=lambda square: square.side, default=None)


def refined(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Landmarks moved to the middle of the heat round them, where there is any.

    Args:
        points: (N, 2) x, y in px of the 256 px square.
        heat: (64, 64, N) in [0, 1].
    """
    moved = np.array(points, np.float64)
    size = len(heat)
    scale = size / 256
    for number, (x, y) in enumerate(points * scale):
        column, row = int(x), int(y)
        if not (0 <= column < size and 0 <= row < size):
            continue
        rows = slice(max(row - _WINDOW, 0), row + _WINDOW + 1)
        columns = slice(max(column - _WINDOW, 0), column + _WINDOW + 1)
        near = heat[rows, columns, number]
        if near.max() >= _HEATMAP_SURE:
            places = np.mgrid[rows.start : rows.start + near.shape[0], columns.start : columns.start + near.shape[1]]
            moved[number] = (near * places[::-1]).sum((1, 2)) / near.sum() / scale
    return moved


def _square(centre: np.ndarray, reach: np.ndarray) -> Square:
    """Round a person whose head lies where ``reach`` points from the middle of the hips."""
    away = reach - centre
    tilt = float(np.pi / 2 - np.arctan2(-away[1], away[0]))
    side = max(2 * _AROUND * float(np.hypot(*away)), 1.0)
    return Square(float(centre[0]), float(centre[1]), side, tilt)


def _anchors() -> np.ndarray:
    """(2254, 2) x, y of the detector's anchors, in [0, 1]."""
    made = []
    for cells, each in _GRIDS:
        middles = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        made.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), each, axis=0))
    return np.concatenate(made)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    made: np.ndarray = 1 / (1 + np.exp(-np.clip(x.astype(np.float64), -_CERTAIN, _CERTAIN)))
    return made
