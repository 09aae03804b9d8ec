"""From the per-sample table to scores with intervals: the only place where a try-on score is computed. The runner calls
it when it writes a record, and whoever doubts the record calls it again on the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from fitroom.evaluation.entries import Score
from fitroom.evaluation.tryon.catalogue import METRICS, Metric
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.evaluation.tryon.samples import feature_column, features_of
from fitroom.metrics.bootstrap import ends
from fitroom.metrics.frechet import frechet_bootstrap, frechet_distance
from fitroom.metrics.kernel import kernel_distance, mmd2_unbiased
from fitroom.metrics.neighbours import precision_recall
from fitroom.metrics.two_way import two_way_weights, weighted_means, weighted_medians

MIN_SET = 3  # pictures that a distance between two sets needs


def score(
    samples: pd.DataFrame,
    references: pd.DataFrame | None,
    protocol: TryOnProtocol,
    missing: Mapping[str, str],
    intervals: bool = True,
) -> dict[str, Score]:
    """Every score of the protocol.

    Args:
        samples: see ``samples``; at least one row.
        references: features of the reference set, where the protocol compares sets.
        protocol: what to compute, and how to draw for the intervals.
        missing: reason by instrument (``Metric.needs``) that was not there.
        intervals: False leaves ``low`` and ``high`` out, which is much quicker.
    """
    scorer = _Scorer(samples, references, protocol, intervals)
    return {name: scorer(METRICS[name], missing) for name in protocol.metrics}


class _Scorer:
    def __init__(
        self, samples: pd.DataFrame, references: pd.DataFrame | None, protocol: TryOnProtocol, intervals: bool
    ) -> None:
        self.samples, self.references, self.protocol, self.intervals = samples, references, protocol, intervals
        draws = protocol.num_resamples if intervals else 0
        self.weights_RN = two_way_weights(
            samples["person_id"].to_list(), samples["garment_id"].to_list(), draws, protocol.seed
        )
        self.num_missing = int(samples["pixels_sha256"].isna().sum())

    def __call__(self, metric: Metric, missing: Mapping[str, str]) -> Score:
        num = len(self.samples)
        if metric.needs in missing:
            return Score(None, None, None, num, 0, missing[metric.needs])
        if self.num_missing:
            reason = f"{self.num_missing} of {num} predictions are missing"
            return Score(None, None, None, num, self.num_missing, reason)
        how: dict[str, Callable[[Metric], Score]] = {
            "mean": self._mean, "median": self._mean, "macro_f1": self._macro_f1, "frechet": self._frechet,
            "kernel": self._kernel, "precision": self._neighbours, "recall": self._neighbours,
        }  # fmt: skip
        return how[metric.over](metric)

    def _mean(self, metric: Metric) -> Score:
        values_N = self.samples[metric.source].to_numpy(dtype=np.float64)
        known = int(np.isfinite(values_N).sum())
        if not known:
            return Score(None, None, None, 0, 0, "not defined for any of the cases")
        middle = weighted_means if metric.over == "mean" else weighted_medians
        value = float(middle(values_N, np.ones((1, len(values_N))))[0])
        return self._with_ends(value, middle(values_N, self.weights_RN), known)

    def _macro_f1(self, metric: Metric) -> Score:
        truth, predicted, row = [], [], []
        for index, (true, said) in enumerate(
            zip(self.samples[f"{metric.source}_truth"], self.samples[f"{metric.source}_predicted"], strict=True)
        ):
            truth += list(true) if true is not None else []
            predicted += list(said) if said is not None else []
            row += [index] * (len(true) if true is not None else 0)
        if not truth:
            return Score(None, None, None, 0, 0, "not defined for any of the cases")
        classes = sorted({*truth, *predicted})
        place = {name: index for index, name in enumerate(classes)}
        cells_M = np.array([place[t] * len(classes) + place[p] for t, p in zip(truth, predicted, strict=True)])
        one_hot_MC = np.eye(len(classes) ** 2)[cells_M]
        drawn = self.weights_RN[:, row] @ one_hot_MC
        value = float(_macro_f1(one_hot_MC.sum(0)[None], len(classes))[0])
        return self._with_ends(value, _macro_f1(drawn, len(classes)), len(truth))

    def _frechet(self, metric: Metric) -> Score:
        found = self._sets(metric)
        if isinstance(found, Score):
            return found
        a_ND, b_MD = found
        value = frechet_distance(a_ND, b_MD)
        paired = len(a_ND) == len(b_MD)
        drawn = np.empty(0)
        if self.intervals and paired:
            weights_RN = self.weights_RN[: self.protocol.set_resamples]
            enough = weights_RN.sum(1) >= 2  # among few persons and garments a draw may hold none of the cases
            drawn = np.full(len(weights_RN), np.nan)
            if enough.any():
                drawn[enough] = frechet_bootstrap(a_ND, b_MD, weights_RN[enough]).numpy()
                # A resample repeats rows, so its distance lies higher: the spread counts, laid around the value.
                drawn = np.maximum(drawn - np.nanmedian(drawn) + value, 0.0)
        return self._with_ends(value, drawn, len(a_ND))

    def _kernel(self, metric: Metric) -> Score:
        found = self._sets(metric)
        if isinstance(found, Score):
            return found
        a_ND, b_MD = found
        size = self.protocol.kid_subset_size
        if min(len(a_ND), len(b_MD)) < size:
            if not self.protocol.kid_clip:
                return Score(None, None, None, len(a_ND), 0, f"fewer than {size} pictures in a set")
            return self._with_ends(mmd2_unbiased(a_ND, b_MD), np.empty(0), len(a_ND))
        value = kernel_distance(a_ND, b_MD, num_subsets=self.protocol.kid_subsets, subset_size=size)
        return self._with_ends(value.mean, np.empty(0), len(a_ND))

    def _neighbours(self, metric: Metric) -> Score:
        found = self._sets(metric)
        if isinstance(found, Score):
            return found
        value = getattr(precision_recall(*found), metric.over)
        return self._with_ends(float(value), np.empty(0), len(found[0]))

    def _sets(self, metric: Metric) -> tuple[np.ndarray, np.ndarray] | Score:
        """(N, D) features of the pictures and (M, D) of the references; a score where there are too few."""
        column = feature_column(metric.name)
        assert self.references is not None
        a_ND = features_of(self.samples, column)
        b_MD = features_of(self.references, column.removesuffix("_pasted"))
        if min(len(a_ND), len(b_MD)) < MIN_SET + 1:
            return Score(None, None, None, len(a_ND), 0, f"a set has fewer than {MIN_SET + 1} pictures")
        return a_ND, b_MD

    def _with_ends(self, value: float, drawn_R: np.ndarray, num: int) -> Score:
        if not math.isfinite(value):
            return Score(None, None, None, num, 0, "not defined")
        low, high = ends(drawn_R, self.protocol.level) if len(drawn_R) else (math.nan, math.nan)
        has_ends = math.isfinite(low) and math.isfinite(high)
        return Score(value, low if has_ends else None, high if has_ends else None, num)


def _macro_f1(counts_RK: np.ndarray, num_classes: int) -> np.ndarray:
    """(R,) mean F1 over the classes that occur as truth or answer, from flattened confusion counts."""
    confusion = counts_RK.reshape(-1, num_classes, num_classes)
    hits = np.einsum("rcc->rc", confusion)
    total = confusion.sum(1) + confusion.sum(2)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(total > 0, 2 * hits / total, np.nan)
    known = np.isfinite(f1)
    means: np.ndarray = np.where(known.any(1), np.nansum(f1, 1) / np.maximum(known.sum(1), 1), np.nan)
    return means
