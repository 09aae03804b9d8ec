"""Kernel distance between two sets of features (KID where the features are FID's Inception): unbiased at any N."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from fitroom.errors import EvaluationError
from fitroom.metrics.feature_sets import FeatureSets, Rows, require_sets

Variant = Literal["torch-fidelity", "clean-fid"]
BLOCK_ROWS = 2048  # of the kernel matrix that is held at a time


class KernelDistanceResult(NamedTuple):
    """Mean over the subsets, and their standard deviation (over S, not S - 1): a spread, not an error of the mean."""

    mean: float
    std: float


def mmd2_unbiased(worn_ND: Rows, truth_MD: Rows) -> float:
    """Squared maximum mean discrepancy of all rows; near 0 for like sets (it may be below), lower is better.

    Kernel ``(x y / D + 1)^3``, unbiased. Source: Binkowski et al. 2018, "Demystifying MMD GANs".

    Args:
        worn_ND, truth_MD: (N, D) and (M, D) features, at least two rows each; computed in float64.

    Raises:
        EvaluationError: shapes that do not match, fewer than two rows, values that are not finite.
    """
    worn_ND, truth_MD = require_sets(worn_ND, truth_MD)
    all_worn_1N, all_truth_1M = (torch.ones(1, len(rows)).to(rows) for rows in (worn_ND, truth_MD))
    return float(_mmd2(worn_ND, truth_MD, all_worn_1N, all_truth_1M))


def kernel_distance(
    worn_ND: Rows,
    truth_MD: Rows,
    num_subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 2020,
    variant: Variant = "torch-fidelity",
) -> KernelDistanceResult:
    """Mean :func:`mmd2_unbiased` over random subsets; near 0 for like sets (it may be below), lower is better.

    The kernel matrix is computed once for all subsets. Published tables often print it times 1000; this does not.

    Args:
        worn_ND, truth_MD: (N, D) and (M, D) features; computed in float64.
        num_subsets, subset_size: draws without replacement, of as many rows from both.
        seed: of the draws.
        variant: "torch-fidelity" draws as that package does for one seed. "clean-fid" draws as that one does after
            ``numpy.random.seed(seed)`` (it sets none itself), and makes subsets smaller where there are fewer rows.

    Raises:
        EvaluationError: as :func:`mmd2_unbiased`; fewer rows than ``subset_size`` ("torch-fidelity" only).
    """
    worn_ND, truth_MD = require_sets(worn_ND, truth_MD)
    num_rows = min(len(worn_ND), len(truth_MD))
    if variant == "clean-fid":
        subset_size = min(subset_size, num_rows)
    if not 2 <= subset_size <= num_rows or num_subsets < 1:
        raise EvaluationError(
            "the kernel distance cannot draw its subsets",
            rule=f"{num_subsets} subsets of 2 or more rows, not above the number of pictures",
            got=f"subsets of {subset_size} from {len(worn_ND)} worn and {len(truth_MD)} true pictures",
            fix="score more cases, set a smaller subset size in the protocol, or use mmd2_unbiased, which needs none",
        )
    drawn = _draw(len(worn_ND), len(truth_MD), num_subsets, subset_size, seed, variant)
    values_S = _mmd2(worn_ND, truth_MD, *(members.to(worn_ND) for members in drawn))
    return KernelDistanceResult(float(values_S.mean()), float(values_S.std(correction=0)))


class KernelDistance(FeatureSets):
    """:func:`kernel_distance` as a torchmetrics class: features are gathered over batches and processes.

    Args:
        subset_size: rows of a subset; None compares all rows once (:func:`mmd2_unbiased`), which suits small sets.
        num_subsets, seed: of the draws.

    Example:
        >>> metric = KernelDistance()
        >>> metric.update(torch.eye(4), reference=False)
        >>> metric.update(torch.eye(4) + 1, reference=True)
        >>> round(metric.compute().item(), 3)
        12.008
    """

    def __init__(self, subset_size: int | None = None, num_subsets: int = 100, seed: int = 2020, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subset_size, self.num_subsets, self.seed = subset_size, num_subsets, seed

    def compute(self) -> torch.Tensor:
        """float64 scalar."""
        worn_ND, truth_MD = self.rows()
        if self.subset_size is None:
            value = mmd2_unbiased(worn_ND, truth_MD)
        else:
            value = kernel_distance(worn_ND, truth_MD, self.num_subsets, self.subset_size, self.seed).mean
        return torch.tensor(value, dtype=torch.float64, device=worn_ND.device)


def _draw(
    num_worn: int, num_truth: int, num_subsets: int, size: int, seed: int, variant: Variant
) -> tuple[torch.Tensor, torch.Tensor]:
    """Membership of rows in subsets, (S, N) and (S, M) float64 of 0 and 1, drawn in the order of the variant."""
    rng = np.random.RandomState(seed)
    members = {"worn": np.zeros((num_subsets, num_worn)), "truth": np.zeros((num_subsets, num_truth))}
    order = ("worn", "truth") if variant == "torch-fidelity" else ("truth", "worn")
    for subset in range(num_subsets):
        for name in order:
            rows = members[name]
            rows[subset, rng.choice(rows.shape[1], size, replace=False)] = 1
    return torch.from_numpy(members["worn"]), torch.from_numpy(members["truth"])


def _mmd2(worn_ND: torch.Tensor, truth_MD: torch.Tensor, worn_SN: torch.Tensor, truth_SM: torch.Tensor) -> torch.Tensor:
    """(S,) unbiased estimates, one for each pair of subsets given by membership."""
    size_worn_S, size_truth_S = worn_SN.sum(dim=1), truth_SM.sum(dim=1)
    within_S = torch.zeros_like(size_worn_S)
    for rows, members, size_S in ((worn_ND, worn_SN, size_worn_S), (truth_MD, truth_SM, size_truth_S)):
        diagonal = (rows.square().mean(dim=1) + 1) ** 3
        within_S += (_kernel_sums(rows, rows, members, members) - members @ diagonal) / (size_S * (size_S - 1))
    return within_S - 2 * _kernel_sums(worn_ND, truth_MD, worn_SN, truth_SM) / (size_worn_S * size_truth_S)


def _kernel_sums(
    first_ND: torch.Tensor, second_MD: torch.Tensor, first_SN: torch.Tensor, second_SM: torch.Tensor
) -> torch.Tensor:
    """(S,) sums of the kernel over all pairs of a subset of the first and one of the second."""
    total_S = torch.zeros(len(first_SN)).to(first_SN)
    for rows in _blocks(len(first_ND)):
        linear = (first_ND[rows] @ second_MD.T).div_(first_ND.shape[1]).add_(1)
        total_S += ((first_SN[:, rows] @ linear.pow_(3)) * second_SM).sum(dim=1)
    return total_S


def _blocks(num_rows: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK_ROWS) for start in range(0, num_rows, BLOCK_ROWS))
