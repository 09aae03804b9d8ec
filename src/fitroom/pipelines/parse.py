"""The person parser as its users meet it: photos of people in, a part for every pixel out.

images_u8 -> fitted into the network's size on a grey border -> probabilities -> scaled back to each photo's own size
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.contracts import Part, Preprocessing
from fitroom.errors import BundleError, ImageError
from fitroom.images import ImageLimits, decode_rgb_u8, padded_box, preprocess
from fitroom.models.frozen_bn import freeze_batch_norm


@dataclass(frozen=True)
class Parsed:
    """The answer to one photo of H x W px.

    Attributes:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`: the most likely part of each pixel.
    """

    parse: np.ndarray
    _p_LHW: torch.Tensor = field(repr=False)  # at the network's size, cut to the photo
    _parts: tuple[Part, ...] = field(repr=False)

    @classmethod
    def exact(cls, parse: np.ndarray) -> Parsed:
        """A parse that is known for sure, (H, W) uint8, as an answer."""
        p_LHW = torch.zeros((len(Part), *parse.shape))
        p_LHW.scatter_(0, torch.from_numpy(parse.astype(np.int64))[None], 1.0)
        return cls(parse, p_LHW, tuple(Part))

    def probability(self, parts: Part | int | Iterable[Part | int]) -> np.ndarray:
        """How likely each pixel shows the part, or any of several.

        Args:
            parts: one or more of :class:`~fitroom.contracts.Part`; a part the network does not know is never likely.

        Returns:
            (H, W) float32 in [0, 1]. Where it crosses 0.5, an edge lies between pixels.
        """
        wanted = {Part(parts)} if isinstance(parts, int) else {Part(part) for part in parts}
        rows = [row for row, part in enumerate(self._parts) if part in wanted]
        if not rows:
            return np.zeros(self.parse.shape, np.float32)
        found_HW = _scaled(self._p_LHW[rows].sum(0, keepdim=True), *self.parse.shape)[0]
        return found_HW.clamp(0, 1).numpy()

    def certainty(self) -> float:
        """Mean probability of the most likely part where anything but background is shown, in [0, 1]; 1 for nothing."""
        sure_HW, row_HW = self._p_LHW.max(0)
        shown_HW = torch.tensor([part != Part.BACKGROUND for part in self._parts])[row_HW]
        return float(sure_HW[shown_HW].mean()) if shown_HW.any() else 1.0


class ParsePipeline:
    """A parser bundle, ready to answer; safe to call from several threads.

    Args:
        bundle: an opened bundle of kind "parser".
        device: where the network runs.

    Attributes:
        bundle: the bundle.
        parts: those it can answer.

    Raises:
        BundleError: of another kind, or its photos are not padded.
    """

    def __init__(self, bundle: Bundle, device: torch.device) -> None:
        if bundle.spec.kind != "parser" or bundle.spec.preprocessing.resize != "pad":
            raise BundleError(
                "the bundle is not one of a person parser",
                where=bundle.path,
                rule='kind "parser" with preprocessing.resize "pad"',
                got=(bundle.spec.kind, bundle.spec.preprocessing.resize),
            )
        self.bundle, self.device = bundle, device
        self.preprocessing: Preprocessing = bundle.spec.preprocessing
        self.parts = tuple(Part[label] for label in bundle.spec.model["labels"])
        self._model = _ready(bundle, device)

    @classmethod
    def from_bundle(cls, path: str | Path, device: str | torch.device | None = None) -> ParsePipeline:
        """Opens, verifies and loads a bundle.

        Args:
            path: the bundle's folder, or a run's.
            device: where the network runs; None = the CPU.

        Raises:
            BundleError: see :func:`fitroom.bundles.open_bundle`; or the bundle is of another kind.
        """
        return cls(open_bundle(resolve_bundle(path)), torch.device(device or "cpu"))

    def decode(self, data: bytes | Path, limits: ImageLimits = ImageLimits()) -> np.ndarray:
        """An image file to (H, W, 3) uint8 RGB at its full size.

        Raises:
            ImageError: see :func:`fitroom.images.decode_rgb_u8`.
        """
        return decode_rgb_u8(data, limits)

    def __call__(self, images_u8: list[np.ndarray]) -> list[Parsed]:
        """Photos, each (H, W, 3) uint8 RGB of any size, to one answer each, in their order.

        Each photo is answered alone, so an answer does not depend on what else is asked, to the last bit.

        Raises:
            ImageError: an array is no such photo.
        """
        return [self._parsed(image_u8) for image_u8 in images_u8]

    def _parsed(self, image_u8: np.ndarray) -> Parsed:
        if image_u8.dtype != np.uint8 or image_u8.ndim != 3 or image_u8.shape[2] != 3 or not image_u8.size:
            raise ImageError(
                "this array is no photo", rule="uint8 of shape (H, W, 3)", got=f"{image_u8.dtype} {image_u8.shape}"
            )
        height, width = image_u8.shape[:2]
        with torch.inference_mode():
            x_BCHW = preprocess([image_u8], self.preprocessing).to(self.device)
            p_LHW = self._model(x_BCHW)["logits"][0].float().softmax(0).cpu()
        top, left, tall, wide = padded_box(height, width, self.preprocessing)
        p_LHW = p_LHW[:, top : top + tall, left : left + wide].contiguous()
        best = np.array(self.parts, np.uint8)[_most_likely(p_LHW, height, width)]
        return Parsed(best, p_LHW, self.parts)


def _ready(bundle: Bundle, device: torch.device) -> nn.Module:
    model: nn.Module = bundle.build_model().requires_grad_(False)
    if device.type == "cpu":
        freeze_batch_norm(model, torch.zeros(1, 3, 64, 64))
    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def _most_likely(p_LHW: torch.Tensor, height_px: int, width_px: int) -> np.ndarray:
    """Index of the most likely label of each pixel, (height_px, width_px); label by label, to spare memory."""
    highest = torch.full((height_px, width_px), -1.0)
    best = torch.zeros((height_px, width_px), dtype=torch.uint8)
    for label, p_HW in enumerate(p_LHW):
        scaled_HW = _scaled(p_HW[None], height_px, width_px)[0]
        better = scaled_HW > highest
        best[better] = label
        highest = torch.where(better, scaled_HW, highest)
    return best.numpy()


def _scaled(p_LHW: torch.Tensor, height_px: int, width_px: int) -> torch.Tensor:
    """Probabilities at another size: linear, averaging where it is smaller."""
    if p_LHW.shape[1:] == (height_px, width_px):
        return p_LHW
    size = (height_px, width_px)
    return F.interpolate(p_LHW[None], size=size, mode="bilinear", align_corners=False, antialias=True)[0]
