"""A drawn wardrobe with all that the layouts of real data sets hold: tops, bottoms, dresses, groups of all kinds."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from tests.unit.evaluation.tryon.small_row import HEIGHT, WIDTH, small_row
from tests.unit.wardrobe.truth.rows import truth_row

from fitroom.contracts import Part
from fitroom.wardrobe.truth.rows import encode_row, schema

GARMENT_PART = {"top": Part.TOP, "outerwear": Part.OUTERWEAR, "bottom": Part.TROUSERS, "dress": Part.DRESS}


def layout_row(
    group: str, case: int, garment: str, *, region: str = "top", person: int = 0, **changed: Any
) -> dict[str, Any]:
    """A person with neck, socks and sunglasses, in a garment that covers the same pixels whatever its region.

    Args:
        group, case: "test-000000" and 0 make the case "test-000000-0" of the test split.
        garment: its name, and its colour.
        region: of the garment.
        person: another one is another photo.
        changed: further columns.
    """
    row = {**truth_row(case), **small_row()}
    parse = row["worn_parse"].copy()
    parse[parse == Part.TOP] = GARMENT_PART[region]
    parse[140:150, 44:58], parse[28:30, 55:66] = Part.SOCKS, Part.GLASSES
    worn = row["worn"].copy()
    worn[parse == GARMENT_PART[region]] = np.random.default_rng(list(garment.encode())).integers(40, 255, 3)
    worn[:8, :8] = 20 * person
    points = row["keypoints"].copy()
    points[0], points[3] = (60.4, 31.3, 2), (68.2, 32.9, 1)  # nose, and an ear under hair
    y, x = np.indices((HEIGHT, WIDTH)) / HEIGHT
    place = np.stack([x - 0.4, np.zeros_like(x), 0.8 - 1.6 * y], -1)
    facts = {
        "case_id": f"{group}-{case}", "group_id": group, "split": group.split("-")[0], "region": region,
        "garment_id": garment, "plan": {"person": {"body": person}, "others": []}, "worn": worn, "worn_parse": parse,
        "keypoints": points, "canonical": np.where(row["body_part"][..., None] > 0, place, np.nan),
    }  # fmt: skip
    return {**row, **facts, **changed}


def few_rows() -> list[dict[str, Any]]:
    """Other garments, sizes, one garment over two others (the same photo twice), bottoms, a dress, and other splits."""
    return [
        *(layout_row("test-000000", case, garment) for case, garment in enumerate(("red", "blue", "green"))),
        *(layout_row("test-000001", case, "tee", person=2, worn=_png(case)) for case in range(2)),
        *(layout_row("test-000002", case, "polo", person=3) for case in range(2)),
        layout_row("test-000003", 0, "parka", region="outerwear", person=4),
        *(layout_row("test-000004", case, garment, region="bottom") for case, garment in enumerate(("jeans", "chino"))),
        layout_row("test-000005", 0, "gown", region="dress"),
        *(layout_row("train-000006", case, garment, person=5) for case, garment in enumerate(("knit", "vest"))),
        layout_row("validation-000007", 0, "shirt"),
    ]


def write_rows(root: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """All of them in one shard."""
    path = root / "data/all/shard-00000.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([encode_row(row) for row in rows], schema=schema()), path)
    return root


def _png(seed: int) -> bytes:
    """A worn photo that is kept without loss: smooth, as photos are."""
    down, across = np.linspace(0, 1, HEIGHT)[:, None, None], np.linspace(0, 1, WIDTH)[None, :, None]
    low, high = np.random.default_rng(seed).uniform(40, 230, (2, 3))
    buffer = io.BytesIO()
    Image.fromarray(((low * (1 - down) + high * down) * (1 - across / 4)).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
