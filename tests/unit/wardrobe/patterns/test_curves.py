"""Curves of known length, and pictures of patterns."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.curves import bezier, concatenate, length, line, mirror, resample, signed_area, through
from fitroom.wardrobe.patterns.figures import pattern_sheet_png
from fitroom.wardrobe.patterns.grading import chart_table
from fitroom.wardrobe.patterns.sleeves import cap_curve, fit_cap


def test_resample_keeps_ends_and_spacing() -> None:
    points = resample(bezier((0, 0), (0, 10), (10, 10), num_points=400), 9)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [10, 10]
    assert steps.max() / steps.min() < 1.01


def test_straight_bezier_is_as_long_as_the_line() -> None:
    assert length(bezier((0, 0), (1, 1), (3, 4))) >= 5
    assert length(bezier((0, 0), (1.5, 2), (3, 4))) == pytest.approx(5)


def test_mirror_keeps_the_sense_of_an_outline() -> None:
    outline = np.array([(0, 0), (4, 0), (4, 3)], float)
    assert signed_area(outline) == pytest.approx(6)
    assert signed_area(mirror(outline)) == pytest.approx(6)


def test_concatenate_keeps_shared_points_once() -> None:
    assert concatenate([line((0, 0), (1, 0)), line((1, 0), (2, 1))]).tolist() == [[0, 0], [1, 0], [2, 1]]


def test_through_goes_through_and_does_not_overshoot() -> None:
    points = np.array([(3.0, -10.0), (5.0, -4.0), (5.0, 0.0)])
    curve = through(points)
    assert curve[0].tolist() == [3, -10]
    assert curve[:, 0].max() <= 5 + 1e-9
    assert np.abs(curve - points[1]).sum(axis=1).min() < 1e-9


@pytest.mark.parametrize("height", [6.0, 12.0, 17.0])
def test_fitted_cap_has_the_wanted_length(height: float) -> None:
    assert length(cap_curve(fit_cap(24.0, height), height)) == pytest.approx(24.0, abs=1e-6)


def test_sheet_is_a_png() -> None:
    picture = Image.open(io.BytesIO(pattern_sheet_png([draft(design(0), "M"), draft(design(9), "M")], columns=2)))
    assert min(picture.size) > 200


def test_the_documented_size_chart_is_the_real_one() -> None:
    page = (Path(__file__).parents[4] / "docs/wardrobe/patterns.md").read_text()
    assert chart_table("female") in page
    assert chart_table("male") in page
