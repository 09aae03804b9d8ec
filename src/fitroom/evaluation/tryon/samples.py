"""The per-sample table of a try-on record: one row a case, from which every score can be computed again.

    case_id kind person_id garment_id group_id category region    str
    size                                                          str or null
    pixels_sha256                                                 str; null where there is no prediction
    <metric>                                                      float64; null where it is not defined for the case
    seen_<measure>_cm true_<measure>_cm                           float64: readings, where fit is scored
    <labels>_places <labels>_truth <labels>_predicted             lists of str, for labels "fit" and "length"
    features_<network>[_pasted]                                   (D,) float16 features of the picture

Features of the reference set lie in a table of their own, which all records over the same references share.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import FIX
from fitroom.evaluation.tryon.catalogue import METRICS, OF_CASES
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.metrics.fit.readings import MEASURES

IDS = ("case_id", "kind", "person_id", "garment_id", "group_id", "category", "region", "size", "pixels_sha256")
SEEN, TRUE = "seen_{}_cm", "true_{}_cm"
FEATURES = "features_"
LABEL_PARTS = ("places", "truth", "predicted")
# Network whose features a set score is computed from, by the instrument it needs.
_NETWORK = {"effnetlite0": "effnetlite0", "inception": "inception", "inception_clean": "inception_clean"}


def mean_columns(protocol: TryOnProtocol) -> list[str]:
    """Per-sample columns of numbers that the protocol's scores are means or medians of."""
    scores = [METRICS[name] for name in protocol.metrics]
    return list(dict.fromkeys(score.source for score in scores if score.over in ("mean", "median")))


def reading_columns(protocol: TryOnProtocol) -> list[str]:
    """Columns of readings in cm that are kept beside fit scores."""
    measures = [name for name in MEASURES if f"{name}_error_cm" in protocol.metrics]
    return [key.format(name) for name in measures for key in (SEEN, TRUE)]


def label_columns(protocol: TryOnProtocol) -> list[str]:
    """Names of the labels (with or without ``_pasted``) that a macro-F1 of the protocol is over."""
    return list(dict.fromkeys(METRICS[n].source for n in protocol.metrics if METRICS[n].over == "macro_f1"))


def feature_columns(protocol: TryOnProtocol) -> list[str]:
    """Feature columns that the protocol's distances between sets need, sorted."""
    sets = [METRICS[name] for name in protocol.metrics if METRICS[name].over not in OF_CASES]
    return sorted({feature_column(m.name) for m in sets})


def feature_column(metric: str) -> str:
    """The feature column behind a set score."""
    suffix = "_pasted" if metric.endswith("_pasted") else ""
    return f"{FEATURES}{_NETWORK[METRICS[metric].needs]}{suffix}"


def schema(protocol: TryOnProtocol) -> pa.Schema:
    """Columns of the table under a protocol, with their types."""
    fields: dict[str, pa.DataType] = {name: pa.string() for name in IDS}
    fields |= {name: pa.float64() for name in [*mean_columns(protocol), *reading_columns(protocol)]}
    for name in label_columns(protocol):
        fields |= {f"{name}_{part}": pa.list_(pa.string()) for part in LABEL_PARTS}
    fields |= {name: pa.list_(pa.float16()) for name in feature_columns(protocol)}
    return pa.schema(list(fields.items()))


def to_parquet(rows: Sequence[dict[str, Any]], protocol: TryOnProtocol) -> bytes:
    """The table as the bytes of a Parquet file; what a row lacks is null."""
    wanted = schema(protocol)
    columns = {name: [_cell(row.get(name)) for row in rows] for name in wanted.names}
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns, schema=wanted), buffer, compression="zstd")
    return buffer.getvalue()


def to_frame(rows: Sequence[dict[str, Any]], protocol: TryOnProtocol) -> pd.DataFrame:
    """The rows exactly as they would be read back from the file, so that scores can be computed again from it."""
    return _frame(parquet.read_table(io.BytesIO(to_parquet(rows, protocol))))


def read_samples(path: Path) -> pd.DataFrame:
    """A per-sample table or a table of reference features; lists as they are, numbers as float with NaN for null.

    Raises:
        EvaluationError: not there, or not Parquet.
    """
    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise EvaluationError("the samples of a record cannot be read", where=path, got=str(error), fix=FIX) from error
    return _frame(table)


def features_of(samples: pd.DataFrame, column: str) -> np.ndarray:
    """(N, D) float64 features; every row must have them."""
    return np.stack(samples[column].to_list()).astype(np.float64)


def references_to_parquet(keys: Sequence[str], features: dict[str, np.ndarray]) -> bytes:
    """Reference features as Parquet: the pictures' keys and (N, D) features by column, kept as float16."""
    columns: dict[str, Any] = {"key": pa.array(list(keys), pa.string())}
    for name in sorted(features):
        columns[name] = pa.array(list(features[name].astype(np.float16)), pa.list_(pa.float16()))
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def digest_predictions(samples: Sequence[dict[str, Any]] | pd.DataFrame) -> str:
    """SHA-256 (hex) over the cases and the pixels that were predicted for them, whatever their order."""
    rows = samples.to_dict("records") if isinstance(samples, pd.DataFrame) else samples
    lines = sorted(f"{row['case_id']}:{row.get('pixels_sha256') or 'missing'}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, np.ndarray):
        return value.astype(np.float16)
    return value


def _frame(table: pa.Table) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in table.column_names:
        cells = table.column(name)
        if pa.types.is_floating(cells.type):
            columns[name] = cells.to_numpy()
        elif name.startswith(FEATURES):
            columns[name] = [None if cell is None else np.asarray(cell, np.float16) for cell in cells.to_pylist()]
        else:
            columns[name] = pd.Series(cells.to_pylist(), dtype=object)
    return pd.DataFrame(columns)
