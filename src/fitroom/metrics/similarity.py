"""Pixel similarity of a worn picture and its truth: PSNR, and SSIM in the variants that published tables use.

Pictures are uint8 (B, H, W, 3), see :mod:`fitroom.metrics.pictures`; every score is one float32 a picture.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from fitroom.images import gray_u8, u8_to_unit
from fitroom.metrics.filters import blur, over_strips
from fitroom.metrics.pictures import mask_weights, require_pairs, unit_planes

C1, C2 = 0.01**2, 0.03**2
REACH_PX = 5
WINDOW_PX = 2 * REACH_PX + 1  # of sigma 1.5, in all variants
MS_BETAS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MS_MIN_SIDE_PX = 176  # the window must fit into the coarsest of the five scales

_powers = [math.exp(-((REACH_PX - place) ** 2) / (2 * 1.5**2)) for place in range(REACH_PX + 1)]
_HALF_WINDOW = [power / (2 * sum(_powers) - _powers[-1]) for power in _powers]


def psnr(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """(B,) peak signal-to-noise ratio in dB, higher is better; infinite for equal pictures.

    ``10 log10(255^2 / mean squared error)``, the error over all pixels and channels of one picture.
    """
    return -10 * _squared_error_BHW(worn_u8_BHWC, truth_u8_BHWC).mean(dim=(1, 2)).log10()


def masked_psnr(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor, mask_BHW: torch.Tensor) -> torch.Tensor:
    """(B,) :func:`psnr` of the pixels inside a mask, weighted by it; NaN where the mask is empty."""
    error_BHW = _squared_error_BHW(worn_u8_BHWC, truth_u8_BHWC)
    weights_BHW = mask_weights(mask_BHW, error_BHW.shape)
    return -10 * ((error_BHW * weights_BHW).sum(dim=(1, 2)) / weights_BHW.sum(dim=(1, 2))).log10()


def ssim_color(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """(B,) structural similarity over the three channels, at most 1 = equal, higher is better.

    The variant of torchmetrics' ``structural_similarity_index_measure(data_range=1)``: border mirrored, mean over the
    whole picture. Source: Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity".

    Raises:
        EvaluationError: pictures of different shapes, not uint8, or smaller than the window (11 px).
    """
    return ssim_map(worn_u8_BHWC, truth_u8_BHWC).mean(dim=(1, 2))


def ssim_map(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """(B, H, W) float32: :func:`ssim_color` before its mean over pixels, so that a region can be averaged."""
    require_pairs(worn_u8_BHWC, truth_u8_BHWC, WINDOW_PX)
    return _mirrored_map(unit_planes(worn_u8_BHWC), unit_planes(truth_u8_BHWC)).unflatten(0, (-1, 3)).mean(dim=1)


def ssim_gray(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """(B,) structural similarity of the pictures in gray, at most 1 = equal, higher is better.

    The variant of HR-VITON's evaluation: Pillow's gray, then scikit-image's ``structural_similarity`` with Gaussian
    weights (sigma 1.5), ``use_sample_covariance=False`` and ``data_range=255``; windows that leave the picture do not
    count.

    Raises:
        EvaluationError: as :func:`ssim_color`.
    """
    require_pairs(worn_u8_BHWC, truth_u8_BHWC, WINDOW_PX)
    gray = (u8_to_unit(gray_u8(images)) for images in (worn_u8_BHWC, truth_u8_BHWC))
    return over_strips(_similarity, REACH_PX, *gray).mean(dim=(1, 2))


def ms_ssim(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """(B,) multi-scale structural similarity in [0, 1], 1 = equal, higher is better.

    The variant of torchmetrics' ``multiscale_structural_similarity_index_measure(data_range=1)``: five scales, halved
    by 2 x 2 means; a scale that disagrees in sign counts as 0. Source: Wang, Simoncelli & Bovik 2003, "Multiscale
    structural similarity for image quality assessment".

    Raises:
        EvaluationError: as :func:`ssim_color`, and pictures with a side below 176 px.
    """
    require_pairs(worn_u8_BHWC, truth_u8_BHWC, MS_MIN_SIDE_PX)
    worn_PHW, truth_PHW = unit_planes(worn_u8_BHWC), unit_planes(truth_u8_BHWC)
    scales_P = []
    for _ in MS_BETAS[1:]:  # of the finer scales only contrast and structure count, and only whole windows
        scales_P.append(over_strips(_contrast, REACH_PX, worn_PHW, truth_PHW).mean(dim=(1, 2)))
        worn_PHW, truth_PHW = F.avg_pool2d(worn_PHW, 2), F.avg_pool2d(truth_PHW, 2)
    scales_P.append(_mirrored_map(worn_PHW, truth_PHW).mean(dim=(1, 2)))
    scales_SB = torch.stack(scales_P).unflatten(1, (-1, 3)).mean(dim=2).relu()
    return (scales_SB ** torch.tensor(MS_BETAS).to(scales_SB)[:, None]).prod(dim=0)


def _squared_error_BHW(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """On the unit scale, mean over channels; differences of integers are exact."""
    require_pairs(worn_u8_BHWC, truth_u8_BHWC)
    return (worn_u8_BHWC.short() - truth_u8_BHWC.short()).float().div_(255).square_().mean(dim=3)


def _mirrored_map(worn_PHW: torch.Tensor, truth_PHW: torch.Tensor) -> torch.Tensor:
    """(P, H, W) similarity of all windows, those at the border completed by mirroring."""
    border = (REACH_PX,) * 4
    mirrored = (F.pad(planes, border, mode="reflect") for planes in (worn_PHW, truth_PHW))
    return over_strips(_similarity, REACH_PX, *mirrored)


def _similarity(worn_PHW: torch.Tensor, truth_PHW: torch.Tensor) -> torch.Tensor:
    luminance_PHW, contrast_PHW = _terms(worn_PHW, truth_PHW)
    return luminance_PHW.mul_(contrast_PHW)


def _contrast(worn_PHW: torch.Tensor, truth_PHW: torch.Tensor) -> torch.Tensor:
    return _terms(worn_PHW, truth_PHW)[1]


def _terms(worn_PHW: torch.Tensor, truth_PHW: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The luminance term, and that of contrast and structure, of every window: (P, H - 10, W - 10) each.

    Of sum s and difference d only four moments are needed, not five: ``4 cov(x, y) = var(s) - var(d)`` and
    ``2 (var(x) + var(y)) = var(s) + var(d)``, likewise for the means. Equal windows then give exactly 1.
    """
    mean_sum, variance_sum = _moments((worn_PHW + truth_PHW).sub_(1), 1)
    mean_difference, variance_difference = _moments(worn_PHW - truth_PHW, 0)
    return _ratio(mean_sum, mean_difference, 2 * C1), _ratio(variance_sum, variance_difference, 2 * C2)


def _moments(planes_PHW: torch.Tensor, offset: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Squared mean of ``planes + offset``, and variance, of every window; values near 0 keep the variance's digits."""
    mean_PHW = blur(planes_PHW, _HALF_WINDOW)
    variance_PHW = blur(planes_PHW.square(), _HALF_WINDOW).sub_(mean_PHW.square())
    return mean_PHW.add_(offset).square_(), variance_PHW


def _ratio(of_sum: torch.Tensor, of_difference: torch.Tensor, constant: float) -> torch.Tensor:
    below = (of_sum + of_difference).add_(constant)
    return of_sum.sub_(of_difference).add_(constant).div_(below)
