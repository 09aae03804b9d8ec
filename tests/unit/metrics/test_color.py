"""The colour of a garment: known differences, and that only what is worn counts."""

from __future__ import annotations

import pytest
import torch
from skimage.color import lab2rgb

from fitroom.errors import EvaluationError
from fitroom.metrics.color import color_delta_e


def picture(*lab: float) -> torch.Tensor:
    unit_3 = torch.from_numpy(lab2rgb(torch.tensor(lab).double().numpy()))
    return (unit_3 * 255).round().to(torch.uint8).expand(1, 8, 8, 3).clone()


def test_published_pairs_come_out_as_published() -> None:
    """Sharma, Wu and Dalal 2005, table 1, pairs that sRGB has; rounding to 8 bits moves them a little."""
    everywhere = torch.ones(1, 8, 8)
    for one, other, delta_e in (
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ):
        assert float(color_delta_e(picture(*one), picture(*other), everywhere)) == pytest.approx(delta_e, abs=0.25)
    assert color_delta_e(picture(50, 10, 10), picture(50, 10, 10), everywhere) == 0


def test_only_the_garment_counts_and_not_where_its_pattern_lies() -> None:
    truth, mask = picture(50, 20, 20), torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[:, 2:6, 2:6] = True
    truth[:, 2:6, 2:4] = 30
    moved = truth.clone()
    moved[:, 2:6, 2:6] = truth[:, 2:6, 2:6].flip(2)
    moved[:, :2] = 0
    assert float(color_delta_e(moved, truth, mask)) == pytest.approx(0, abs=1e-5)
    tinted = truth.clone()
    tinted[..., 0] = (tinted[..., 0].int() - 12).clamp(0).to(torch.uint8)
    assert float(color_delta_e(tinted, truth, mask)) > 2
    assert color_delta_e(tinted, truth, torch.zeros_like(mask)).isnan().all()


def test_pictures_that_are_no_pair_are_refused() -> None:
    with pytest.raises(EvaluationError):
        color_delta_e(picture(50, 0, 0), picture(50, 0, 0)[:, :4], torch.ones(1, 8, 8))
