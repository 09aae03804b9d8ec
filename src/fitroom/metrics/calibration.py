"""Honest confidences: temperature scaling, the "unknown" threshold, and how far confidence is from accuracy."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from fitroom.errors import EvaluationError

TEMPERATURE_RANGE = (0.02, 50.0)


class Accepted(NamedTuple):
    """What a threshold lets through: its share of all answers, their accuracy (NaN where none passes), their number."""

    coverage: float
    accuracy: float
    num_accepted: int


def softmax(logits_NC: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Class probabilities: (N, C) logits to (N, C) float64, ``exp(z / T)`` normalised over the last axis."""
    scaled = np.asarray(logits_NC, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def log_losses(probabilities_NC: np.ndarray, targets_N: np.ndarray) -> np.ndarray:
    """(N,) float64 ``-ln p(truth)`` in nats.

    Args:
        probabilities_NC: (N, C) in [0, 1]; clipped at the float32 epsilon, so that one certain error costs 15.9 nats
            and not infinity.
        targets_N: (N,) int class indices; -1 = a truth that is none of the classes, so its probability is 0.
    """
    probabilities_NC, targets_N = np.asarray(probabilities_NC), np.asarray(targets_N)
    _require_rows(len(probabilities_NC), len(targets_N), "probabilities and targets")
    truth_N = np.where(targets_N >= 0, probabilities_NC[np.arange(len(targets_N)), targets_N], 0.0)
    return -np.log(np.clip(truth_N.astype(np.float64), np.finfo(np.float32).eps, 1.0))


def negative_log_likelihood(probabilities_NC: np.ndarray, targets_N: np.ndarray) -> float:
    """Mean of :func:`log_losses`."""
    return float(log_losses(probabilities_NC, targets_N).mean())


def fit_temperature(logits_NC: np.ndarray, targets_N: np.ndarray) -> float:
    """The temperature of least negative log-likelihood (Guo et al. 2017, "On Calibration of Modern Neural Networks").

    Args:
        logits_NC: (N, C) raw outputs on photos the model did not learn from.
        targets_N: (N,) int class indices.

    Returns:
        T within ``TEMPERATURE_RANGE``; the search runs over ln T.

    Raises:
        EvaluationError: no rows, unequal lengths, or logits that are not finite.
    """
    logits_NC, targets_N = np.asarray(logits_NC, dtype=np.float64), np.asarray(targets_N)
    _require_rows(len(logits_NC), len(targets_N), "logits and targets")
    _require_finite(logits_NC, "logits")
    centred_NC = logits_NC - logits_NC.max(axis=1, keepdims=True)
    truth_N = centred_NC[np.arange(len(targets_N)), targets_N]

    def nll(log_temperature: float) -> float:
        scale = math.exp(-log_temperature)
        return float((np.log(np.exp(centred_NC * scale).sum(axis=1)) - truth_N * scale).mean())

    low, high = (math.log(limit) for limit in TEMPERATURE_RANGE)
    # Convex in 1/T but flat at both ends: the plain T = 1 is kept where the search finds nothing better.
    found = float(minimize_scalar(nll, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x)
    return math.exp(found) if nll(found) <= nll(0.0) else 1.0


def fit_threshold(confidence_N: np.ndarray, correct_N: np.ndarray, target_accuracy: float) -> float:
    """The smallest threshold at which the accepted answers (``confidence >= threshold``) are accurate enough.

    It lies midway between two neighbouring confidences, so that rounding moves no answer across it;
    :func:`accepted` gives its coverage.

    Args:
        confidence_N: (N,) top probability, in [0, 1], after temperature scaling.
        correct_N: (N,) bool.
        target_accuracy: in [0, 1].

    Returns:
        0.0 where all answers together reach the target; 1.0 where no threshold does.

    Raises:
        EvaluationError: no rows, unequal lengths, or confidences that are not finite.
    """
    confidence_N, correct_N = _confidences(confidence_N, correct_N)
    order = np.argsort(-confidence_N, kind="stable")
    confidence_N, correct_N = confidence_N[order], correct_N[order]
    accuracy_N = np.cumsum(correct_N) / np.arange(1, len(order) + 1)
    # Answers of equal confidence stand or fall together: only the last of each run can be a cut.
    last_of_run = np.append(confidence_N[1:] < confidence_N[:-1], True)
    cuts = np.flatnonzero(last_of_run & (accuracy_N >= target_accuracy))
    if len(cuts) == 0:
        return 1.0
    cut = cuts[-1]
    return 0.0 if cut == len(order) - 1 else float((confidence_N[cut] + confidence_N[cut + 1]) / 2)


def accepted(confidence_N: np.ndarray, correct_N: np.ndarray, threshold: float) -> Accepted:
    """Coverage, accuracy and number of the answers with ``confidence >= threshold``."""
    confidence_N, correct_N = _confidences(confidence_N, correct_N)
    passed = confidence_N >= threshold
    count = int(passed.sum())
    return Accepted(count / len(passed), float(correct_N[passed].mean()) if count else math.nan, count)


def expected_calibration_error(confidence_N: np.ndarray, correct_N: np.ndarray, num_bins: int = 15) -> float:
    """Mean distance of confidence and accuracy over equal-width bins ``(low, high]``, weighted by their size.

    The L1 variant of Guo et al. 2017 on the top class alone; 0 = honest, 1 = always certain and always wrong.

    Raises:
        EvaluationError: no rows, unequal lengths, or confidences that are not finite.
    """
    confidence_N, correct_N = _confidences(confidence_N, correct_N)
    inner_edges = np.linspace(0, 1, num_bins + 1)[1:-1]
    bins_N = np.searchsorted(inner_edges, confidence_N, side="left")
    confidence_sum = np.bincount(bins_N, confidence_N, minlength=num_bins)
    correct_sum = np.bincount(bins_N, correct_N, minlength=num_bins)
    return float(np.abs(confidence_sum - correct_sum).sum() / len(confidence_N))


def _confidences(confidence_N: np.ndarray, correct_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    confidence_N, correct_N = np.asarray(confidence_N, dtype=np.float64), np.asarray(correct_N, dtype=np.float64)
    _require_rows(len(confidence_N), len(correct_N), "confidences and outcomes")
    _require_finite(confidence_N, "confidences")
    return confidence_N, correct_N


def _require_rows(rows: int, others: int, what: str) -> None:
    if rows == 0 or rows != others:
        raise EvaluationError(f"{what} do not belong together", rule="equally many, at least one", got=(rows, others))


def _require_finite(values: np.ndarray, what: str) -> None:
    if not np.isfinite(values).all():
        raise EvaluationError(
            f"the {what} are not all finite",
            got=f"{int((~np.isfinite(values)).sum())} of {values.size} are NaN or infinite",
            fix="look for a run that diverged",
        )
