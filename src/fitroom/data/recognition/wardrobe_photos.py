"""The shop photos of a wardrobe with their labels, as the recogniser's source reads them: a folder with labels.csv.

In a training config, each label becomes a head:

    data:
      source: {root: OUT, label_columns: {category: category, sleeve: sleeve, colors: colors}}
      parts: {by: split}
    model:
      heads: [{name: category}, {name: sleeve}, {name: colors, kind: multi}]
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.data.source import DEFAULT_TABLE
from fitroom.data.wardrobe import stream
from fitroom.errors import DataError
from fitroom.wardrobe.truth.columns import LABELS
from fitroom.wardrobe.truth.encode import encode_picture

LABEL_NAMES = (*(column.name for column in LABELS if column.kind != "table"), "drape_coefficient")
_NEEDED = ("case_id", "design_id", "garment_id", "split", "garment", *LABEL_NAMES)


def garment_records(folder: str | Path, split: str | None = None) -> Iterator[tuple[np.ndarray, dict[str, Any]]]:
    """Every different shop photo of a wardrobe once.

    Args:
        folder: of the wardrobe.
        split: "train", "validation", "test"; None = all.

    Yields:
        (H, W, 3) uint8 and its labels by name: those of :data:`LABEL_NAMES`, split, design_id and garment_id.
    """
    seen: set[bytes] = set()
    for row in stream(folder, split, _NEEDED):
        image_u8 = row.pop("garment")
        if image_u8 is None:
            raise DataError("a case has no shop photo", where=row["case_id"], rule="column garment is filled")
        digest = hashlib.sha256(image_u8.tobytes()).digest()
        if digest not in seen:
            seen.add(digest)
            yield image_u8, row


def export_garments(folder: str | Path, out: str | Path, splits: Iterable[str] | None = None) -> int:
    """Writes every different shop photo as JPEG, and ``labels.csv`` with one row each.

    Columns: path, split, group (the design: photos of one never part), then every label; several of one photo are
    joined by "|", and "|" alone says that none applies.

    Args:
        folder: of the wardrobe.
        out: folder to write; made where it is not there, its files of the same names replaced.
        splits: which; None = all.

    Returns:
        Number of photos.
    """
    out = Path(out)
    rows = []
    for split in splits if splits is not None else (None,):
        for number, (image_u8, labels) in enumerate(garment_records(folder, split)):
            name = f"{labels['split']}/{labels['garment_id']}-{number:06d}.jpg"
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_picture(image_u8))
            cells = {label: _cell(labels[label]) for label in LABEL_NAMES}
            rows.append({"path": name, "split": labels["split"], "group": labels["design_id"], **cells})
    with (out / DEFAULT_TABLE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["path", "split", "group", *LABEL_NAMES])
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(value) or "|"
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else str(value)
