"""The shop photo stuck onto the person: the garment cut out by its mask and laid on the body by an affine map.

The map needs keypoints and the mask's extent, nothing else. Proportions of a body at rest seen from the front stand in
for what neither tells; where the pose turns the body or hides a joint, it sits as badly as such a paste does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import avg_pool2d, grid_sample

from fitroom.contracts import HIPS, KNEES, SHOULDERS
from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.controls.row_fields import Row, bled_garment, to_u8, to_unit, worn_as

_SAMPLES = 3  # looked up per pixel and axis, and averaged

# In units of the distance between the shoulder joints, and of the way from there to the hip joints.
_TRUNK_PER_SHOULDERS = {"top": 1.5, "outerwear": 1.7, "dress": 1.5}  # width of a garment laid flat
_COLLAR_ABOVE = 0.17
# In units of the distance between the hip joints, and of the way from there to the knees.
_SEAT_PER_HIPS = 2.2
_WAIST_ABOVE = 0.3
# Seen from the front.
_TORSO_PER_SHOULDERS = 1.5
_THIGH_PER_HIPS = 2.1


class _Body(NamedTuple):
    """Where a garment hangs: its upper middle, and what its width and its length run along, all (2,) x, y in px.

    ``across`` is as long as the garment is wide, ``down`` as long as the same width measured along the body.
    """

    top: np.ndarray
    across: np.ndarray
    down: np.ndarray


def pasted(row: Row) -> np.ndarray:
    """The person photo with the cut-out garment on top, its edge antialiased. (H, W, 3) uint8.

    Tops, dresses and outerwear hang from the shoulders, bottoms from the hips. Width follows the distance of those
    joints, length the torso or the thighs at the garment's own proportions.

    Raises:
        EvaluationError: the joints it hangs from are not known, or the mask is empty.
    """
    paint_unit, cover = _drawn(row, _affine(row))
    person_unit = to_unit(row["person"])
    return to_u8(paint_unit + (1 - cover) * person_unit)


def _affine(row: Row) -> np.ndarray:
    """(2, 3): px of the picture to px of the shop photo, both with the corner of the picture at (0, 0)."""
    worn_as(row["region"])  # a known region
    bottom = row["region"] == "bottom"
    hang = _from_hips(row) if bottom else _from_shoulders(row)
    middle, upper, width = _extent(row["garment_mask"], row, bottom)
    forth = np.stack([hang.across, hang.down], axis=1) / width  # photo px from the upper middle to picture px
    back = np.linalg.inv(forth)
    return np.concatenate([back, (np.array([middle, upper]) - back @ hang.top)[:, None]], axis=1)


def _from_shoulders(row: Row) -> _Body:
    left, right = _joints(row, SHOULDERS)
    shoulders = left - right
    down = _middle(row, HIPS, (left + right) / 2, shoulders, _TORSO_PER_SHOULDERS)
    width = _TRUNK_PER_SHOULDERS[row["region"]]
    return _Body((left + right) / 2 - _COLLAR_ABOVE * down, width * shoulders, width / _TORSO_PER_SHOULDERS * down)


def _from_hips(row: Row) -> _Body:
    left, right = _joints(row, HIPS)
    hips = left - right
    down = _middle(row, KNEES, (left + right) / 2, hips, _THIGH_PER_HIPS)
    width = _SEAT_PER_HIPS
    return _Body((left + right) / 2 - _WAIST_ABOVE * down, width * hips, width / _THIGH_PER_HIPS * down)


def _middle(row: Row, pair: tuple[int, int], start: np.ndarray, across: np.ndarray, ratio: float) -> np.ndarray:
    """The way down from ``start`` to the middle of a pair of joints; by proportion where they are not known."""
    points = row["keypoints"][list(pair)]
    if _known(points).all():
        way: np.ndarray = points[:, :2].astype(np.float64).mean(axis=0) - start
        if np.hypot(*way) > 1:
            return way
    return ratio * np.array([-across[1], across[0]])


def _joints(row: Row, pair: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    points = row["keypoints"][list(pair)]
    left, right = points[:, :2].astype(np.float64)
    if not _known(points).all() or np.hypot(*(left - right)) < 1:
        raise EvaluationError(
            "there is nothing to hang the garment on",
            where=row.get("case_id"),
            rule=f"keypoints {pair[0]} and {pair[1]} of the COCO order are known and apart",
            got=np.round(points, 1).tolist(),
            fix="leave the case out of this control, with this as the reason",
        )
    return left, right


def _known(points: np.ndarray) -> np.ndarray:
    """(N,) bool; a joint outside the picture counts where its place is given, 0, 0 stands for none."""
    known: np.ndarray = np.isfinite(points).all(axis=1) & ((points[:, 2] > 0) | (points[:, :2] != 0).any(axis=1))
    return known


def _extent(mask: np.ndarray, row: Row, bottom: bool) -> tuple[float, float, float]:
    """Middle column, upper row and width of the garment's trunk in the shop photo, px.

    Of a bottom the width is that of the seat, a quarter down; otherwise that of the trunk without its sleeves, the run
    of mask round the middle column, its median over the lower part (of long garments: the upper half, above the flare).
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        raise EvaluationError("the garment mask is empty", where=row.get("case_id"), rule="some pixel of it is set")
    upper, height = int(rows[0]), int(rows[-1] + 1 - rows[0])
    columns = np.flatnonzero(mask.any(axis=0))
    middle = (columns[0] + columns[-1] + 1) / 2
    begin, end = (0.1, 0.3) if bottom else (0.35, 0.5) if row["region"] == "dress" else (0.5, 0.9)
    chosen = range(upper + int(begin * height), max(upper + int(end * height), upper + int(begin * height) + 1))
    widths = [_run(mask[index], int(middle)) for index in chosen]
    return middle, float(upper), max(float(np.median(widths)), 1.0)


def _run(line: np.ndarray, column: int) -> int:
    """Length of the run of True that holds ``column``; the whole extent where it is a gap (between legs, say)."""
    filled = np.flatnonzero(line)
    if not len(filled):
        return 0
    if not line[column]:
        return int(filled[-1] + 1 - filled[0])
    gaps = np.flatnonzero(~line)
    left, right = gaps[gaps < column], gaps[gaps > column]
    return int((right[0] if len(right) else len(line)) - (left[-1] + 1 if len(left) else 0))


def _drawn(row: Row, affine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The garment in the person's picture: colours times cover (H, W, 3), cover (H, W, 1), both in [0, 1]."""
    mask = row["garment_mask"].astype(np.float64)[..., None]
    source = np.concatenate([to_unit(bled_garment(row)) * mask, mask], axis=-1)
    height, width = row["person"].shape[:2]
    y, x = ((np.arange(side * _SAMPLES) + 0.5) / _SAMPLES for side in (height, width))
    places = np.stack([*np.meshgrid(x, y), np.ones((len(y), len(x)))], axis=-1) @ affine.T
    grid = torch.from_numpy(2 * places / np.array([mask.shape[1], mask.shape[0]]) - 1).float()
    planes = torch.from_numpy(source).permute(2, 0, 1).float()
    looked_up = grid_sample(planes[None], grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)
    drawn = avg_pool2d(looked_up, _SAMPLES)[0].permute(1, 2, 0).numpy()
    return drawn[..., :3], drawn[..., 3:]
