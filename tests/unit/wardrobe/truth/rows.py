"""A row of truth of random pictures, for tests of what keeps and reads rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from fitroom.wardrobe.truth.columns import COLUMNS, Column

SIZE = (24, 18)
_CHANNELS = {"flow": 2, "canonical": 3, "normal": 3}
_WORDS: dict[str, Any] = {
    "case_id": "train-000001-0", "split": "train", "category": "t-shirt", "sleeve": "short", "design_id": "design7",
    "garment_id": "design7-fabric1-print2", "person_id": "body3-look4", "colors": ["navy", "white"],
    "seasons": ["summer"], "size": "M", "material": "jersey",
    "body_cm": {"chest": 96.0}, "garment_cm": {"chest": 104.0}, "fit": {"chest": "regular", "overall": "regular"},
}  # fmt: skip


def truth_row(seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Every column filled."""
    rng = np.random.default_rng(seed)
    return {**{column.name: _value(column, rng) for column in COLUMNS}, **_WORDS, **changes}


def _value(column: Column, rng: np.random.Generator) -> Any:
    shape = (*SIZE, _CHANNELS[column.name]) if column.name in _CHANNELS else SIZE
    smooth = np.linspace(0, 255, SIZE[1]) * rng.uniform(0.3, 1)
    return {
        "picture": np.broadcast_to(smooth[None, :, None], (*SIZE, 3)).astype(np.uint8),
        "mask": rng.random(SIZE) < 0.5,
        "parts": rng.integers(0, 23, SIZE, dtype=np.uint8),
        "field": rng.uniform(-2, 2, shape).astype(np.float32),
        "points": rng.uniform(0, 20, (17, 3)).astype(np.float32),
        "number": float(rng.random()),
        "integer": int(rng.integers(100)),
        "text": "regular",
        "words": ["a", "b"],
        "table": {"a": 1.5, "b": {"c": ["d"]}},
    }[column.kind]
