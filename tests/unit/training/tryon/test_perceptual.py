"""A loss that sees what is drawn, not only which colour it has on average."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from fitroom.metrics import effnet
from fitroom.models.weights import PACKAGES
from fitroom.training.tryon import perceptual
from fitroom.training.tryon.losses import picture_loss
from fitroom.training.tryon.perceptual import PerceptualLoss


@pytest.fixture(scope="module")
def distance() -> PerceptualLoss:
    return PerceptualLoss()


def stripes(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.rand(2, 3, 16, 1, generator=generator).repeat_interleave(4, 2) - 0.5
    return rows.expand(2, 3, 64, 64).contiguous()


def test_a_blur_is_further_off_than_another_colour(distance: PerceptualLoss) -> None:
    """Where colours alone are compared it is the other way round."""
    truth = stripes()
    blurred, tinted = F.avg_pool2d(truth, 9, 1, 4, count_include_pad=False), truth + 0.3
    assert distance(truth, truth) == 0
    assert 4 >= distance(blurred, truth) > 2 * distance(tinted, truth) > 0
    assert picture_loss(blurred, truth) < picture_loss(tinted, truth)


def test_it_pulls_a_picture_and_nothing_else(distance: PerceptualLoss) -> None:
    truth, picture = stripes(), stripes(1).requires_grad_()
    before = distance(picture, truth)
    before.backward()
    assert picture.grad is not None and picture.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in distance.network.parameters())
    with torch.no_grad():
        nearer = picture - 0.02 * picture.grad / picture.grad.abs().max()
    assert distance(nearer, truth) < before


def test_nobody_learns_from_the_judge(distance: PerceptualLoss) -> None:
    assert perceptual.BACKBONE != effnet.BACKBONE
    assert distance.record.sha256 == PACKAGES[perceptual.BACKBONE].sha256
