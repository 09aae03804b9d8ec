"""The kernel distance: unbiased, seeded, blockwise, faults in words."""

import numpy as np
import pytest
import torch

from fitroom.errors import EvaluationError
from fitroom.metrics import kernel
from fitroom.metrics.kernel import KernelDistance, kernel_distance, mmd2_unbiased


def sets(num_worn: int, num_truth: int, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num_worn, 16)) + shift, rng.normal(size=(num_truth, 16))


def test_like_sets_score_zero_on_average_and_shifted_ones_do_not() -> None:
    like = [mmd2_unbiased(*sets(20, 30, seed=seed)) for seed in range(200)]
    assert abs(np.mean(like)) < 3 * np.std(like) / np.sqrt(200) and min(like) < 0
    assert mmd2_unbiased(*sets(20, 30, shift=0.5)) > 5 * np.std(like)


def test_one_subset_of_all_rows_is_the_plain_estimate() -> None:
    worn, truth = sets(25, 25)
    once = kernel_distance(worn, truth, num_subsets=1, subset_size=25)
    assert once.mean == pytest.approx(mmd2_unbiased(worn, truth)) and once.std == 0


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    worn, truth = sets(50, 41, shift=0.2)
    whole = kernel_distance(worn, truth, 10, 20)
    monkeypatch.setattr(kernel, "BLOCK_ROWS", 7)
    assert kernel_distance(worn, truth, 10, 20) == pytest.approx(whole)


def test_seeds_repeat() -> None:
    worn, truth = sets(50, 50)
    first, again, other = (kernel_distance(worn, truth, 5, 20, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_too_few_rows_are_named_with_the_fix() -> None:
    with pytest.raises(EvaluationError, match="subsets of 1000 from 30 worn and 40 true") as caught:
        kernel_distance(*sets(30, 40))
    assert "mmd2_unbiased" in str(caught.value)
    assert kernel_distance(*sets(30, 40), num_subsets=2, variant="clean-fid").std >= 0


def test_the_metric_gathers_batches() -> None:
    worn, truth = (torch.from_numpy(rows) for rows in sets(30, 20, shift=0.3))
    for metric, expected in (
        (KernelDistance(), mmd2_unbiased(worn, truth)),
        (KernelDistance(subset_size=10, num_subsets=4, seed=1), kernel_distance(worn, truth, 4, 10, 1).mean),
    ):
        for batch in worn.split(7):
            metric.update(batch, reference=False)
        metric.update(truth, reference=True)
        assert metric.compute().item() == expected
