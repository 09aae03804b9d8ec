"""Cases of try-on, decoded once into flat arrays on disk that all processes map: no step ever waits for a PNG.

    <user's cache>/fitroom/tryon/<key>/    one folder a shard; key = its bytes' stamp, frame and version of this file
        pictures.npy   (N, 4, H, W, 3) uint8     person, worn, garment, garment bled beyond its edge
        halves.npy     (N, 3, H/2, W/2, 3) uint8 person, worn, garment
        maps.npy       (N, 2, H, W) uint8        layout of the worn picture; bits SHOWN, IN_PHOTO, REPAINT
        quarters.npy   (N, 7, H/4, W/4) float16  flow x, y in [-1, 1]; cover; shown; log light x GAIN_SCALE (3)
        rows.json      texts and measures, one object a case

About 3.5 MB a case at 512 x 384. A shard that is added to a wardrobe costs its own decoding alone; one in an object
store is read from there once a machine. The processes of a machine deal the shards among them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import distance_transform_edt
from torch.nn import functional as F

from fitroom.contracts import ANKLES, HIPS, KNEES, SHOULDERS, Preprocessing
from fitroom.data.files import cache_folder
from fitroom.data.manifest import Manifest
from fitroom.data.shards import Shard
from fitroom.data.wardrobe import WardrobeDataset, shard_cells, shards_of
from fitroom.errors import DataError
from fitroom.images import pixel_sha256, resize_labels, resize_u8
from fitroom.progress import track
from fitroom.wardrobe.truth.flow import warp
from fitroom.wardrobe.truth.rows import decode_row
from fitroom.writing import folder_beside

VERSION = 4
PERSON, WORN, GARMENT, BLED = range(4)
LAYOUT, FLAGS = range(2)
SHOWN, IN_PHOTO, REPAINT = 1, 2, 4
FLOW, COVER, SHOWN_SHARE, GAIN = slice(0, 2), 2, 3, slice(4, 7)
MAX_LOG_LIGHT = 1.6
_LOOK_EVERY_S, _PATIENCE_S = 0.2, 900.0
_EDGE_PX = 2.0  # of the shop photo at 512 px height: mixed with its backdrop
_SAME_PROPORTIONS = 0.01
_PICTURES = ("person", "worn", "garment")
_MAPS = ("worn_parse", "garment_mask", "repaint_mask", "flow", "flow_visible")
_FACTS = ("case_id", "group_id", "split", "kind", "person_id", "garment_id", "region", "category", "size")
_MEASURES = ("body_cm", "garment_cm", "ease_cm", "drape_coefficient", "plan")
_NEEDED = (*_PICTURES, *_MAPS, *_FACTS, *_MEASURES)
COLUMNS = (*_NEEDED, "keypoints", "px_per_cm")
_JOINTS = (SHOULDERS, HIPS, KNEES, ANKLES)


@dataclass(frozen=True)
class CaseRecipe:
    """What the arrays depend on beside the cases.

    Attributes:
        spec: the frame: pictures of another size are fitted into it.
        layout_of_part: (number of parts,) class of the layout for each part; ``target_class`` overrides it where the
            flow says that the target garment is seen.
        target_class: class of the target garment.
        gain_scale, gain_offset: see ``fitroom.models.tryon.config``.
    """

    spec: Preprocessing
    layout_of_part: tuple[int, ...]
    target_class: int
    gain_scale: float
    gain_offset: float


class Stacked:
    """Arrays of several shards as one along the first axis; nothing is copied."""

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        self._parts = list(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, key: int | tuple[int, int]) -> np.ndarray:
        """Row ``key``, or row and its entry along the second axis."""
        index, *further = key if isinstance(key, tuple) else (key,)
        part = int(np.searchsorted(self._starts, index, side="right")) - 1
        found: np.ndarray = self._parts[part][(index - self._starts[part], *further)]
        return found


@dataclass(frozen=True)
class TryOnCases:
    """Decoded cases; see the file's first lines. Arrays are mapped read-only.

    Attributes:
        manifest: one row a case; sha256 is that of its worn picture's pixels, the group its person.
        rows: facts and measures of each case.
        pictures, halves, maps, quarters: of each case.
    """

    manifest: Manifest
    rows: list[dict[str, Any]]
    pictures: Stacked
    halves: Stacked
    maps: Stacked
    quarters: Stacked

    def __len__(self) -> int:
        return len(self.rows)

    def files(self) -> list[str]:
        """SHA-256 (hex) of every picture's file, person, worn and garment: how evaluation knows what was seen."""
        return sorted({sha256 for row in self.rows for sha256 in row["files"]})

    def of_split(self, split: str) -> np.ndarray:
        """Indices of the cases of a split."""
        return np.flatnonzero([row["split"] == split for row in self.rows])


def read_cases(
    folder: str | Path,
    recipe: CaseRecipe,
    splits: Sequence[str] = ("train", "validation"),
    share: tuple[int, int] = (0, 1),
) -> TryOnCases:
    """The cases of a wardrobe; shards that the cache does not hold are decoded into it.

    Args:
        folder: of a wardrobe; a path, or a URL that fsspec reads.
        recipe: see there.
        splits: shards without a case in these are left alone.
        share: this process's number among those of the machine, and how many they are; each decodes its part of the
            shards, and waits for the others'.

    Raises:
        DataError: as :class:`~fitroom.data.wardrobe.WardrobeDataset`, or no case in these splits.
    """
    WardrobeDataset(folder, None, COLUMNS)  # says what is wrong with a shard
    wanted: list[tuple[Shard, Path]] = []
    for shard in shards_of(folder):
        found = {cells["split"] for cells in shard_cells(shard, ["split"])}
        if found & set(splits):
            wanted.append((shard, _place(shard, recipe)))
    if not wanted:
        raise DataError("the wardrobe has no case in these splits", where=folder, rule=", ".join(splits))
    number, count = share
    for shard, place in wanted[number::count]:
        if not _is_done(place):
            _decode_all(shard, recipe, place)
    _await_others(wanted, recipe)
    return _mapped(Path(folder), [place for _, place in wanted])


def _mapped(root: Path, places: Sequence[Path]) -> TryOnCases:
    rows = [row for place in places for row in json.loads((place / "rows.json").read_text(encoding="utf-8"))]
    height, width = rows[0]["frame"]
    table = pd.DataFrame(
        {
            "sample_id": [row["case_id"] for row in rows],
            "sha256": [row["sha256"] for row in rows],
            "width_px": width,
            "height_px": height,
            "group": [row["person_id"] for row in rows],
            "split": [row["split"] for row in rows],
        }
    )
    text = {name: "str" for name in ("sample_id", "sha256", "group", "split")}
    arrays = {
        name: Stacked([np.load(place / f"{name}.npy", mmap_mode="r") for place in places])
        for name in ("pictures", "halves", "maps", "quarters")
    }
    return TryOnCases(Manifest(root, table.astype(text), []), rows, **arrays)


def _place(shard: Shard, recipe: CaseRecipe) -> Path:
    """The shard's folder in the cache."""
    stamp = [VERSION, repr(recipe), *shard.stamp()]
    return cache_folder() / "tryon" / hashlib.sha256(json.dumps(stamp).encode()).hexdigest()[:24]


def _is_done(place: Path) -> bool:
    return (place / "rows.json").is_file()


def _await_others(wanted: Sequence[tuple[Shard, Path]], recipe: CaseRecipe) -> None:
    """Until all shards are decoded; what nobody brings for a long time is decoded here."""
    missing, since_s = [pair for pair in wanted if not _is_done(pair[1])], time.monotonic()
    while missing:
        time.sleep(_LOOK_EVERY_S)
        left = [pair for pair in missing if not _is_done(pair[1])]
        if len(left) < len(missing):
            since_s = time.monotonic()
        elif time.monotonic() - since_s > _PATIENCE_S:
            _decode_all(left[0][0], recipe, left[0][1])
        missing = left


def _decode_all(shard: Shard, recipe: CaseRecipe, place: Path) -> None:
    cells = list(shard_cells(shard, COLUMNS))
    height, width, n = recipe.spec.height_px, recipe.spec.width_px, len(cells)
    shapes: dict[str, tuple[tuple[int, ...], Any]] = {
        "pictures": ((n, 4, height, width, 3), np.uint8),
        "halves": ((n, 3, height // 2, width // 2, 3), np.uint8),
        "maps": ((n, 2, height, width), np.uint8),
        "quarters": ((n, 7, height // 4, width // 4), np.float16),
    }
    with folder_beside(place) as stage:
        arrays = {
            name: np.lib.format.open_memmap(stage / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
            for name, (shape, dtype) in shapes.items()
        }
        rows = []
        for index, cell in enumerate(track(cells, f"decoding {shard.name}")):
            row, decoded = decode_case(decode_row(cell, COLUMNS), recipe)
            rows.append(row | {"files": [hashlib.sha256(cell[name]["bytes"]).hexdigest() for name in _PICTURES]})
            for name, array in arrays.items():
                array[index] = decoded[name]
        for array in arrays.values():
            array.flush()
        (stage / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
        try:
            stage.rename(place)
        except OSError:
            if not _is_done(place):  # another process was quicker
                raise


def decode_case(row: Mapping[str, Any], recipe: CaseRecipe) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A row of a wardrobe to its facts and arrays.

    Raises:
        DataError: a column is empty, or the pictures have not the frame's proportions, in which flow is measured.
    """
    missing = [name for name in _NEEDED if row.get(name) is None]
    if missing:
        raise DataError(
            "a case cannot be learned from", where=row.get("case_id"), got=f"nothing in {', '.join(missing)}"
        )
    spec = recipe.spec
    for name in _PICTURES:
        height, width = row[name].shape[:2]
        if abs(width / height - spec.width_px / spec.height_px) > _SAME_PROPORTIONS:
            raise DataError(
                "a case does not fit the frame", where=f"{row.get('case_id')}: {name}", got=f"{height} x {width} px",
                rule=f"the proportions of preprocessing, {spec.height_px} x {spec.width_px} px",
            )  # fmt: skip
    person, worn, garment = (resize_u8(row[name], spec) for name in _PICTURES)
    masks = (row[name].astype(np.uint8) for name in ("garment_mask", "repaint_mask"))
    in_photo, repaint = (resize_labels(mask, spec) > 0 for mask in masks)
    bled = bleed(garment, in_photo)
    flow_px, shown = _framed_flow(row, spec)
    covered = np.isfinite(flow_px).all(-1)
    shown &= covered
    layout = np.array(recipe.layout_of_part, np.uint8)[resize_labels(row["worn_parse"], spec)]
    layout[covered] = recipe.target_class
    flags = shown * SHOWN + in_photo * IN_PHOTO + repaint * REPAINT
    decoded = {
        "pictures": np.stack([person, worn, garment, bled]),
        "halves": np.stack([_reduced(picture) for picture in (person, worn, garment)]),
        "maps": np.stack([layout, flags.astype(np.uint8)]),
        "quarters": _quarters(worn, bled, flow_px, covered, shown, recipe),
    }
    facts = {name: row[name] for name in (*_FACTS, *_MEASURES)} | _stature(row)
    return facts | {"sha256": pixel_sha256(row["worn"]), "frame": [spec.height_px, spec.width_px]}, decoded


def _stature(row: Mapping[str, Any]) -> dict[str, Any]:
    """Where the joints are, as shares of the height, and how many cm the picture is high; None where not known."""
    points, scale, height = row.get("keypoints"), row.get("px_per_cm"), row["worn"].shape[0]
    if points is None or not scale:
        return {"joints": None, "frame_cm": None}
    joints = [float(points[pair, 1].mean()) / height for pair in _JOINTS]
    return {"joints": joints, "frame_cm": height / float(scale)}


def bleed(garment_u8: np.ndarray, in_photo: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 with the garment's colours carried on beyond its edge, whose pixels are mixed with the backdrop.

    Args:
        garment_u8: shop photo.
        in_photo: (H, W) bool, the garment in it; where it is empty the photo is given back.
    """
    inner = _deeper_than(max(_EDGE_PX * garment_u8.shape[0] / 512, 1.0), in_photo)
    if not inner.any():
        return garment_u8
    rows, columns = distance_transform_edt(~inner, return_distances=False, return_indices=True)
    filled: np.ndarray = np.take(garment_u8.reshape(-1, 3), rows * garment_u8.shape[1] + columns, axis=0)
    return filled


def _deeper_than(depth_px: float, inside: np.ndarray) -> np.ndarray:
    """(H, W) bool: further than ``depth_px`` from all that is not inside, as a distance transform says, but faster."""
    reach = int(depth_px)
    height, width = inside.shape
    padded, deep = np.pad(inside, reach), inside.copy()
    for y in range(2 * reach + 1):
        for x in range(2 * reach + 1):
            if np.hypot(y - reach, x - reach) <= depth_px:
                deep &= padded[y : y + height, x : x + width]
    return deep


def _framed_flow(row: Mapping[str, Any], spec: Preprocessing) -> tuple[np.ndarray, np.ndarray]:
    """The flow in px of the frame, (H, W, 2) with NaN, and shown (H, W) bool; worn and garment share one aspect."""
    flow_px, shown = row["flow"], row["flow_visible"]
    height, width = spec.height_px, spec.width_px
    scale = np.array([width / row["garment"].shape[1], height / row["garment"].shape[0]], np.float32)
    if flow_px.shape[:2] != (height, width):
        y, x = (
            (np.arange(n) * (was / n) + was / n / 2).astype(int)
            for n, was in ((height, flow_px.shape[0]), (width, flow_px.shape[1]))
        )
        flow_px, shown = flow_px[np.ix_(y, x)], shown[np.ix_(y, x)]
    return flow_px * scale, shown.copy()


def _quarters(
    worn: np.ndarray,
    bled: np.ndarray,
    flow_px: np.ndarray,
    covered: np.ndarray,
    shown: np.ndarray,
    recipe: CaseRecipe,
) -> np.ndarray:
    height, width = covered.shape
    flow = np.nan_to_num(flow_px) * (2 / np.array([width, height], np.float32)) - 1
    cover = covered.astype(np.float32)
    worn_unit, texture_unit = (p.astype(np.float32) / 255 for p in (worn, warp(bled, flow_px)))
    sums = _blocks(
        np.concatenate(
            [
                flow * cover[..., None],
                cover[..., None],
                shown.astype(np.float32)[..., None],
                worn_unit * cover[..., None],
                texture_unit * cover[..., None],
            ],
            axis=-1,
        )
    )
    share = sums[2:3]
    mean_flow = np.where(share > 0, sums[:2] / np.maximum(share, 1e-6), 0)
    # A little of the neighbours steadies the quotient of dark cloth and thin borders.
    worn_sum, texture_sum, cloth = (_spread(part) for part in (sums[4:7], sums[7:10], share))
    offset = recipe.gain_offset * cloth
    log_light = np.log((worn_sum + offset + 1e-6) / (texture_sum + offset + 1e-6))
    log_light = np.where(cloth > 0.02, np.clip(log_light, -MAX_LOG_LIGHT, MAX_LOG_LIGHT), 0) * recipe.gain_scale
    shown_share = np.where(share > 0, sums[3:4] / np.maximum(share, 1e-6), 0)
    return np.concatenate([np.clip(mean_flow, -1.5, 1.5), share, shown_share, log_light]).astype(np.float16)


def _blocks(values_HWC: np.ndarray) -> np.ndarray:
    """Mean over 4 x 4 px: (H, W, C) to (C, H/4, W/4)."""
    return F.avg_pool2d(torch.from_numpy(values_HWC).permute(2, 0, 1)[None], 4)[0].numpy()


def _spread(values_CHW: np.ndarray) -> np.ndarray:
    """Binomial 3 x 3."""
    kernel = torch.tensor([1.0, 2.0, 1.0])
    kernel = (kernel[:, None] * kernel / 16).expand(len(values_CHW), 1, 3, 3)
    return F.conv2d(torch.from_numpy(values_CHW)[None], kernel, padding=1, groups=len(values_CHW))[0].numpy()


def _reduced(picture_u8: np.ndarray) -> np.ndarray:
    """Half the size, by the mean of 2 x 2 px, rounded."""
    height, width, channels = picture_u8.shape
    blocks = picture_u8.reshape(height // 2, 2, width // 2, 2, channels).astype(np.float32)
    return np.round(blocks.mean((1, 3))).astype(np.uint8)
