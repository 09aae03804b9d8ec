"""How much texture a worn picture has beside its truth, band by band: blurred prints and lost knit show here first."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from fitroom.metrics.filters import blur, over_strips
from fitroom.metrics.pictures import mask_weights, masked_mean, require_pairs, unit_planes

BANDS = ("detail_fine", "detail_medium", "detail_coarse")
BINOMIAL = [1 / 16, 4 / 16, 6 / 16]
MIN_SIDE_PX = 16
# What rounding to 8 bits alone puts into a flat surface; a truth with less has no detail to compare with.
LEAST_ENERGY = 1 / 12 / 255**2


def detail_ratios(
    worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor, mask_BHW: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Energy of the worn picture's detail inside a mask over that of the truth's, in three bands.

    1 = as much detail, 0 = smooth, above 1 = noise or halos; nearer to 1 is better. The ratio compares amounts, not
    places: it does not see detail that is moved. Bands are periods of about 2 to 4 px (``detail_fine``), 4 to 8 px
    (``detail_medium``) and 8 to 16 px (``detail_coarse``). The mask's rim counts as it is drawn: to leave out the
    garment's outline, give a mask that is eroded by about 4 px.

    Source: the pyramid of Burt & Adelson 1983, "The Laplacian Pyramid as a Compact Image Code", each band taken before
    its level is thinned out; energy is the mean square over channels and mask.

    Args:
        worn_u8_BHWC, truth_u8_BHWC: (B, H, W, 3) uint8.
        mask_BHW: (B, H, W) bool or float in [0, 1].

    Returns:
        By band, (B,) float32 >= 0; NaN where the mask is empty or the truth is flat (below the energy of rounding).

    Raises:
        EvaluationError: pictures of different shapes, not uint8, or with a side below 16 px; a mask of another size.
    """
    require_pairs(worn_u8_BHWC, truth_u8_BHWC, MIN_SIDE_PX)
    mask_BHW = mask_weights(mask_BHW, worn_u8_BHWC.shape[:3])
    worn_KB, truth_KB = _energies(worn_u8_BHWC, mask_BHW), _energies(truth_u8_BHWC, mask_BHW)
    ratios_KB = torch.where(truth_KB > LEAST_ENERGY, worn_KB / truth_KB, torch.nan)
    return dict(zip(BANDS, ratios_KB, strict=True))


def _energies(images_u8_BHWC: torch.Tensor, mask_BHW: torch.Tensor) -> torch.Tensor:
    """(3, B): mean square of each band inside the mask."""
    level_PHW = unit_planes(images_u8_BHWC)
    energies = []
    for _ in BANDS:
        smooth_PHW = over_strips(_smooth, 2, F.pad(level_PHW, (2, 2, 2, 2), mode="reflect"))
        power_BHW = (level_PHW - smooth_PHW).square_().unflatten(0, (-1, 3)).mean(dim=1)
        energies.append(masked_mean(power_BHW, mask_BHW))
        level_PHW, mask_BHW = smooth_PHW[:, ::2, ::2], mask_BHW[:, ::2, ::2]
    return torch.stack(energies)


def _smooth(planes_PHW: torch.Tensor) -> torch.Tensor:
    return blur(planes_PHW, BINOMIAL)
