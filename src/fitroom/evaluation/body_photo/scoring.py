"""From rows to scores with intervals. The only place where readers are scored: who doubts a record calls it again.

One row a picture, what is told and measure: ``error_cm`` (foretold less true) and ``share_below`` (the probability that
was given to what lies below the truth). A picture that is to be refused has one row, with neither.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fitroom.evaluation.body_photo.protocol import BodyPhotoProtocol, protocol_from_settings
from fitroom.evaluation.entries import Score
from fitroom.evaluation.flat.estimates import estimates
from fitroom.evaluation.flat.task import FlatColumn, FlatTask

SCHEMA = pa.schema(
    {
        "picture": pa.string(), "body": pa.string(), "told": pa.dictionary(pa.int8(), pa.string()),
        "measure": pa.dictionary(pa.int8(), pa.string()), "readable": pa.bool_(), "refused": pa.bool_(),
        "error_cm": pa.float32(), "share_below": pa.float32(),
    }
)  # fmt: skip
LEVELS = {"coverage80": 0.8, "coverage95": 0.95}


def score(rows: pd.DataFrame, settings: Mapping[str, Any], intervals: bool = True) -> dict[str, Score]:
    """Scores by name: means over bodies of means over their pictures; intervals draw bodies anew.

    Args:
        rows: see the file's first lines.
        settings: of the protocol.
        intervals: False leaves ``low`` and ``high`` out.
    """
    protocol = protocol_from_settings(dict(settings))
    values = _values(rows, protocol)
    values_KN = np.stack(list(values.values()))
    there_KN = np.isfinite(values_KN)
    body_N = rows["body"].to_numpy(str)
    weights_KN = np.stack([_weights(there_N, body_N) for there_N in there_KN])
    filled_KN = np.where(there_KN, values_KN, 0.0)

    def statistics(drawn: np.ndarray) -> list[float]:
        total_K = weights_KN[:, drawn].sum(1)
        sum_K = (weights_KN[:, drawn] * filled_KN[:, drawn]).sum(1)
        return [float(top / whole) if whole else math.nan for top, whole in zip(sum_K, total_K, strict=True)]

    found = estimates(statistics, body_N, protocol, intervals)
    counts = [rows["picture"][there_N].nunique() for there_N in there_KN]
    return {name: Score.of(interval, count, "no picture of this kind")
            for name, interval, count in zip(values, found, counts, strict=True)}  # fmt: skip


def _values(rows: pd.DataFrame, protocol: BodyPhotoProtocol) -> dict[str, np.ndarray]:
    """(N,) of each row by name of the score that averages them; NaN where a row is not counted."""
    error_N = np.abs(rows["error_cm"].to_numpy(np.float64))
    share_N = rows["share_below"].to_numpy(np.float64)
    told_N, measure_N = rows["told"].to_numpy(str), rows["measure"].to_numpy(str)
    readable_N, refused_N = rows["readable"].to_numpy(bool), rows["refused"].to_numpy(np.float64)
    once_N = (told_N == protocol.main) & (measure_N == protocol.measures[0])
    found = {"girths_cm": np.where(told_N == protocol.main, error_N, np.nan)}
    for measure in protocol.measures:
        found[f"{measure}_cm"] = np.where((told_N == protocol.main) & (measure_N == measure), error_N, np.nan)
    for told in protocol.told:
        found[f"girths_told_{told}_cm"] = np.where(told_N == told, error_N, np.nan)
        for name, level in LEVELS.items():
            inside_N = np.where(np.isfinite(share_N), np.abs(share_N - 0.5) <= level / 2, np.nan)
            found[f"{name}_told_{told}"] = np.where(told_N == told, inside_N, np.nan)
    for name in LEVELS:
        found[name] = found[f"{name}_told_{protocol.main}"]
    found["refused"] = np.where(once_N & readable_N, refused_N, np.nan)
    found["let_through"] = np.where(once_N & ~readable_N, 1 - refused_N, np.nan)
    return found


def _weights(there_N: np.ndarray, body_N: np.ndarray) -> np.ndarray:
    """(N,) such that the rows of each body add up to 1."""
    _, which_N = np.unique(body_N, return_inverse=True)
    counts = np.bincount(which_N, there_N)
    return np.where(there_N, 1 / np.maximum(counts[which_N], 1), 0.0)


COLUMNS: tuple[FlatColumn, ...] = (
    FlatColumn("girths_cm", "Girths, cm", "mean absolute error of chest, waist and hip, the height told"),
    FlatColumn("chest_cm", "Chest, cm", "mean absolute error"),
    FlatColumn("waist_cm", "Waist, cm", "mean absolute error"),
    FlatColumn("hip_cm", "Hip, cm", "mean absolute error"),
    FlatColumn("coverage80", "In 80 %", "share of girths inside their 80 % interval", "near", 1, True, 0.8, 0, 1),
    FlatColumn("coverage95", "In 95 %", "the same of 95 %", "near", 1, True, 0.95, 0, 1),
    FlatColumn("girths_told_sex_cm", "Sex, cm", "girths, height and sex told"),
    FlatColumn("girths_told_weight_cm", "Weight, cm", "girths, height, sex and weight told"),
    FlatColumn("refused", "Refused", "share of pictures that are to be read, and were not", "lower", 1, True, 0, 0, 1),
    FlatColumn(
        "let_through", "Let through", "share of pictures cut off, aside or from behind that were read all the same",
        "lower", 1, True, 0, 0, 1,
    ),
)  # fmt: skip
TASK = FlatTask("body-photo", "pictures", COLUMNS, "girths_cm", SCHEMA, score, protocol_from_settings)
