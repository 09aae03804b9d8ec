"""What similarity must do whatever the reference says: extremes, masks, strips, threads."""

import pytest
import torch

from fitroom.images import gray_u8
from fitroom.metrics.filters import blur, over_strips
from fitroom.metrics.pictures import masked_mean
from fitroom.metrics.similarity import masked_psnr, ms_ssim, psnr, ssim_color, ssim_gray, ssim_map


def pictures(seed: int, num: int = 2, height: int = 180, width: int = 190) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, 256, (num, height // 8 + 1, width // 8 + 1, 3), generator=random, dtype=torch.uint8)
    return coarse.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, :height, :width].contiguous()


@pytest.mark.parametrize("score", [ssim_color, ssim_gray, ms_ssim])
def test_equal_pictures_score_exactly_one(score) -> None:
    white = torch.full((1, 180, 190, 3), 255, dtype=torch.uint8)
    both = torch.cat([pictures(0), white])
    assert score(both, both).tolist() == [1.0, 1.0, 1.0]
    assert score(both, 255 - both)[:2].max() < 0.2


def test_psnr_of_a_known_error() -> None:
    truth = torch.full((2, 8, 8, 3), 100, dtype=torch.uint8)
    worn = truth.clone()
    worn[1] += 10
    equal, off = psnr(worn, truth).tolist()
    assert equal == float("inf") and off == pytest.approx(28.13, abs=0.01)


def test_only_what_is_inside_the_mask_counts() -> None:
    truth, worn = pictures(0), pictures(0)
    worn[:, :90] = 255 - worn[:, :90]
    mask = torch.zeros(2, 180, 190, dtype=torch.bool)
    mask[:, 100:] = True
    assert masked_psnr(worn, truth, mask).tolist() == [float("inf")] * 2
    assert masked_mean(ssim_map(worn, truth), mask).tolist() == [1.0, 1.0]
    assert masked_psnr(worn, truth, ~mask).max() < psnr(worn, truth).min()


def test_the_mean_of_the_map_is_the_score() -> None:
    worn, truth = pictures(1), pictures(2)
    assert torch.equal(ssim_map(worn, truth).mean(dim=(1, 2)), ssim_color(worn, truth))


@pytest.mark.parametrize("num_threads", [1, 3])
def test_strips_change_nothing(num_threads: int) -> None:
    """The picture is taller than a strip, on one thread and on several, in inference mode and outside."""
    planes = torch.rand(3, 400, 211)
    whole = blur(planes, [0.1, 0.2, 0.4])
    before = torch.get_num_threads()
    torch.set_num_threads(num_threads)
    try:
        strips = over_strips(lambda strip: blur(strip, [0.1, 0.2, 0.4]), 2, planes)
        with torch.inference_mode():
            again = over_strips(lambda strip: blur(strip, [0.1, 0.2, 0.4]), 2, planes.clone())
    finally:
        torch.set_num_threads(before)
    assert torch.equal(strips, whole) and torch.equal(again, whole)


def test_gray_is_pillows() -> None:
    from PIL import Image

    levels = torch.arange(256, dtype=torch.uint8)
    colors = torch.stack(torch.meshgrid(levels[::5], levels[::5], levels[::5], indexing="ij"), dim=-1).flatten(0, 1)
    assert gray_u8(colors).numpy().tobytes() == Image.fromarray(colors.numpy()).convert("L").tobytes()
