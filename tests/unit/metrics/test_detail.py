"""Detail: each band answers to stripes of its own width, blur lowers it, noise raises it."""

import pytest
import torch
from torchvision.transforms.functional import gaussian_blur

from fitroom.images import unit_to_u8
from fitroom.metrics.detail import BANDS, detail_ratios


def stripes(period_px: int, contrast: float) -> torch.Tensor:
    """(1, 64, 64, 3) uint8 sine stripes around mid gray."""
    wave = torch.sin(2 * torch.pi * (torch.arange(64) + 0.5) / period_px)
    return unit_to_u8(0.5 + contrast * wave).expand(1, 64, 64)[..., None].expand(1, 64, 64, 3)


EVERYWHERE = torch.ones(1, 64, 64)


def test_the_same_picture_has_the_same_detail() -> None:
    noise = torch.randint(0, 256, (2, 64, 48, 3), dtype=torch.uint8)
    ratios = detail_ratios(noise, noise, torch.ones(2, 64, 48))
    assert [ratios[band].tolist() for band in BANDS] == [[1.0, 1.0]] * 3


@pytest.mark.parametrize(("period_px", "band"), [(3, "detail_fine"), (6, "detail_medium"), (12, "detail_coarse")])
def test_a_band_answers_to_its_own_stripes(period_px: int, band: str) -> None:
    """Half the contrast of one period is a quarter of its band's energy."""
    mixed = [stripes(3, 0.15), stripes(6, 0.15), stripes(12, 0.15)]
    truth = sum(part.float() - 127.5 for part in mixed) + 127.5
    worn = truth - 0.5 * (stripes(period_px, 0.15).float() - 127.5)
    ratios = detail_ratios(worn.round().to(torch.uint8), truth.round().to(torch.uint8), EVERYWHERE)
    assert min(BANDS, key=lambda name: ratios[name].item()) == band
    assert ratios[band].item() < 0.6


def test_blur_lowers_and_noise_raises() -> None:
    truth = torch.randint(60, 196, (1, 64, 64, 3), dtype=torch.uint8)
    blurred = gaussian_blur(truth.permute(0, 3, 1, 2), 7).permute(0, 2, 3, 1)
    ratios = detail_ratios(blurred, truth, EVERYWHERE)
    assert ratios["detail_fine"] < ratios["detail_medium"] < ratios["detail_coarse"] < 1
    noisy = (truth.int() + torch.randint(-40, 41, truth.shape)).clamp(0, 255).to(torch.uint8)
    assert detail_ratios(noisy, truth, EVERYWHERE)["detail_fine"] > 1.1


def test_only_the_mask_counts_and_flat_truths_have_no_ratio() -> None:
    truth = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8)
    worn = truth.clone()
    worn[:, :24] = 128
    mask = torch.zeros(1, 64, 64)
    mask[:, 44:] = 1
    assert all(ratio.item() == 1 for ratio in detail_ratios(worn, truth, mask).values())
    flat = torch.full_like(truth, 128)
    assert all(ratio.isnan().item() for ratio in detail_ratios(truth, flat, EVERYWHERE).values())
    assert all(ratio.item() == 0 for ratio in detail_ratios(flat, truth, EVERYWHERE).values())
    assert all(ratio.isnan().item() for ratio in detail_ratios(worn, truth, torch.zeros(1, 64, 64)).values())
