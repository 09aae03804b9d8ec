"""From rows to scores with intervals. The only place where search is scored: who doubts a record calls it again.

One row a worn picture: how many products of the catalogue are thought more alike than the one that is worn, how many
others as alike, and how many products there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fitroom.evaluation.entries import Score
from fitroom.evaluation.flat.estimates import estimates
from fitroom.evaluation.flat.task import FlatColumn, FlatTask
from fitroom.evaluation.search.protocol import SearchProtocol, protocol_from_settings
from fitroom.metrics.ranking import discounted_gain, hit_share, hit_share_of_fewer, reciprocal_rank

SCHEMA = pa.schema(
    {
        "case": pa.string(), "garment": pa.string(), "region": pa.dictionary(pa.int8(), pa.string()),
        "num_better": pa.int32(), "num_tied": pa.int32(), "num_candidates": pa.int32(),
    }
)  # fmt: skip
_RECALLS = (1, 5, 20)


def score(rows: pd.DataFrame, settings: Mapping[str, Any], intervals: bool = True) -> dict[str, Score]:
    """Scores by name; intervals draw garments anew, with all the pictures that show them.

    Args:
        rows: see the file's first lines.
        settings: of the protocol.
        intervals: False leaves ``low`` and ``high`` out.
    """
    protocol = protocol_from_settings(dict(settings))
    each = _each(rows, protocol)
    values_KN = np.stack(list(each.values()))

    def statistics(drawn: np.ndarray) -> list[float]:
        return [float(value) for value in values_KN[:, drawn].mean(1)]

    found = estimates(statistics, rows["garment"].to_numpy(str), protocol, intervals)
    return {name: Score.of(interval, len(rows)) for name, interval in zip(each, found, strict=True)}


def _each(rows: pd.DataFrame, protocol: SearchProtocol) -> dict[str, np.ndarray]:
    """(N,) of every picture, by name of the score that is their mean."""
    better, tied = rows["num_better"].to_numpy(), rows["num_tied"].to_numpy()
    others = rows["num_candidates"].to_numpy() - 1
    return {
        **{f"recall_at_{k}": hit_share(better, tied, k) for k in _RECALLS},
        "mrr": reciprocal_rank(better, tied),
        "ndcg": discounted_gain(better, tied),
        "recall_at_1_of_fewer": hit_share_of_fewer(better, tied, others, protocol.fewer - 1),
    }


_share = FlatColumn.share
COLUMNS: tuple[FlatColumn, ...] = (
    _share("recall_at_1", "In 1", "the product that is worn comes first among all of the catalogue"),
    _share("recall_at_5", "In 5", "among the first five"),
    _share("recall_at_20", "In 20", "among the first twenty"),
    _share("mrr", "MRR", "mean of one over its place"),
    _share("ndcg", "nDCG", "mean of one over the logarithm (base 2) of its place plus one; one product is right"),
    _share("recall_at_1_of_fewer", "In 1 of 100", "it comes first where the catalogue is 100 products drawn of these"),
)
TASK = FlatTask("search", "worn pictures", COLUMNS, "recall_at_1", SCHEMA, score, protocol_from_settings)
