"""From rows to scores with intervals. Macro AUC leads: accuracy equals the share of the commonest answer for a model
that knows nothing.

One row a purchase: who or what is drawn anew, the answer given, the answer foretold, and the chance of each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import rankdata

from fitroom.data.sizing.fit_feedback import FITS
from fitroom.evaluation.entries import Score
from fitroom.evaluation.fit_feedback.protocol import protocol_from_settings
from fitroom.evaluation.flat.estimates import estimates
from fitroom.evaluation.flat.task import FlatColumn, FlatTask
from fitroom.metrics.calibration import expected_calibration_error
from fitroom.metrics.classification import macro_f1

CHANCES = [f"p_{fit}" for fit in FITS]
SCHEMA = pa.schema(
    {"cluster": pa.int32(), "truth": pa.int8(), "answer": pa.int8(), **dict.fromkeys(CHANCES, pa.float32())}
)


def score(rows: pd.DataFrame, settings: Mapping[str, Any], intervals: bool = True) -> dict[str, Score]:
    """Scores by name; see the file's first lines for the rows."""
    protocol = protocol_from_settings(dict(settings))
    truth_N, answer_N = rows["truth"].to_numpy(np.int64), rows["answer"].to_numpy(np.int64)
    chances_N3 = rows[CHANCES].to_numpy(np.float64)
    likeliest_N = chances_N3.argmax(1)

    def statistics(n: np.ndarray) -> list[float]:
        aucs = [auc(chances_N3[n, place], truth_N[n] == place) for place in range(len(FITS))]
        nll = -np.log(np.clip(chances_N3[n, truth_N[n]], 1e-9, 1)).mean()
        right_N = likeliest_N[n] == truth_N[n]
        ece = expected_calibration_error(chances_N3[n].max(1), right_N, protocol.num_bins)
        f1 = macro_f1(answer_N[n], truth_N[n], len(FITS))
        return [float(np.mean(aucs)), *aucs, f1, ece, float(nll), float(right_N.mean())]

    found = estimates(statistics, rows["cluster"].to_numpy(), protocol, intervals)
    names = ["macro_auc", *(f"auc_{fit}" for fit in FITS), "macro_f1", "ece", "nll", "accuracy"]
    none = "an answer that nobody gave"
    return {name: Score.of(interval, len(rows), none) for name, interval in zip(names, found, strict=True)}


def auc(value_N: np.ndarray, is_so_N: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half (Mann and Whitney 1947); NaN where one side is empty."""
    num = int(is_so_N.sum())
    if num in (0, len(is_so_N)):
        return math.nan
    ranks_N = rankdata(value_N)
    return float((ranks_N[is_so_N].sum() - num * (num + 1) / 2) / (num * (len(is_so_N) - num)))


def _share(name: str, title: str, meaning: str, better: Any = "higher") -> FlatColumn:
    return FlatColumn(name, title, meaning, better, 3, high=1.0)


COLUMNS = (
    _share("macro_auc", "Macro AUC", "mean area under the ROC curve of small, fit and large, each against the rest"),
    _share("auc_small", "AUC small", "of too small against the rest"),
    _share("auc_fit", "AUC fit", "of fit against the rest"),
    _share("auc_large", "AUC large", "of too large against the rest"),
    _share("macro_f1", "Macro-F1", "mean F1 of the three answers; rare ones are preferred by the root of their share"),
    _share("ece", "ECE", "expected calibration error of the likeliest answer", "lower"),
    FlatColumn("nll", "NLL", "negative log-likelihood of the truth, in nats", "lower", 3),
)
TASK = FlatTask("fit-feedback", "purchases", COLUMNS, "macro_auc", SCHEMA, score, protocol_from_settings)
