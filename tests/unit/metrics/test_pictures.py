"""Pictures reach metrics in one form, and anything else is refused with a sentence."""

import numpy as np
import pytest
import torch

from fitroom.errors import EvaluationError
from fitroom.metrics.effnet import EffNetLite0
from fitroom.metrics.pictures import masked_mean, stack_u8
from fitroom.metrics.similarity import masked_psnr, ms_ssim, psnr, ssim_color, ssim_gray

PICTURES = torch.zeros(2, 32, 24, 3, dtype=torch.uint8)


def test_pictures_of_one_size_make_a_batch() -> None:
    assert stack_u8([np.zeros((4, 5, 3), np.uint8)] * 3).shape == (3, 4, 5, 3)
    with pytest.raises(EvaluationError, match="do not make a batch"):
        stack_u8([np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4, 3), np.uint8)])
    with pytest.raises(EvaluationError, match="do not make a batch"):
        stack_u8([])


@pytest.mark.parametrize("score", [psnr, ssim_color, ssim_gray, ms_ssim])
def test_floats_and_other_layouts_are_refused(score) -> None:
    """A picture in [0, 1] gives a plausible, wrong number; so none gets in."""
    with pytest.raises(EvaluationError, match="uint8"):
        score(PICTURES.float() / 255, PICTURES)
    with pytest.raises(EvaluationError, match="uint8"):
        score(PICTURES.permute(0, 3, 1, 2), PICTURES.permute(0, 3, 1, 2))
    with pytest.raises(EvaluationError, match="same number and size"):
        score(torch.zeros(2, 200, 200, 3, dtype=torch.uint8), torch.zeros(2, 200, 201, 3, dtype=torch.uint8))


def test_too_small_pictures_are_refused_with_the_rule() -> None:
    with pytest.raises(EvaluationError, match="at least 176 px"):
        ms_ssim(PICTURES, PICTURES)
    with pytest.raises(EvaluationError, match="at least 11 px"):
        ssim_color(PICTURES[:, :10], PICTURES[:, :10])
    with pytest.raises(EvaluationError, match="at least 32 px"):
        EffNetLite0(source="none").features(PICTURES)


def test_a_mask_weighs_and_an_empty_one_gives_nan() -> None:
    values = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]).repeat(2, 1, 1)
    mask = torch.tensor([[[1.0, 0.0], [0.5, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    half, empty = masked_mean(values, mask).tolist()
    assert half == pytest.approx((1 + 1.5) / 1.5) and np.isnan(empty)
    with pytest.raises(EvaluationError, match="mask"):
        masked_psnr(PICTURES, PICTURES, mask)
