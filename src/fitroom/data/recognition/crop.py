"""Photos cut to the box of their labelled garment, where a source knows boxes: a folder to train on like any other.

out/
    labels.csv                 path, split, group, and a column a label
    photos/...                 JPEG, under their names in the source; a.png and a.jpg become a.png.jpg and a.jpg.jpg
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.config import parse_config
from fitroom.data.manifest import Manifest, read_source
from fitroom.data.pairs.pair_lists import listed
from fitroom.data.recognition.deepfashion import BOX_COLUMNS, CATEGORY_LIST, read_boxes
from fitroom.data.source import DEFAULT_TABLE, SourceConfig, table_path
from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_rgb_u8, encode_jpeg
from fitroom.progress import track
from fitroom.writing import folder_beside

_QUALITY = 95


@dataclass
class CropConfig:
    """Cuts photos to their garments."""

    out: str
    """Folder that is made."""
    source: SourceConfig
    """DeepFashion Category and Attribute, whose list_bbox.txt says where the garment is."""
    margin: float = 0.1
    """What is kept around a box on each side, as a share of its longer side."""

    def __post_init__(self) -> None:
        if self.margin < 0:
            raise ConfigError("the margin is negative", where="margin", rule="0 or more", got=self.margin)


def main(argv: Sequence[str]) -> int:
    """Any field of :class:`CropConfig`; prints the number of photos."""
    config = parse_config(CropConfig, argv, prog="fitroom data crop")
    print(f"{config.out}: {len(crop(config))} photos")
    return 0


def crop(config: CropConfig) -> pd.DataFrame:
    """Makes the folder.

    Returns:
        The rows of its labels.csv.

    Raises:
        DataError: ``out`` exists, the source cannot be read or knows no boxes, or photos without a box or with one
            that lies outside them, by name.
    """
    out, root = Path(config.out), Path(config.source.root)
    if out.exists():
        raise DataError("the folder is there already", where=out, rule="a new folder", fix="remove it, or another out")
    manifest, _ = read_source(config.source)
    boxes = _boxes(manifest, table_path(root, config.source.table))
    rows = manifest.table[["sample_id", "split", "group", *manifest.labels]].copy()
    short = rows["sample_id"].map(lambda name: Path(name).with_suffix(".jpg").as_posix())
    rows.insert(0, "path", "photos/" + short.mask(short.duplicated(keep=False), rows["sample_id"] + ".jpg"))
    grown = _grown(boxes, manifest, config.margin)
    with folder_beside(out) as stage:

        def cut(name: str, path: str, box: np.ndarray) -> None:
            left, top, right, bottom = box
            image_u8 = decode_rgb_u8(root / name)[top : bottom + 1, left : right + 1]
            (stage / path).parent.mkdir(parents=True, exist_ok=True)
            (stage / path).write_bytes(encode_jpeg(image_u8, _QUALITY))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(track(pool.map(cut, rows["sample_id"], rows["path"], grown), "cutting photos", len(rows)))
        table = rows.drop(columns="sample_id")
        table.to_csv(stage / DEFAULT_TABLE, index=False)
        stage.rename(out)
    return table


def _boxes(manifest: Manifest, table: Path | None) -> np.ndarray:
    """(N, 4) int64, one a photo, in px of it."""
    if table is None or table.name != CATEGORY_LIST:
        raise DataError(
            "the source knows no boxes", where=manifest.root, rule="DeepFashion Category and Attribute, list_bbox.txt"
        )
    known = read_boxes(manifest.root, table)
    names = manifest.table["sample_id"]
    without = [name for name in names if name not in known.index]
    if without:
        raise DataError(f"{len(without)} photos have no box", where=table.parent, got=listed(without))
    return known.loc[names, list(BOX_COLUMNS)].to_numpy()


def _grown(boxes: np.ndarray, manifest: Manifest, margin: float) -> np.ndarray:
    """(N, 4) int64 with the margin around, inside the photos."""
    far = manifest.table[["width_px", "height_px"]].to_numpy() - 1
    beyond = np.flatnonzero((boxes[:, :2] > far).any(axis=1))
    outside = manifest.table["sample_id"].iloc[beyond]
    if len(outside):
        raise DataError(f"{len(outside)} boxes lie outside their photos", where=manifest.root, got=listed(outside))
    more = np.rint(margin * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True)).astype(np.int64)
    return np.hstack([np.maximum(boxes[:, :2] - more, 0), np.minimum(boxes[:, 2:] + more, far)])
