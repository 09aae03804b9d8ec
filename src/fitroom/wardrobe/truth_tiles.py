"""The maps of one case as pictures: masks over the photo, labels in colours, fields as colours, the flow as a warp."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from fitroom.wardrobe.layout import Tile

Row = Mapping[str, Any]
PAPER_U8 = 238
# Muted, neighbours far apart: golden-angle hues; 0 (background, none) is paper.
NUM_LABELS = 24
COCO_LIMBS = (
    (5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip


def tiles(row: Row) -> list[Tile]:
    """A captioned picture of everything the row holds, in a fixed order; what is not kept is left out."""
    found = []
    for caption, needed, picture in _TILES:
        if all(row.get(name) is not None for name in needed):
            found.append(Tile([picture(row)], [caption]))
    return found


def warp(garment_u8: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """The shop photo carried to where the garment is worn.

    Args:
        garment_u8: (h, w, 3) uint8.
        flow: (H, W, 2) float32: where each worn pixel lies in the shop photo, px; NaN where there is no cloth.

    Returns:
        (H, W, 3) uint8, paper where there is no cloth.
    """
    there = np.isfinite(flow).all(-1)
    x, y = (np.where(there, flow[..., axis], 0) for axis in (0, 1))
    column = np.clip(np.floor(x).astype(int), 0, garment_u8.shape[1] - 1)
    line = np.clip(np.floor(y).astype(int), 0, garment_u8.shape[0] - 1)
    return np.where(there[..., None], garment_u8[line, column], PAPER_U8).astype(np.uint8)


def label_colors() -> np.ndarray:
    """(24, 3) uint8."""
    hue = np.arange(NUM_LABELS) * 0.61803 % 1.0
    value = np.where(np.arange(NUM_LABELS) % 2, 0.86, 0.66)
    wave = np.clip(np.abs((hue[:, None] * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1, 0, 1)
    colors = value[:, None] * (1 - 0.55 * (1 - wave))
    colors[0] = PAPER_U8 / 255
    return (255 * colors).round().astype(np.uint8)


def _labels(name: str) -> Callable[[Row], np.ndarray]:
    return lambda row: label_colors()[np.minimum(row[name], NUM_LABELS - 1)]


def _over(picture: str, mask: str) -> Callable[[Row], np.ndarray]:
    """The photo, with what is under the mask tinted."""

    def draw(row: Row) -> np.ndarray:
        tinted = 0.45 * row[picture] + 0.55 * np.array([214, 92, 70])
        return np.where(row[mask][..., None], tinted, row[picture]).round().astype(np.uint8)

    return draw


def _field(name: str, low: float | None = None, high: float | None = None) -> Callable[[Row], np.ndarray]:
    """Values between ``low`` and ``high`` (those that occur) as brightness, or three channels as a colour."""

    def draw(row: Row) -> np.ndarray:
        values = row[name] if row[name].ndim == 3 else np.repeat(row[name][..., None], 3, axis=2)
        there = np.isfinite(values).all(-1)
        if not there.any():
            return np.full(values.shape, PAPER_U8, np.uint8)
        least = values[there].min(0) if low is None else np.float32(low)
        most = values[there].max(0) if high is None else np.float32(high)
        unit = np.clip((np.nan_to_num(values) - least) / np.maximum(most - least, 1e-6), 0, 1)
        return np.where(there[..., None], 255 * unit, PAPER_U8).round().astype(np.uint8)

    return draw


def _near_is_bright(row: Row) -> np.ndarray:
    return _field("depth")({"depth": -row["depth"]})


def _skeleton(row: Row) -> np.ndarray:
    image = Image.fromarray((row["worn"] * 0.55 + 255 * 0.45).astype(np.uint8))
    pen, width = ImageDraw.Draw(image), max(round(image.height / 160), 1)
    points = row["keypoints"]
    for a, b in COCO_LIMBS:
        if points[a, 2] > 0 and points[b, 2] > 0:
            pen.line([tuple(points[a, :2]), tuple(points[b, :2])], (60, 90, 150), width)
    for x, y, seen in points[points[:, 2] > 0]:
        color = (196, 70, 52) if seen == 2 else (150, 150, 150)
        pen.ellipse([x - 2 * width, y - 2 * width, x + 2 * width, y + 2 * width], color)
    return np.asarray(image)


_TILES: tuple[tuple[str, tuple[str, ...], Callable[[Row], np.ndarray]], ...] = (
    ("person", ("person",), lambda row: row["person"]),
    ("repaint mask", ("person", "repaint_mask"), _over("person", "repaint_mask")),
    ("agnostic", ("agnostic",), lambda row: row["agnostic"]),
    ("parse of the person", ("person_parse",), _labels("person_parse")),
    ("shop photo", ("garment",), lambda row: row["garment"]),
    ("its mask", ("garment", "garment_mask"), _over("garment", "garment_mask")),
    ("worn: the answer", ("worn",), lambda row: row["worn"]),
    ("parse of the answer", ("worn_parse",), _labels("worn_parse")),
    ("body parts", ("body_part",), _labels("body_part")),
    ("shop photo by the flow", ("garment", "flow"), lambda row: warp(row["garment"], row["flow"])),
    ("flow seen in the photo", ("worn", "flow_visible"), _over("worn", "flow_visible")),
    ("canonical x, y, z", ("canonical",), _field("canonical")),
    ("depth", ("depth",), _near_is_bright),
    ("normals", ("normal",), _field("normal", -1.0, 1.0)),
    ("keypoints", ("worn", "keypoints"), _skeleton),
)
