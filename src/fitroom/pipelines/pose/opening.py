"""Opens a pose model, whichever the file holds."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fitroom.errors import WeightsError
from fitroom.models.weights import file_sha256
from fitroom.pipelines.pose.blazepose import BlazePose, blazepose_hash
from fitroom.pipelines.pose.keypoint_rcnn import KeypointRcnn
from fitroom.pipelines.pose.model import PoseModel


def open_pose(path: str | Path, device: str | None = None) -> PoseModel:
    """A pose model, by what its file holds: BlazePose in an archive of TFLite networks, else Keypoint R-CNN's weights.

    Args:
        path: the file; see :class:`~fitroom.pipelines.pose.blazepose.BlazePose` and
            :class:`~fitroom.pipelines.pose.keypoint_rcnn.KeypointRcnn`.
        device: where PyTorch runs; BlazePose runs on the CPU.

    Raises:
        WeightsError: there is no such file, or it holds no such model, or what reads it is not installed.
    """
    path = _existing(path)
    return BlazePose(path) if _has_tflite(path) else KeypointRcnn(path, device)


def pose_hash(path: str | Path) -> str:
    """The hash that the model of :func:`open_pose` would have, for whoever need not run it.

    Args:
        path: the file.

    Raises:
        WeightsError: there is no such file, or it is an archive of other networks; what else it may be wrong in, only
            opening tells.
    """
    path = _existing(path)
    return blazepose_hash(path) if _has_tflite(path) else file_sha256(path)


def _existing(file: str | Path) -> Path:
    path = Path(file)
    if not path.is_file():
        raise WeightsError(
            "the pose model is not there",
            where=path,
            rule="a wheel of mediapipe 0.10.21, a pose_landmarker .task, or weights of torchvision's Keypoint R-CNN",
            fix="pip download --no-deps mediapipe==0.10.21 fetches the first",
        )
    return path


def _has_tflite(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".tflite") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):  # PyTorch's own files are archives too, older ones are not
        return False
