"""Hems as a parser sees them, beside the truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fitroom.contracts import Part
from fitroom.evaluation.parsing import hem_errors_px
from fitroom.pipelines.parse import Parsed


def top_until(row: float, height: int = 64, width: int = 48) -> np.ndarray:
    """(H, W) share of each pixel that is a top which ends at ``row``."""
    share = np.clip(row - np.arange(height), 0, 1)[:, None].repeat(width, 1).astype(np.float32)
    share[:8] = 0
    return share


def parsed(share: np.ndarray) -> Parsed:
    p_LHW = torch.from_numpy(np.stack([1 - share, share]))
    return Parsed(np.where(share > 0.5, Part.TOP, Part.BACKGROUND).astype(np.uint8), p_LHW, (Part.BACKGROUND, Part.TOP))


@pytest.mark.parametrize("low", [-2.25, -0.5, 0.0, 0.25, 1.5])
def test_a_hem_is_off_by_what_it_is_off_to_a_part_of_a_pixel(low):
    truth = np.where(top_until(40) > 0.5, Part.TOP, Part.BACKGROUND).astype(np.uint8)
    seen = top_until(40 + low)
    found = hem_errors_px(parsed(seen), truth)
    assert found == pytest.approx([low], abs=0.26)  # a share is no smooth edge: linear reading errs by a quarter


def test_a_garment_that_leaves_the_picture_has_no_hem():
    truth = np.full((64, 48), Part.TOP, np.uint8)
    assert hem_errors_px(parsed(top_until(99)), truth) == []
    assert hem_errors_px(parsed(top_until(30)), np.zeros((64, 48), np.uint8)) == []
