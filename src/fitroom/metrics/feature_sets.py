"""Sets of feature rows: their checks, and the torchmetrics base that gathers them over batches and processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat

from fitroom.errors import EvaluationError

Rows = np.ndarray | torch.Tensor


def require_sets(worn_ND: Rows, truth_MD: Rows, min_rows: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Both sets as float64 tensors (N, D) and (M, D).

    Raises:
        EvaluationError: other shapes, unequal widths, fewer than ``min_rows`` rows, or values that are not finite.
    """
    worn, truth = (torch.as_tensor(rows).detach().to(torch.float64) for rows in (worn_ND, truth_MD))
    if worn.ndim != 2 or truth.ndim != 2 or worn.shape[1] != truth.shape[1] or worn.shape[1] == 0:
        raise EvaluationError(
            "the feature sets do not match",
            rule="(N, D) and (M, D)",
            got=f"{tuple(worn.shape)} and {tuple(truth.shape)}",
        )
    if min(len(worn), len(truth)) < min_rows:
        raise EvaluationError(
            "there are too few pictures to compare sets",
            rule=f"at least {min_rows} in each",
            got=f"{len(worn)} and {len(truth)}",
            fix="score more cases",
        )
    if not (worn.isfinite().all() and truth.isfinite().all()):
        raise EvaluationError("the features are not numbers", rule="finite values only", got="NaN or infinity")
    return worn, truth


class FeatureSets(Metric):
    """Gathers two sets of feature rows, over batches and, when synced, over processes; subclasses compare them.

    Call ``update(features_BD, reference=False)`` with worn pictures and ``reference=True`` with true ones.
    """

    higher_is_better = False
    is_differentiable = False
    full_state_update = False
    worn: list[torch.Tensor]
    truth: list[torch.Tensor]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("worn", default=[], dist_reduce_fx="cat")
        self.add_state("truth", default=[], dist_reduce_fx="cat")

    def update(self, features_BD: torch.Tensor, reference: bool) -> None:
        """Adds (B, D) float features, of the truth where ``reference``, else of worn pictures."""
        (self.truth if reference else self.worn).append(features_BD.detach())

    def rows(self) -> tuple[torch.Tensor, torch.Tensor]:
        """All worn rows (N, D) and all true rows (M, D).

        Raises:
            EvaluationError: one of them has none yet.
        """
        if not len(self.worn) or not len(self.truth):
            raise EvaluationError(
                "there is nothing to compare", rule="worn and reference features", got="only one of them, or none"
            )
        return dim_zero_cat(self.worn), dim_zero_cat(self.truth)
