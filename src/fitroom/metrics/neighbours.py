"""Improved precision and recall: what share of worn pictures looks real, and what share of real looks is reached."""

from __future__ import annotations

from typing import NamedTuple

import torch

from fitroom.errors import EvaluationError
from fitroom.metrics.feature_sets import Rows, require_sets

BLOCK_ROWS = 2048  # of the distance matrix that is held at a time


class PrecisionRecall(NamedTuple):
    """Both in [0, 1], higher is better: precision is about realism, recall about variety."""

    precision: float
    recall: float


def precision_recall(worn_ND: Rows, truth_MD: Rows, num_neighbours: int = 3) -> PrecisionRecall:
    """Shares of one set that fall within the other's reach.

    The reach of a set is all that lies as near to one of its rows as that row's k-th neighbour in the set (the row
    itself not counted). Precision is the share of worn rows within the truth's reach, recall that of true rows within
    the worn pictures'. Source: Kynkaanniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative
    Models".

    Args:
        worn_ND, truth_MD: (N, D) and (M, D) features; distances are Euclidean, in float64.
        num_neighbours: k, at least 1 and below both N and M.

    Raises:
        EvaluationError: shapes that do not match, too few rows, values that are not finite.
    """
    if num_neighbours < 1:
        raise EvaluationError("the number of neighbours is not usable", rule="at least 1", got=num_neighbours)
    worn_ND, truth_MD = require_sets(worn_ND, truth_MD, min_rows=num_neighbours + 1)
    return PrecisionRecall(
        precision=_share_within(worn_ND, truth_MD, num_neighbours),
        recall=_share_within(truth_MD, worn_ND, num_neighbours),
    )


def _share_within(rows_ND: torch.Tensor, others_MD: torch.Tensor, num_neighbours: int) -> float:
    """Share of rows that lie within the reach of the others."""
    # The first of the sorted distances of a row to its own set is the row itself.
    reach_M = torch.cat(
        [_distances(block, others_MD).kthvalue(num_neighbours + 1).values for block in others_MD.split(BLOCK_ROWS)]
    )
    within = [(_distances(block, others_MD) <= reach_M).any(dim=1) for block in rows_ND.split(BLOCK_ROWS)]
    return float(torch.cat(within).double().mean())


def _distances(rows_BD: torch.Tensor, others_MD: torch.Tensor) -> torch.Tensor:
    return torch.cdist(rows_BD, others_MD)
