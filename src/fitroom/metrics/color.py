"""Whether a garment has its colour: who orders by a picture sends back what comes in another shade."""

from __future__ import annotations

import torch
from skimage.color import deltaE_ciede2000, rgb2lab

from fitroom.metrics.pictures import mask_weights, require_pairs


def color_delta_e(worn_u8_BHWC: torch.Tensor, truth_u8_BHWC: torch.Tensor, mask_BHW: torch.Tensor) -> torch.Tensor:
    """CIEDE2000 between two pictures' mean colours inside a mask, by scikit-image; 0 = equal, about 1 is just seen.

    Means are taken in CIELAB (D65), so what lies where is not judged: a pattern that is moved keeps its colour.

    Source: Sharma, Wu and Dalal 2005, "The CIEDE2000 Color-Difference Formula".

    Args:
        worn_u8_BHWC, truth_u8_BHWC: (B, H, W, 3) uint8 sRGB.
        mask_BHW: (B, H, W) bool or float in [0, 1]: where the garment is, in both.

    Returns:
        (B,) float32 >= 0; NaN where the mask is empty.

    Raises:
        EvaluationError: pictures of different shapes or not uint8; a mask of another size.
    """
    require_pairs(worn_u8_BHWC, truth_u8_BHWC)
    weights_BHW1 = mask_weights(mask_BHW, worn_u8_BHWC.shape[:3]).double().cpu()[..., None]
    means = []
    for pictures_BHWC in (worn_u8_BHWC, truth_u8_BHWC):
        lab_BHWC = torch.from_numpy(rgb2lab(pictures_BHWC.cpu().numpy()))
        means.append((lab_BHWC * weights_BHW1).sum((1, 2)) / weights_BHW1.sum((1, 2)))
    return torch.from_numpy(deltaE_ciede2000(*(mean_B3.numpy() for mean_B3 in means))).float()
