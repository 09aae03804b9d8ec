"""Hems as a parser sees them, beside the truth; garments that nobody wears, and who is seen in them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.parsing.labelled import LabelledWriter, read_labelled
from fitroom.data.parsing.photos import ParsedPhotos
from fitroom.errors import EvaluationError
from fitroom.evaluation.parsing import hem_errors_px, measure_garments
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


class Told:
    """A parser that answers as it is told, photo by photo, and says what it has learned from."""

    def __init__(self, parses: list[np.ndarray], learned: frozenset[str] = frozenset()) -> None:
        self.parses, self.learned = iter(parses), learned
        self.bundle = self

    def trained_on(self) -> frozenset[str]:
        return self.learned

    def __call__(self, photos: list[np.ndarray]) -> list[Parsed]:
        return [Parsed.exact(next(self.parses)) for _ in photos]


@pytest.fixture
def garments(tmp_path) -> ParsedPhotos:
    """Two photos of a skirt, whose rim is not known."""
    writer = LabelledWriter(tmp_path)
    truth = np.zeros((64, 48), np.uint8)
    truth[14:50, 8:40] = UNKNOWN_PART
    truth[16:48, 10:38] = Part.SKIRT
    for number in range(2):
        Image.fromarray(np.full((64, 48, 3), 100 * number, np.uint8)).save(tmp_path / "photo.png")
        writer.add(f"{number}", tmp_path / "photo.png", truth, "one")
    writer.close()
    return read_labelled(tmp_path)


def test_a_garment_told_rightly_is_nobody(garments):
    right = np.where(garments.pair(0)[1] == UNKNOWN_PART, Part.SKIRT, garments.pair(0)[1]).astype(np.uint8)
    somebody = right.copy()
    somebody[16:32] = np.where(right[16:32] == Part.SKIRT, Part.LEFT_ARM, right[16:32])
    somebody[40:48] = np.where(right[40:48] == Part.SKIRT, Part.FACE, right[40:48])
    somebody[somebody == Part.SKIRT] = Part.TOP
    found = measure_garments(Told([right, somebody]), garments)
    assert found["pictures"] == 2 and found["garment named rightly"] == 0.5
    assert found["judged"] == 2 and found["person-missing"] == found["garment-on-person"] == 1
    assert found["person-unsure"] == 0
    assert found["garment told from the rest, median IoU"] == pytest.approx((1 + 8 / 32) / 2)
    body = (somebody == Part.LEFT_ARM).sum() + (somebody == Part.FACE).sum()
    assert found["mean share of body"] == pytest.approx(body / (somebody > 0).sum() / 2)


def test_photos_that_a_parser_has_met_do_not_measure_it(garments):
    met = frozenset({garments.manifest.table["sha256"][1][:16]})
    with pytest.raises(EvaluationError, match="learned from 1 of these"):
        measure_garments(Told([], met), garments)
