"""Where a padded photo lies: the box must be the one that Pillow's padding takes, for labels lie by it."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.contracts import Preprocessing
from fitroom.images import padded_box, resize_labels, resize_u8

SPEC = Preprocessing(64, 48, "pad")


@pytest.mark.parametrize("size", [(64, 48), (128, 96), (100, 30), (33, 97), (50, 37), (17, 500), (64, 47), (63, 48)])
def test_the_box_is_where_the_photo_lies(size):
    laid = resize_u8(np.full((*size, 3), 255, np.uint8), SPEC)[..., 0] == 255
    rows, columns = np.flatnonzero(laid.any(1)), np.flatnonzero(laid.any(0))
    box = (rows[0], columns[0], len(rows), len(columns))
    assert padded_box(*size, SPEC) == box


def test_labels_lie_as_their_photo_and_are_never_mixed():
    labels = np.zeros((128, 64), np.uint8)
    labels[64:] = 9
    laid = resize_labels(labels, SPEC, fill=7)
    top, left, height, width = padded_box(128, 64, SPEC)
    assert laid.shape == (64, 48) and set(np.unique(laid)) == {0, 7, 9}
    inside = laid[top : top + height, left : left + width]
    assert (inside[:32] == 0).all() and (inside[32:] == 9).all()
    assert (laid == 7).sum() == 64 * 48 - height * width
