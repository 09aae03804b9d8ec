"""The one form in which pictures reach a metric: torch uint8 (B, H, W, 3) RGB, so that no range can be mistaken.

``worn`` is what a model made, ``truth`` what it should have made. Masks are (B, H, W), bool or float in [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from fitroom.errors import EvaluationError
from fitroom.images import u8_to_unit


def stack_u8(images_u8: Sequence[np.ndarray]) -> torch.Tensor:
    """Pictures of one size, each (H, W, 3) uint8, to (B, H, W, 3) uint8.

    Raises:
        EvaluationError: no pictures, or pictures of several sizes or types.
    """
    kinds = sorted({(image.shape, str(image.dtype)) for image in images_u8})
    if len(kinds) != 1:
        raise EvaluationError("the pictures do not make a batch", rule="one or more, all of one size", got=kinds[:4])
    return require_u8(torch.from_numpy(np.stack(images_u8)), "pictures")


def require_u8(images_u8_BHWC: torch.Tensor, name: str, min_side_px: int = 1) -> torch.Tensor:
    """The pictures themselves, once they are seen to be uint8 (B, H, W, 3) with sides of at least ``min_side_px``."""
    shape = tuple(images_u8_BHWC.shape)
    if images_u8_BHWC.dtype != torch.uint8 or len(shape) != 4 or shape[3] != 3 or shape[0] < 1:
        raise EvaluationError(
            f"the {name} cannot be scored",
            rule="uint8 (B, H, W, 3), RGB in [0, 255]",
            got=f"{str(images_u8_BHWC.dtype).removeprefix('torch.')} {shape}",
            fix="convert with fitroom.images: signed_to_u8 or unit_to_u8, then channels last",
        )
    if min(shape[1:3]) < min_side_px:
        raise EvaluationError(
            f"the {name} are too small for this metric",
            rule=f"each side at least {min_side_px} px",
            got=f"{shape[2]} x {shape[1]} px",
            fix="score larger pictures, or leave this metric out of the protocol",
        )
    return images_u8_BHWC


def require_pairs(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor, min_side_px: int = 1) -> None:
    """Raises EvaluationError unless both are pictures of the same number and size."""
    require_u8(worn_u8_BHWC, "worn pictures", min_side_px)
    require_u8(truth_u8_BHWC, "true pictures", min_side_px)
    if worn_u8_BHWC.shape != truth_u8_BHWC.shape:
        raise EvaluationError(
            "worn and true pictures do not match",
            rule="the same number and size",
            got=f"{tuple(worn_u8_BHWC.shape)} and {tuple(truth_u8_BHWC.shape)}",
            fix="resize by the protocol's rule first",
        )


def unit_planes(images_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """(B, H, W, 3) uint8 to (3 B, H, W) float32 in [0, 1], the channels of a picture after one another, contiguous."""
    return u8_to_unit(images_u8_BHWC).permute(0, 3, 1, 2).flatten(0, 1).contiguous()


def mask_weights(mask_BHW: torch.Tensor, shape_BHW: Sequence[int]) -> torch.Tensor:
    """A mask as float32 (B, H, W) weights; raises EvaluationError where it is not of the pictures' size."""
    if tuple(mask_BHW.shape) != tuple(shape_BHW):
        raise EvaluationError(
            "the mask does not match the pictures", rule=f"(B, H, W) = {tuple(shape_BHW)}", got=tuple(mask_BHW.shape)
        )
    return mask_BHW.float()


def masked_mean(values_BHW: torch.Tensor, mask_BHW: torch.Tensor) -> torch.Tensor:
    """(B,) mean of a map inside a mask, weighted by it; NaN where the mask is empty.

    Args:
        values_BHW: (B, H, W) float, e.g. :func:`fitroom.metrics.similarity.ssim_map`.
        mask_BHW: (B, H, W) bool or float in [0, 1].
    """
    weights_BHW = mask_weights(mask_BHW, values_BHW.shape)
    return (values_BHW * weights_BHW).sum(dim=(1, 2)) / weights_BHW.sum(dim=(1, 2))
