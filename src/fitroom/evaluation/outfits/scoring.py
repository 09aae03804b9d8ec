"""From rows to scores with intervals. The only place where outfits are scored: who doubts a record calls it again.

One row a question: "blank" and "search" hold how many candidates scored higher than the piece that was taken, and how
many the same; "judged" holds the score and whether it was an outfit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fitroom.evaluation.entries import Score
from fitroom.evaluation.flat.estimates import estimates
from fitroom.evaluation.flat.task import FlatColumn, FlatTask
from fitroom.evaluation.outfits.protocol import protocol_from_settings
from fitroom.metrics.ranking import hit_share, roc_auc

SCHEMA = pa.schema(
    {
        "question": pa.dictionary(pa.int8(), pa.string()), "outfit": pa.string(),
        "family": pa.dictionary(pa.int32(), pa.string()), "is_new": pa.bool_(), "is_outfit": pa.bool_(),
        "score": pa.float64(), "num_better": pa.int32(), "num_tied": pa.int32(), "num_candidates": pa.int32(),
    }
)  # fmt: skip
_RECALLS = (1, 5, 10)


def score(rows: pd.DataFrame, settings: Mapping[str, Any], intervals: bool = True) -> dict[str, Score]:
    """Scores by name; intervals draw outfits anew, with all the questions about them.

    Args:
        rows: see the file's first lines.
        settings: of the protocol.
        intervals: False leaves ``low`` and ``high`` out.
    """
    protocol = protocol_from_settings(dict(settings))
    asked = rows["question"].astype(str).to_numpy()
    is_new = rows["is_new"].to_numpy(bool)
    better, tied = rows["num_better"].to_numpy(), rows["num_tied"].to_numpy()
    values, is_outfit = rows["score"].to_numpy(float), rows["is_outfit"].to_numpy(bool)
    hits = {k: hit_share(better, tied, k) for k in _RECALLS}

    def mean_hit(k: int) -> Callable[[np.ndarray], float]:
        return lambda chosen: float(hits[k][chosen].mean()) if len(chosen) else math.nan

    wanted: dict[str, tuple[str, Callable[[np.ndarray], float]]] = {
        "filled": ("blank", mean_hit(1)),
        "auc": ("judged", lambda chosen: roc_auc(values[chosen], is_outfit[chosen])),
        **{f"recall_at_{k}": ("search", mean_hit(k)) for k in _RECALLS},
    }
    groups = {"": np.ones(len(rows), bool), "_new": is_new, "_known": ~is_new}
    cells = {
        f"{name}{group}": (statistic, (asked == question) & among)
        for group, among in groups.items() for name, (question, statistic) in wanted.items()
    }  # fmt: skip

    def statistics(drawn: np.ndarray) -> list[float]:
        return [statistic(drawn[mask[drawn]]) for statistic, mask in cells.values()]

    found = estimates(statistics, rows["outfit"].to_numpy(str), protocol, intervals)
    return {
        name: Score.of(interval, int(mask.sum()), "no such question was asked")
        for (name, (_, mask)), interval in zip(cells.items(), found, strict=True)
    }


_share = FlatColumn.share
COLUMNS: tuple[FlatColumn, ...] = (
    _share("filled_new", "Filled, new", "blanks filled rightly, of style families that were never met"),
    _share("auc_new", "AUC, new", "area under the ROC curve of outfits against swapped ones, of such families"),
    _share("recall_at_10_new", "In 10, new", "the piece that was taken is among the first ten of its category"),
    _share("filled_known", "Filled, known", "blanks filled rightly, of families that were learned from; other pieces"),
    _share("auc_known", "AUC, known", "area under the ROC curve, of such families"),
    _share("recall_at_10_known", "In 10, known", "among the first ten of its category, of such families"),
    _share("recall_at_1", "In 1", "the piece that was taken comes first among all of its category"),
    _share("recall_at_5", "In 5", "among the first five"),
)
TASK = FlatTask("outfits", "outfits", COLUMNS, "filled_new", SCHEMA, score, protocol_from_settings)
