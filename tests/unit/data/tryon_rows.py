"""Cases of try-on to check by hand: a coloured square is worn a little further left and lower, in less light."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.unit.wardrobe.truth.rows import truth_row

from fitroom.contracts import Part, Preprocessing
from fitroom.data.tryon.cases import CaseRecipe
from fitroom.data.tryon.terms import GAIN_OFFSET, GAIN_SCALE, TARGET, layout_of_parts
from fitroom.wardrobe.truth.rows import encode_row, schema

SIDE = 64
IN_PHOTO = (slice(16, 48), slice(16, 48))
IN_WORN = (slice(20, 52), slice(12, 44))
LIGHT = 0.6
SPEC = Preprocessing(SIDE, SIDE, "pad")
RECIPE = CaseRecipe(SPEC, layout_of_parts(), TARGET, GAIN_SCALE, GAIN_OFFSET)
_PLAN = {"person": {"body": 1}, "source": {"design": 1}, "others": []}


def tryon_row(case: int = 0, split: str = "train", size: str = "M", **changes: Any) -> dict[str, Any]:
    """A row of a wardrobe with all that try-on learns from; other columns are noise."""
    rng = np.random.default_rng(case)
    upper, lower = rng.uniform(60, 220, (2, 3))
    down, across = np.linspace(0, 1, 32)[:, None, None], np.linspace(0, 1, 32)[None, :, None]
    cloth = upper * (1 - down) + lower * down + rng.uniform(-40, 40, 3) * across
    cloth = np.clip(cloth, 20, 250).astype(np.uint8)
    garment = np.full((SIDE, SIDE, 3), 250, np.uint8)
    garment[IN_PHOTO] = cloth
    person = np.full((SIDE, SIDE, 3), 90, np.uint8)
    person[8:60, 20:50] = (30, 60, 90)
    worn = np.full((SIDE, SIDE, 3), 90, np.uint8)
    worn[IN_WORN] = np.round(cloth * LIGHT).astype(np.uint8)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[IN_WORN] = True
    in_photo = np.zeros((SIDE, SIDE), bool)
    in_photo[IN_PHOTO] = True
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    flow = np.where(inside[..., None], np.stack([x + 4, y - 4], -1), np.nan).astype(np.float32)
    repaint = np.zeros((SIDE, SIDE), bool)
    repaint[4:, 4:60] = True
    return truth_row(
        case,
        **{
            "case_id": f"{split}-{case:06d}-{size}",
            "group_id": f"{split}-{case:06d}",
            "split": split,
            "person_id": f"person{case}",
            "garment_id": f"garment{case}",
            "region": "top",
            "person": person,
            "garment": garment,
            "worn": worn,
            "worn_parse": np.where(inside, Part.TOP, Part.BACKGROUND).astype(np.uint8),
            "garment_mask": in_photo,
            "repaint_mask": repaint,
            "flow": flow,
            "flow_visible": inside,
            "body_cm": {"chest": 96.0, "height": 170.0},
            "garment_cm": {"chest": 110.0},
            "ease_cm": {"chest": 14.0},
            "drape_coefficient": 0.4,
            "plan": _PLAN,
            "size": size,
            **changes,
        },
    )


def write_wardrobe(root: Path, rows: list[dict[str, Any]]) -> Path:
    """One shard."""
    path = root / "data/train/shard-00000.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([encode_row(row) for row in rows], schema=schema()), path, row_group_size=4)
    return root


def damage_page(shard: Path, column: str) -> None:
    """Overwrites the start of a column's first page."""
    group = pq.ParquetFile(shard).metadata.row_group(0)
    chunks = [group.column(i) for i in range(group.num_columns)]
    chunk = next(chunk for chunk in chunks if chunk.path_in_schema.split(".")[0] == column)
    data = bytearray(shard.read_bytes())
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    data[start : start + 40] = b"\xff" * 40
    shard.write_bytes(bytes(data))
