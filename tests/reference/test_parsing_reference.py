"""Mean IoU against torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.classification import MulticlassJaccardIndex

from fitroom.metrics.parsing import ParseCounts


def test_iou_is_that_of_torchmetrics():
    rng, num_labels = np.random.default_rng(0), 6
    reference, counts = MulticlassJaccardIndex(num_labels, average="none"), ParseCounts(num_labels)
    for _ in range(4):
        truth = rng.integers(0, num_labels, (24, 20)).astype(np.uint8)
        predicted = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(0, num_labels, truth.shape))
        counts.add(predicted.astype(np.uint8), truth)
        reference.update(torch.from_numpy(predicted.astype(np.int64)), torch.from_numpy(truth.astype(np.int64)))
    expected = reference.compute().numpy()
    np.testing.assert_allclose(counts.scores().iou_L, expected, rtol=1e-6)
    assert counts.scores().mean_iou == pytest.approx(float(expected.mean()), rel=1e-6)
