"""PSNR and SSIM against torchmetrics and scikit-image, on noise, on drawn pictures and on real photos."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional import image as tm

from fitroom.images import decode_rgb_u8
from fitroom.metrics.pictures import stack_u8
from fitroom.metrics.similarity import ms_ssim, psnr, ssim_color, ssim_gray, ssim_map

Pair = tuple[torch.Tensor, torch.Tensor]


def drawn(height: int, width: int, seed: int = 0) -> Pair:
    """A blocky picture on a white ground, as shop photos have, and a copy that is shifted and noisy."""
    rng = np.random.default_rng(seed)
    truth = np.full((1, height, width, 3), 255, dtype=np.uint8)
    blocks = rng.integers(0, 256, (1, height // 8 + 1, width // 8 + 1, 3)).repeat(8, 1).repeat(8, 2)
    truth[:, 5 : height // 2] = blocks[:, 5 : height // 2, :width]
    worn = np.clip(np.roll(truth, 1, axis=2) + rng.normal(0, 12, truth.shape), 0, 255).astype(np.uint8)
    return torch.from_numpy(worn), torch.from_numpy(truth)


@pytest.fixture(params=["noise", "drawn", "odd", "photos"])
def pair(request: pytest.FixtureRequest) -> Pair:
    if request.param == "noise":
        return tuple(torch.randint(0, 256, (2, 180, 190, 3), dtype=torch.uint8) for _ in range(2))  # type: ignore[return-value]
    if request.param == "photos":
        root: Path = request.getfixturevalue("clothing_root")
        files = sorted((root / "validation").rglob("*.jpg"))[::90][:2]
        truth = [np.array(Image.fromarray(decode_rgb_u8(file)).resize((180, 240))) for file in files]
        small = [np.array(Image.fromarray(photo).resize((90, 120)).resize((180, 240))) for photo in truth]
        return stack_u8(small), stack_u8(truth)
    return drawn(240, 180) if request.param == "drawn" else drawn(201, 179, seed=1)


def unit_BCHW(images_u8_BHWC: torch.Tensor) -> torch.Tensor:
    """float64, since torchmetrics' own float32 loses 5e-5 on a white ground; at 1e-4 both agree."""
    return (images_u8_BHWC.permute(0, 3, 1, 2).double() / 255).contiguous()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-5), (torch.float32, 1e-4)])
def test_ssim_color_is_torchmetrics(pair: Pair, dtype: torch.dtype, tolerance: float) -> None:
    units = (unit_BCHW(images).to(dtype) for images in pair)
    theirs, their_map = tm.structural_similarity_index_measure(
        *units, data_range=1.0, reduction="none", return_full_image=True
    )
    torch.testing.assert_close(ssim_color(*pair), theirs.float(), atol=tolerance, rtol=0)
    if dtype == torch.float64:
        torch.testing.assert_close(ssim_map(*pair), their_map.mean(dim=1).float(), atol=1e-3, rtol=0)


def test_ssim_gray_is_scikit_image(pair: Pair) -> None:
    theirs = []
    for worn, truth in zip(*pair, strict=True):
        gray = [np.asarray(Image.fromarray(picture.numpy()).convert("L")) for picture in (worn, truth)]
        theirs.append(
            structural_similarity(*gray, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
        )
    np.testing.assert_allclose(ssim_gray(*pair).numpy(), theirs, atol=1e-5)


def test_ms_ssim_is_torchmetrics(pair: Pair) -> None:
    theirs = tm.multiscale_structural_similarity_index_measure(*map(unit_BCHW, pair), data_range=1.0, reduction="none")
    torch.testing.assert_close(ms_ssim(*pair), theirs.float(), atol=1e-5, rtol=0)


def test_ms_ssim_takes_just_the_sizes_that_torchmetrics_takes() -> None:
    fits, small = drawn(176, 176), drawn(176, 175)
    assert ms_ssim(*fits).shape == (1,)
    with pytest.raises(ValueError, match="width must be larger"):
        tm.multiscale_structural_similarity_index_measure(*map(unit_BCHW, small), data_range=1.0)


def test_psnr_is_both(pair: Pair) -> None:
    theirs = tm.peak_signal_noise_ratio(*map(unit_BCHW, pair), data_range=1.0, reduction="none", dim=(1, 2, 3))
    skimage = [peak_signal_noise_ratio(t.numpy(), w.numpy(), data_range=255) for w, t in zip(*pair, strict=True)]
    np.testing.assert_allclose(psnr(*pair).numpy(), theirs.numpy(), atol=1e-3)
    np.testing.assert_allclose(psnr(*pair).numpy(), skimage, atol=1e-3)
