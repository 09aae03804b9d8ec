"""LPIPS against the package lpips, both with one backbone of random weights and the real learned heads."""

import warnings
from pathlib import Path

import lpips
import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from fitroom.metrics.lpips import Lpips, LpipsNet

BUILDERS = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}


@pytest.fixture(scope="module", params=BUILDERS)
def nets(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LpipsNet, Path, lpips.LPIPS]:
    """Name, torchvision's file with random weights, and the package's own model, which downloads from torchvision."""
    path = tmp_path_factory.mktemp("weights") / f"{request.param}.pth"
    torch.manual_seed(0)
    backbone = _without_classifier(BUILDERS[request.param])
    torch.save(backbone.state_dict(), path)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(torchvision.models, BUILDERS[request.param], lambda pretrained: backbone)
        return request.param, path, lpips.LPIPS(net=request.param, verbose=False)


def _without_classifier(builder: str) -> torch.nn.Module:
    """Its fully connected layers would be half a gigabyte of random numbers; LPIPS has no use for them."""
    linear = torch.nn.Linear
    options = {"init_weights": False} if builder == "vgg16" else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn, "Linear", lambda *sizes: linear(1, 1))
        return getattr(torchvision.models, builder)(weights=None, **options)


@pytest.fixture
def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    truth = torch.randint(0, 256, (3, 12, 9, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    truth = truth.repeat_interleave(8, 1).repeat_interleave(8, 2)
    return truth.roll(2, dims=2), truth


def signed_BCHW(images_u8_BHWC: torch.Tensor) -> torch.Tensor:
    return images_u8_BHWC.permute(0, 3, 1, 2).float() / 127.5 - 1


@torch.no_grad()
def test_equal_to_the_package(nets: tuple[LpipsNet, Path, lpips.LPIPS], pictures) -> None:
    name, path, theirs = nets
    expected = theirs(*map(signed_BCHW, pictures)).flatten()
    assert expected.min() > 1e-3
    np.testing.assert_allclose(Lpips(name, path)(*pictures).numpy(), expected.numpy(), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_small_size_is_that_of_pillow(nets: tuple[LpipsNet, Path, lpips.LPIPS], pictures) -> None:
    name, path, theirs = nets
    small = [
        torch.from_numpy(np.stack([np.array(Image.fromarray(x.numpy()).resize((128, 128), 2)) for x in batch]))
        for batch in pictures
    ]
    expected = theirs(*map(signed_BCHW, small)).flatten()
    ours = Lpips(name, path, size_px=(128, 128))
    np.testing.assert_allclose(ours(*pictures).numpy(), expected.numpy(), atol=1e-5, rtol=1e-4)


def test_maps_of_the_truth_can_be_kept(nets: tuple[LpipsNet, Path, lpips.LPIPS], pictures) -> None:
    ours = Lpips(*nets[:2])
    kept = ours.maps(pictures[1])
    torch.testing.assert_close(ours.distance(ours.maps(pictures[0]), kept), ours(*pictures))
    assert ours(pictures[1], pictures[1]).tolist() == [0.0] * 3


def test_the_unit_range_would_have_scored_otherwise(nets: tuple[LpipsNet, Path, lpips.LPIPS], pictures) -> None:
    name, path, theirs = nets
    with torch.no_grad():
        wrong = theirs(*(picture.permute(0, 3, 1, 2).float() / 255 for picture in pictures)).flatten()
    assert (Lpips(name, path)(*pictures) - wrong).abs().max() > 1e-3
