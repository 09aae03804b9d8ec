"""LPIPS with the networks of torchvision from local files, and the learned weights that ship with the package lpips."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

import torch

from fitroom.errors import FitroomError, WeightsError
from fitroom.images import resize_bilinear_u8, u8_to_signed
from fitroom.metrics.external import NETWORKS, ExternalFile, checked_file, read_tensors
from fitroom.metrics.pictures import require_pairs, require_u8

LpipsNet = Literal["alex", "vgg", "squeeze"]
NETWORK_OF: dict[LpipsNet, str] = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet"}
MIN_SIDE_PX = 32
Maps = tuple[torch.Tensor, ...]


class Lpips:
    """Learned perceptual distance, version 0.1; the variant belongs into a score's name: ``lpips_alex``, ``lpips_vgg``.

    Pictures are taken as uint8 and made signed in one place here: fed [0, 1] instead of [-1, 1], the network would
    answer with plausible, wrong numbers. Source: Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as
    a Perceptual Metric".

    Args:
        net: "alex", "vgg" or "squeeze".
        path: torchvision's file of that network's tensors.
        sha256: hash that the file must have; None takes any.
        size_px: (height_px, width_px) that pictures are brought to first, by Pillow's bilinear filter: HR-VITON scores
            at (128, 128); None keeps their own size.
        device: where it computes.

    Attributes:
        file: path and hash of what was read.

    Raises:
        WeightsError: no such file, another hash, or tensors that are not this network's.
        FitroomError: the package lpips is not installed.
    """

    def __init__(
        self,
        net: LpipsNet,
        path: str | Path,
        sha256: str | None = None,
        size_px: tuple[int, int] | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self.net, self.size_px, self.device = net, size_px, torch.device(device)
        self.file = checked_file(Path(path).expanduser(), sha256, NETWORKS[NETWORK_OF[net]].purpose)
        self._model = _load(net, self.file).to(self.device)
        self._weights = [lin.model[-1].weight[0] for lin in self._model.lins]  # each (C, 1, 1)

    def __call__(self, worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor) -> torch.Tensor:
        """(B,) distance of two batches of (B, H, W, 3) uint8; 0 = equal, lower is better.

        Raises:
            EvaluationError: pictures of different shapes, not uint8, or with a side below 32 px.
        """
        require_pairs(worn_u8_BHWC, truth_u8_BHWC)
        return self.distance(self.maps(worn_u8_BHWC), self.maps(truth_u8_BHWC))

    @torch.inference_mode()
    def maps(self, images_u8_BHWC: torch.Tensor) -> Maps:
        """Layer maps of (B, H, W, 3) uint8, each (B, C, h, w), of unit length over channels; a truth's can be kept.

        Raises:
            EvaluationError: not uint8 (B, H, W, 3), or a side below 32 px.
        """
        require_u8(images_u8_BHWC, "pictures", 1 if self.size_px else MIN_SIDE_PX)
        if self.size_px is not None and images_u8_BHWC.shape[1:3] != self.size_px:
            images_u8_BHWC = resize_bilinear_u8(images_u8_BHWC, *self.size_px)
        signed_BCHW = u8_to_signed(images_u8_BHWC.to(self.device)).permute(0, 3, 1, 2)
        layers = self._model.net(self._model.scaling_layer(signed_BCHW))
        return tuple(_unit_length(layer) for layer in layers)

    @torch.inference_mode()
    def distance(self, worn: Maps, truth: Maps) -> torch.Tensor:
        """(B,) distance of two pictures' :meth:`maps`."""
        layers = [
            ((first - second).square_() * weights).sum(dim=1).mean(dim=(1, 2))
            for first, second, weights in zip(worn, truth, self._weights, strict=True)
        ]
        return torch.stack(layers).sum(dim=0)


def _unit_length(layer_BCHW: torch.Tensor) -> torch.Tensor:
    return layer_BCHW / (layer_BCHW.square().sum(dim=1, keepdim=True).sqrt_().add_(1e-10))


def _load(net: LpipsNet, file: ExternalFile) -> Any:
    """lpips' own model around a network that is not downloaded but read from the file."""
    try:
        import lpips
    except ImportError as error:
        raise FitroomError("LPIPS needs the package lpips", fix='pip install "fitroom[metrics]"') from error
    with warnings.catch_warnings(), torch.device("meta"):  # no time is spent on random weights
        warnings.simplefilter("ignore")  # it asks torchvision for them in a way that is out of fashion
        model = lpips.LPIPS(net=net, pretrained=False, pnet_rand=True, verbose=False)
    model.scaling_layer = lpips.ScalingLayer()
    heads = read_tensors(Path(lpips.__file__).parent / "weights" / "v0.1" / f"{net}.pth")
    tensors = read_tensors(file.path)
    # slice2.3.weight in the model is features.3.weight in torchvision's file
    names = {own: f"features.{own.partition('.')[2]}" for own in model.net.state_dict()}
    own_shapes = {name: value.shape for name, value in model.net.state_dict().items()}
    wrong = [name for own, name in names.items() if name not in tensors or tensors[name].shape != own_shapes[own]]
    if wrong:
        raise WeightsError(
            f"the weights do not fit {NETWORKS[NETWORK_OF[net]].purpose}",
            where=file.path,
            rule=f"torchvision's tensors, as in {NETWORKS[NETWORK_OF[net]].files[0]}",
            got=f"{len(wrong)} of {len(names)} missing or misshapen, first {wrong[:2]}",
        )
    model.net.load_state_dict({own: tensors[name] for own, name in names.items()}, assign=True)
    model.lins.load_state_dict({key.removeprefix("lin"): value for key, value in heads.items()}, assign=True)
    return model.eval().requires_grad_(False)
