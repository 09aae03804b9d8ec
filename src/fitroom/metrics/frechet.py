"""Frechet distance between two sets of features, exact and fast, and how far it moves when cases are drawn again."""

from __future__ import annotations

from typing import Literal

import torch

from fitroom.errors import EvaluationError
from fitroom.metrics.feature_sets import FeatureSets, Rows, require_sets


def frechet_distance(worn_ND: Rows, truth_MD: Rows) -> float:
    """Squared Frechet distance of the normal distributions fitted to two sets; >= 0, lower is better.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` with covariances over N - 1. The trace of the root is the sum of the
    singular values of ``X1 X2^T / sqrt((N - 1)(M - 1))``, X the centred rows; no D x D product and no complex root is
    needed. The distance of few pictures is biased upwards, the more so where N or M is not above D: print N beside it.

    Source: Dowson & Landau 1982; Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule ..." (FID).

    Args:
        worn_ND, truth_MD: (N, D) and (M, D) features, at least two rows each; computed in float64.

    Raises:
        EvaluationError: shapes that do not match, fewer than two rows, values that are not finite.
    """
    worn_ND, truth_MD = require_sets(worn_ND, truth_MD)
    mean_worn_D, mean_truth_D = worn_ND.mean(dim=0), truth_MD.mean(dim=0)
    worn_ND, truth_MD = worn_ND - mean_worn_D, truth_MD - mean_truth_D
    scale_worn, scale_truth = len(worn_ND) - 1, len(truth_MD) - 1
    root = _nuclear_norm(worn_ND, truth_MD) / (scale_worn * scale_truth) ** 0.5
    traces = worn_ND.square().sum() / scale_worn + truth_MD.square().sum() / scale_truth
    distance = (mean_worn_D - mean_truth_D).square().sum() + traces - 2 * root
    return max(float(distance), 0.0)  # rounding may leave -1e-15 for equal sets


def frechet_bootstrap(
    worn_ND: Rows, truth_MD: Rows, weights_RN: Rows, reference: Literal["same", "fixed"] = "same"
) -> torch.Tensor:
    """:func:`frechet_distance` of R resamples that are given by how often each row was drawn.

    Equal to taking the rows that often. Products of rows are computed once for all resamples, so that each costs the
    eigenvalues of a matrix of about 0.63 N rows. Each distance is biased upwards beside the one of all rows, since
    a resample has fewer different rows: use the spread of the distances, not their mean.

    Args:
        worn_ND, truth_MD: (N, D) and (M, D) features.
        weights_RN: (R, N) counts >= 0; each row with a sum of at least 2.
        reference: "same" = the truth's rows are drawn along with the worn ones (a paired set, N = M); "fixed" = all of
            the truth's rows stay.

    Returns:
        (R,) float64 distances, on the CPU.

    Raises:
        EvaluationError: as :func:`frechet_distance`; weights of another shape, negative, or of too small a sum; "same"
            with N != M.
    """
    worn_ND, truth_MD = require_sets(worn_ND, truth_MD)
    weights_RN = _require_weights(weights_RN, len(worn_ND)).to(worn_ND.device)
    if reference == "same" and len(worn_ND) != len(truth_MD):
        raise EvaluationError(
            "rows cannot be drawn together", rule="as many worn as true rows", got=f"{len(worn_ND)} and {len(truth_MD)}"
        )
    ones_RM = torch.ones(1, len(truth_MD), dtype=torch.float64, device=worn_ND.device)
    truth_weights_RM = weights_RN if reference == "same" else ones_RM.expand(len(weights_RN), -1)
    middle_D = truth_MD.mean(dim=0)  # near the origin the differences of squares below keep their digits
    worn, truth = _Weighted(worn_ND - middle_D, weights_RN), _Weighted(truth_MD - middle_D, truth_weights_RM)
    few = 0.64 * min(len(worn_ND), len(truth_MD)) < 1.2 * worn_ND.shape[1]
    roots_R = _roots_by_products(worn, truth) if few else _roots_by_rows(worn, truth)
    shift_R = (worn.means_RD - truth.means_RD).square().sum(dim=1)
    return (shift_R + worn.traces_R + truth.traces_R - 2 * roots_R).clamp(min=0).cpu()


class FrechetDistance(FeatureSets):
    """:func:`frechet_distance` as a torchmetrics class: features are gathered over batches and processes.

    Example:
        >>> metric = FrechetDistance()
        >>> metric.update(torch.eye(4), reference=False)
        >>> metric.update(torch.eye(4) + 1, reference=True)
        >>> round(metric.compute().item(), 3)
        4.0
    """

    def compute(self) -> torch.Tensor:
        """float64 scalar."""
        worn_ND, truth_MD = self.rows()
        return torch.tensor(frechet_distance(worn_ND, truth_MD), dtype=torch.float64, device=worn_ND.device)


class _Weighted:
    """A set of rows under R weightings: its counts, means and traces of covariance."""

    def __init__(self, rows_ND: torch.Tensor, weights_RN: torch.Tensor) -> None:
        self.rows_ND, self.weights_RN = rows_ND, weights_RN
        self.counts_R = weights_RN.sum(dim=1)
        self.means_RD = (weights_RN @ rows_ND) / self.counts_R[:, None]
        squares_R = weights_RN @ rows_ND.square().sum(dim=1)
        self.traces_R = (squares_R - self.counts_R * self.means_RD.square().sum(dim=1)) / (self.counts_R - 1)


def _roots_by_products(worn: _Weighted, truth: _Weighted) -> torch.Tensor:
    """(R,) traces of the root, from one matrix of products that is centred anew for each weighting."""
    products_NM = worn.rows_ND @ truth.rows_ND.T
    of_worn_mean_RM, of_truth_mean_RN = worn.means_RD @ truth.rows_ND.T, truth.means_RD @ worn.rows_ND.T
    of_means_R = (worn.means_RD * truth.means_RD).sum(dim=1)
    scales_R = ((worn.counts_R - 1) * (truth.counts_R - 1)).sqrt()
    roots = []
    for place in range(len(scales_R)):
        worn_K, truth_L = (part.weights_RN[place].nonzero()[:, 0] for part in (worn, truth))
        centred_KL = products_NM[worn_K][:, truth_L]
        centred_KL -= of_truth_mean_RN[place, worn_K, None]
        centred_KL -= of_worn_mean_RM[place, truth_L] - of_means_R[place]
        centred_KL *= worn.weights_RN[place, worn_K, None].sqrt()
        centred_KL *= truth.weights_RN[place, truth_L].sqrt()
        roots.append(_sum_of_singular_values(centred_KL) / scales_R[place])
    return torch.stack(roots)


def _roots_by_rows(worn: _Weighted, truth: _Weighted) -> torch.Tensor:
    """(R,) traces of the root, for sets with more rows than features."""
    roots = []
    for place in range(len(worn.counts_R)):
        centred = []
        for part in (worn, truth):
            drawn_K = part.weights_RN[place].nonzero()[:, 0]
            weights_K = part.weights_RN[place, drawn_K].sqrt()
            centred.append((part.rows_ND[drawn_K] - part.means_RD[place]) * weights_K[:, None])
        scale = ((worn.counts_R[place] - 1) * (truth.counts_R[place] - 1)).sqrt()
        roots.append(_nuclear_norm(*centred) / scale)
    return torch.stack(roots)


def _nuclear_norm(first_ND: torch.Tensor, second_MD: torch.Tensor) -> torch.Tensor:
    """Sum of the singular values of ``first second^T``; more rows than columns are first folded into a triangle."""
    folded = [
        torch.linalg.qr(rows, mode="r").R if len(rows) > rows.shape[1] else rows for rows in (first_ND, second_MD)
    ]
    return torch.linalg.svdvals(folded[0] @ folded[1].T).sum()


def _sum_of_singular_values(matrix: torch.Tensor) -> torch.Tensor:
    """By the eigenvalues of the smaller square: half the time of a decomposition, good to 1e-8 of the largest."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    return torch.linalg.eigvalsh(wide @ wide.T).clamp(min=0).sqrt().sum()


def _require_weights(weights_RN: Rows, num_rows: int) -> torch.Tensor:
    weights = torch.as_tensor(weights_RN).to(torch.float64)
    if weights.ndim != 2 or weights.shape[1] != num_rows or bool((weights < 0).any()):
        raise EvaluationError(
            "the weights are not usable", rule=f"(R, {num_rows}) counts, none negative", got=tuple(weights.shape)
        )
    if len(weights) == 0 or bool((weights.sum(dim=1) < 2).any()):
        raise EvaluationError("a resample is too small", rule="at least one, each of at least two rows")
    return weights
