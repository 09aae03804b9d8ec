"""The picture of a confusion matrix: a small PNG, the same each time, that shows what the record holds."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fitroom.evaluation.recognition.figures import DARK, LIGHT, Theme, confusion_png
from fitroom.evaluation.recognition.records import Record, read_record


def pixels_of(record: Record, theme: Theme = LIGHT) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(confusion_png(record, theme))).convert("RGB")).astype(int)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_it_is_small_and_on_its_page(record_at: Callable[..., Path], theme: Theme) -> None:
    record = read_record(record_at())
    picture = confusion_png(record, theme)
    assert len(picture) < 100_000 and picture == confusion_png(record, theme)
    corner = pixels_of(record, theme)[2, 2]
    page = [int(theme.page[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.abs(corner - page).max() < 6


def test_a_better_model_is_greener(record_at: Callable[..., Path], answers_of: Callable[..., pd.DataFrame]) -> None:
    def share(accuracy: float) -> float:
        pixels = pixels_of(read_record(record_at("m", answers_of(accuracy=accuracy))))
        return float((pixels[..., 1] - pixels[..., 0] > 40).mean())

    assert share(1.0) > 1.5 * share(0.3)


def test_many_classes_still_make_a_picture(
    record_at: Callable[..., Path], answers_of: Callable[..., pd.DataFrame]
) -> None:
    classes = [f"class-{i:02d}" for i in range(40)]
    record = read_record(record_at("m", answers_of(num=200, classes=classes), classes=classes))
    assert max(pixels_of(record).shape) < 5000
