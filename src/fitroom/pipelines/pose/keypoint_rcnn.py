"""Keypoints by a pretrained pose model that the user has: torchvision's Keypoint R-CNN, from a local file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

from fitroom.errors import WeightsError
from fitroom.images import u8_to_unit
from fitroom.models.weights import file_sha256
from fitroom.pipelines.pose.model import Pose

_PERSON_SURE = 0.7  # score of the person's box
_POINT_SURE = 2.0  # a point's score is a logit; COCO's own evaluation of visibility needs none, a skeleton does


class KeypointRcnn:
    """Keypoint R-CNN (He et al. 2017) with a ResNet-50-FPN, as torchvision publishes it; nothing is downloaded.

    Args:
        path: state dict of ``torchvision.models.detection.keypointrcnn_resnet50_fpn``, .pth or .safetensors.
        device: where the network runs; None = the CPU.
        build: makes the network the file belongs to.

    Raises:
        WeightsError: the file cannot be read, or does not fit the network.
    """

    def __init__(self, path: Path, device: str | None = None, build: Callable[[], nn.Module] | None = None) -> None:
        self._model = (build or _resnet50_fpn)()
        try:
            self._model.load_state_dict(_state(path))
        except RuntimeError as error:
            raise WeightsError(
                "the file holds no weights of this pose model",
                where=path,
                rule="the state dict of torchvision's keypointrcnn_resnet50_fpn (17 keypoints)",
                got=str(error).splitlines()[-1].strip()[:200],
            ) from error
        self._device = torch.device(device or "cpu")
        self._model = self._model.eval().requires_grad_(False).to(self._device)
        self.hash = file_sha256(path)

    def __call__(self, image_u8: np.ndarray) -> Pose | None:
        """See :class:`~fitroom.pipelines.pose.model.PoseModel`; the largest box among those it is sure of."""
        x_CHW = u8_to_unit(torch.from_numpy(np.array(image_u8))).permute(2, 0, 1).to(self._device)
        with torch.inference_mode():
            found: dict[str, torch.Tensor] = self._model([x_CHW])[0]
        sure = torch.nonzero(found["scores"] >= _PERSON_SURE).flatten()
        if not len(sure):
            return None
        boxes = found["boxes"][sure]
        largest = sure[((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).argmax()]
        points = found["keypoints"][largest].float().cpu().numpy()
        seen = found["keypoints_scores"][largest].float().cpu().numpy() >= _POINT_SURE
        return Pose(np.where(seen[:, None], np.column_stack([points[:, :2], np.full(17, 2.0)]), 0).astype(np.float32))


def _resnet50_fpn() -> nn.Module:
    from torchvision.models.detection import keypointrcnn_resnet50_fpn

    model: nn.Module = keypointrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    return model


def _state(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise many kinds for a file that is none
        raise WeightsError(
            "the pose model's file cannot be read",
            where=path,
            rule="a state dict, .pth or .safetensors",
            got=str(error).splitlines()[0][:200],
        ) from error
    return state
