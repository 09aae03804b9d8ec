"""Torchvision's Keypoint R-CNN by path: a tiny network of its form, and its own of real size with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from fitroom.errors import WeightsError
from fitroom.pipelines.pose.keypoint_rcnn import KeypointRcnn
from fitroom.pipelines.pose.opening import open_pose


class TwoPeople(nn.Module):
    """Answers as torchvision's keypoint networks do: somebody small, somebody large, and a large doubt."""

    def __init__(self, scores: tuple[float, ...] = (0.9, 0.8, 0.3)) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(scores))

    def forward(self, images: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        assert images[0].shape == (3, 40, 30) and images[0].min() >= 0 and images[0].max() <= 1
        points = torch.arange(17.0)[None, :, None].expand(3, 17, 3) + torch.tensor([0.0, 10.0, 20.0])[:, None, None]
        sure = torch.full((3, 17), 5.0)
        sure[1, 3] = -1.0
        boxes = torch.tensor([[0.0, 0, 5, 5], [0, 0, 20, 30], [0, 0, 30, 40]])
        return [{"boxes": boxes, "scores": self.weight, "keypoints": points, "keypoints_scores": sure}]


def test_the_largest_person_it_is_sure_of_counts(tmp_path: Path) -> None:
    path = tmp_path / "pose.safetensors"
    safetensors.torch.save_file(TwoPeople().state_dict(), path)
    pose = KeypointRcnn(path, build=TwoPeople)(np.zeros((40, 30, 3), np.uint8))
    assert pose is not None and pose.mask is None
    points = pose.keypoints
    assert points.shape == (17, 3) and points[5].tolist() == [15, 15, 2] and not points[3].any()
    torch.save({"weight": torch.zeros(3)}, tmp_path / "nobody.pth")
    assert KeypointRcnn(tmp_path / "nobody.pth", build=TwoPeople)(np.zeros((40, 30, 3), np.uint8)) is None


def test_a_state_dict_of_torchvision_fits_and_others_do_not(tmp_path: Path) -> None:
    from torchvision.models.detection import keypointrcnn_resnet50_fpn

    model = keypointrcnn_resnet50_fpn(weights=None, weights_backbone=None)
    torch.save({name: value.half() for name, value in model.state_dict().items()}, tmp_path / "pose.pth")
    assert isinstance(opened := open_pose(str(tmp_path / "pose.pth")), KeypointRcnn) and len(opened.hash) == 64
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="holds no weights of this pose model"):
        KeypointRcnn(tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(WeightsError, match="cannot be read"):
        KeypointRcnn(tmp_path / "text.pth")
