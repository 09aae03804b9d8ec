"""A row of truth to the cells of a Parquet shard and back, and the shard's schema, which Hugging Face reads as well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.truth import encode
from fitroom.wardrobe.truth.columns import COLUMNS, SCHEMA_VERSION, Column, columns

if TYPE_CHECKING:
    import pyarrow as pa

METADATA_KEY = b"fitroom_wardrobe"

_WRITE: dict[str, Callable[[Any], Any]] = {
    "picture": lambda value: _file(encode.encode_picture(value)),
    "mask": lambda value: _file(encode.encode_mask(np.asarray(value, dtype=bool))),
    "parts": lambda value: _file(encode.encode_mask(value)),
    "points": lambda value: np.asarray(value, dtype=np.float32).tolist(),
    "number": float,
    "integer": int,
    "text": str,
    "words": lambda value: [str(word) for word in value],
    "table": lambda value: json.dumps(value, ensure_ascii=False, default=_plain),
}
_READ: dict[str, Callable[[Any], Any]] = {
    "picture": lambda cell: encode.decode_picture(cell["bytes"]),
    "mask": lambda cell: encode.decode_mask(cell["bytes"]),
    "parts": lambda cell: encode.decode_labels(cell["bytes"]),
    "field": encode.decode_field,
    "points": lambda cell: np.array(cell, dtype=np.float32),
    "table": json.loads,
}


def encode_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays, numbers and dicts by column name to cells; every column of :data:`COLUMNS` must be there.

    A value of None stays empty; a picture, mask or field may come encoded already, as bytes.

    Raises:
        ConfigError: a column is missing, unknown, or its value does not fit its kind.
    """
    known = [column.name for column in COLUMNS]
    if set(values) != set(known):
        missing, unknown = [name for name in known if name not in values], sorted(set(values) - set(known))
        raise ConfigError(
            "the row does not have the columns of the data set",
            rule="every column of truth.columns.COLUMNS, and no other",
            got=f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(unknown) or 'none'}",
        )
    return {column.name: _cell(values[column.name], column) for column in COLUMNS}


def decode_row(cells: Mapping[str, Any], names: Iterable[str] | None = None) -> dict[str, Any]:
    """Cells to arrays, numbers and dicts; only the columns called ``names`` where given.

    Raises:
        DataError: a damaged cell, or a column that is not there.
    """
    row = {}
    for column in columns(names if names is not None else cells):
        if column.name not in cells:
            raise DataError(f"the row has no column {column.name!r}", got=f"columns {', '.join(cells)}")
        cell = cells[column.name]
        try:
            row[column.name] = cell if cell is None or column.kind not in _READ else _READ[column.kind](cell)
        except (DataError, ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"a cell of column {column.name!r} cannot be read", where=cells.get("case_id"), got=str(error)
            ) from error
    return row


def schema(note: Mapping[str, Any] | None = None) -> pa.Schema:
    """The Arrow schema of a shard, with Hugging Face's features and the schema version in its metadata.

    Args:
        note: more to keep beside the version: picture size, commit, catalogue sizes ... (plain JSON).
    """
    from datasets import Features, Image, List, Value

    kinds = {
        "picture": Image(),
        "mask": Image(),
        "parts": Image(),
        "field": Value("binary"),
        "points": List(List(Value("float32"))),
        "number": Value("float64"),
        "integer": Value("int64"),
        "text": Value("string"),
        "words": List(Value("string")),
        "table": Value("string"),
    }
    plain = Features({column.name: kinds[column.kind] for column in COLUMNS}).arrow_schema
    about = json.dumps({**(note or {}), "schema_version": SCHEMA_VERSION})
    return plain.with_metadata({**(plain.metadata or {}), METADATA_KEY: about.encode()})


def _cell(value: Any, column: Column) -> Any:
    if value is None:
        return None
    if isinstance(value, bytes) and column.kind in ("picture", "mask", "parts", "field"):
        return value if column.kind == "field" else _file(value)
    try:
        if column.kind == "field":
            return encode.encode_field(value, column.scale)
        return _WRITE[column.kind](value)
    except (ConfigError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"a value does not fit its column {column.name!r}",
            rule=f"{column.kind}: {column.about}",
            got=str(error),
        ) from error


def _file(data: bytes) -> dict[str, Any]:
    return {"bytes": data, "path": None}


def _plain(value: Any) -> Any:
    """Numpy's numbers and arrays in JSON."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")
