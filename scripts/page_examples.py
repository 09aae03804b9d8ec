"""Makes the example people and garments of the server's page again, out of the frozen cases in benchmarks/wardrobe.

python scripts/page_examples.py

Photos of people are those of the cases, by their ids; a garment brings the size chart of its own sewing pattern.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.data.outfits.wardrobe_shop import size_chart
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.images import encode_jpeg
from fitroom.wardrobe.patterns.catalogue import design

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "src/serve/page/examples"
QUALITY = 88
PEOPLE = (
    "test-000014-0", "test-000002-0", "test-000006-0", "test-000023-0", "test-000031-0", "test-000011-0",
    "test-000005-0",
)  # fmt: skip
GARMENTS = (
    "test-000001-2", "test-000014-0", "test-000034-1", "test-000032-0", "test-000000-1", "test-000023-2",
    "test-000008-2", "test-000020-2", "test-000016-0", "test-000007-2", "test-000040-1",
)  # fmt: skip
COLUMNS = (
    "case_id", "person", "garment", "body_cm", "garment_cm", "category", "size", "pattern", "colors", "material",
    "drape_coefficient", "plan",
)  # fmt: skip


def main() -> None:
    """Writes the pictures and ``examples.json``, which says what is known of them."""
    dataset = WardrobeDataset(ROOT / "benchmarks/wardrobe", "test", COLUMNS)
    rows = {row["case_id"]: row for row in (dataset[index] for index in range(len(dataset)))}
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    people = [_person(number, rows[case]) for number, case in enumerate(PEOPLE, 1)]
    garments = [_garment(number, rows[case]) for number, case in enumerate(GARMENTS, 1)]
    text = json.dumps({"people": people, "garments": garments}, indent=1)
    (OUT / "examples.json").write_text(text + "\n", encoding="utf-8")


def _person(number: int, row: dict[str, Any]) -> dict[str, Any]:
    body_cm = {name: round(value, 1) for name, value in row["body_cm"].items()}
    return {"photo": _written(f"person-{number}.jpg", row["person"]), "case": row["case_id"], "body_cm": body_cm}


def _garment(number: int, row: dict[str, Any]) -> dict[str, Any]:
    drawn = design(row["plan"]["target"]["design"])
    chart = size_chart(drawn.index)
    if any(abs(chart[row["size"]][name] - value) > 0.051 for name, value in row["garment_cm"].items()):
        raise SystemExit(f"{row['case_id']}: the pattern no longer has the measures that the case was made with")
    return {
        "photo": _written(f"garment-{number}.jpg", row["garment"]),
        "case": row["case_id"],
        "category": row["category"],
        "color": row["colors"][0],
        "pattern": row["pattern"],
        "material": row["material"],
        "style": drawn.style,
        "season": list(drawn.seasons),
        "department": drawn.sex,
        "drape": round(row["drape_coefficient"], 3),
        "size_chart": chart,
    }


def _written(name: str, image_u8: np.ndarray) -> str:
    (OUT / name).write_bytes(encode_jpeg(image_u8, QUALITY))
    return name


if __name__ == "__main__":
    main()
