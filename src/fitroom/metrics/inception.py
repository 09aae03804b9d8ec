"""FID's Inception features, in the three preprocessings that published figures were made with.

One network, three ways of bringing a picture to 299 x 299; figures of different variants do not compare.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fitroom.errors import FitroomError, WeightsError
from fitroom.metrics.external import NETWORKS, checked_file, read_tensors
from fitroom.metrics.pictures import require_u8

InceptionVariant = Literal["torch-fidelity", "clean-fid", "torchmetrics"]
INPUT_PX = 299


class FidInception:
    """The network of FID and KID, read from a local file; float32, no gradients.

    Args:
        path: ``weights-inception-2015-12-05-6726825d.pth`` of torch-fidelity's release, or a file of the same tensors.
        sha256: hash that the file must have; None takes any.
        variant: how pictures become 299 x 299, always squeezed, never cropped: "torch-fidelity" = bilinear without
            antialiasing, as TensorFlow 1 did; "clean-fid" = Pillow's bicubic on unrounded floats (that package reads
            another file of the same weights); "torchmetrics" = bilinear with antialiasing.
        device: where it computes.

    Attributes:
        file: path and hash of what was read.

    Raises:
        WeightsError: no such file, another hash, or tensors that are not this network's.
        FitroomError: torch-fidelity is not installed.
    """

    num_features = 2048

    def __init__(
        self,
        path: str | Path,
        sha256: str | None = None,
        variant: InceptionVariant = "torch-fidelity",
        device: str | torch.device = "cpu",
    ) -> None:
        self.file = checked_file(Path(path).expanduser(), sha256, NETWORKS["inception"].purpose)
        self.variant, self.device = variant, torch.device(device)
        self._resize = _RESIZES[variant]
        self._network = _trunk(self.file.path).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def features(self, images_u8_BHWC: torch.Tensor) -> torch.Tensor:
        """(B, H, W, 3) uint8 of any size to (B, 2048) float32, on the device.

        Raises:
            EvaluationError: not uint8 (B, H, W, 3).
        """
        require_u8(images_u8_BHWC, "pictures")
        x_BCHW = self._resize(images_u8_BHWC.to(self.device))
        x_BCHW = ((x_BCHW - 128) / 128).contiguous(memory_format=torch.channels_last)
        return self._network(x_BCHW).flatten(1)


def _trunk(path: Path) -> nn.Module:
    """torch-fidelity's network up to its pooled features; its layers run one after the other."""
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise FitroomError("FID needs the package torch-fidelity", fix='pip install "fitroom[metrics]"') from error
    read_tensors(path)  # the package itself would unpickle anything
    try:
        network = FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=str(path))
    except RuntimeError as error:
        raise WeightsError(
            "the weights do not fit FID's Inception network",
            where=path,
            rule=f"the tensors of {NETWORKS['inception'].files[0]}",
            got=str(error).splitlines()[-1].strip()[:200],
        ) from error
    layers = [layer for name, layer in network.named_children() if name != "fc"]
    return _without_norms(nn.Sequential(*layers).eval()).requires_grad_(False)


def _without_norms(network: nn.Module) -> nn.Module:
    """Batch norms of fixed statistics become part of the convolutions before them: an eighth of the time."""
    for layer in network.modules():
        if isinstance(norm := getattr(layer, "bn", None), nn.BatchNorm2d):
            layer.conv = fuse_conv_bn_eval(layer.conv, norm)  # type: ignore[type-var]
            layer.bn = nn.Identity()
    return network


def _as_tensorflow1(images_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """As torch-fidelity does it, to 1e-4 of a level, but one side after the other: in a fifth of the time."""
    above, below, share_H = _neighbours(images_u8_BHWC.shape[1], images_u8_BHWC.device)
    left, right, share_W = _neighbours(images_u8_BHWC.shape[2], images_u8_BHWC.device)
    upper_BHWC, lower_BHWC = (images_u8_BHWC.index_select(1, rows).float() for rows in (above, below))
    x_BHWC = torch.lerp(upper_BHWC, lower_BHWC, share_H[:, None, None])
    x_BHWC = torch.lerp(x_BHWC.index_select(2, left), x_BHWC.index_select(2, right), share_W[:, None])
    return x_BHWC.permute(0, 3, 1, 2)


def _neighbours(size_px: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The two places of one side that each place of the result lies between, and the share of the second."""
    place = torch.arange(INPUT_PX, device=device) * torch.tensor(size_px / INPUT_PX)
    first = place.long()
    return first, (first + 1).clamp_max(size_px - 1), place - first


def _as_clean_fid(images_u8_BHWC: torch.Tensor) -> torch.Tensor:
    levels_BCHW = images_u8_BHWC.permute(0, 3, 1, 2).float().cpu().numpy()
    size = (INPUT_PX, INPUT_PX)
    planes = [
        np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC))
        for plane in levels_BCHW.reshape(-1, *levels_BCHW.shape[2:])
    ]
    resized_BCHW = torch.from_numpy(np.stack(planes)).unflatten(0, (-1, 3))
    return resized_BCHW.clamp_(0, 255).to(images_u8_BHWC.device)


def _as_torchmetrics(images_u8_BHWC: torch.Tensor) -> torch.Tensor:
    levels_BCHW = images_u8_BHWC.permute(0, 3, 1, 2).float()
    return F.interpolate(levels_BCHW, size=(INPUT_PX, INPUT_PX), mode="bilinear", align_corners=False, antialias=True)


_RESIZES: dict[InceptionVariant, Callable[[torch.Tensor], torch.Tensor]] = {
    "torch-fidelity": _as_tensorflow1,
    "clean-fid": _as_clean_fid,
    "torchmetrics": _as_torchmetrics,
}
