"""Where a model may paint in a real photo: a figure of thick limbs about the joints, not the old garment's outline.

The wardrobe's masks come from the bare body (``wardrobe/truth/masks.py``). Here there is none: only joints, and a parse
whose outline is the old garment's. So the outline is never followed. The figure has few sizes - how wide its rim is,
and whether it ends below the hip, at the knee or at the foot - and the smallest that hides the old garment is taken:
of the garment, the mask tells its size class and no more. Face, hair, hands and shoes are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import binary_fill_holes, distance_transform_edt, uniform_filter

from fitroom.contracts import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS, Part
from fitroom.pipelines.prepare.limbs import ARMS, SHOES, beyond_wrist
from fitroom.pipelines.prepare.one_person import HEAD, coarse

UPPER, LOWER, DRESS = "upper_body", "lower_body", "dresses"
_TOPS, _BOTTOMS, _WHOLE = (Part.TOP, Part.OUTERWEAR), (Part.TROUSERS, Part.SKIRT), (Part.DRESS, Part.JUMPSUIT)
OLD: dict[str, tuple[Part, ...]] = {UPPER: _TOPS, LOWER: _BOTTOMS, DRESS: (*_TOPS, *_BOTTOMS, *_WHOLE)}
MAY_STAY = 0.005  # of the old garment, outside the mask
# In lengths of the trunk, shoulder to hip: some 45 cm of an adult.
_RIMS = (0.20, 0.30, 0.42, 0.60, 0.85)
_WAIST, _BELOW_HIP = 0.36, 0.58
_SLOPE = {UPPER: 0.25, LOWER: 0.40, DRESS: 0.40}  # how much wider the A gets on either side, per length down
_LIMB, _CHIN, _NECK = 0.10, 0.05, 0.25
_DENSE = 0.6  # hair covers at least this much round a pixel that is kept; clothes show through loose strands


@dataclass(frozen=True)
class Cover:
    """A repaint mask, and how well it does its work.

    Attributes:
        mask: (H, W) bool, True = may be painted.
        stays: share of the old garment's pixels outside, in [0, 1].
        follows: True where no figure hid the old garment, so that what was left was covered as well: there the mask
            tells its shape.
    """

    mask: np.ndarray
    stays: float
    follows: bool


def cover(parse: np.ndarray, keypoints: np.ndarray, category: str) -> Cover | None:
    """The repaint mask of a person photo.

    Args:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`, of one person.
        keypoints: (17, 3) x, y in px, visibility, COCO order.
        category: of the new garment: "upper_body", "lower_body" or "dresses".

    Returns:
        None where shoulders and hips are not known, or nothing is seen of what the garment would cover.
    """
    small = coarse(parse)
    points = keypoints * (small.shape[1] / parse.shape[1], small.shape[0] / parse.shape[0], 1)
    if not (points[[*SHOULDERS, *HIPS], 2] > 0).all() or not _is_seen(small, points, category):
        return None
    old = np.isin(small, OLD[category])
    kept = _kept(small, points, category)
    hidden, left = np.zeros_like(old), old
    for hidden in _figures(points, small.shape, category):
        left = old & ~hidden & ~kept
        if left.sum() <= MAY_STAY * old.sum():
            break
    follows = bool(left.sum() > MAY_STAY * old.sum())
    if follows:
        hidden |= distance_transform_edt(~left) <= _RIMS[0] * _trunk_px(points)
    mask = _enlarged(binary_fill_holes(hidden), parse.shape) & ~_kept(parse, keypoints, category)
    of_old = np.isin(parse, OLD[category])
    return Cover(mask, float((of_old & ~mask).sum() / max(of_old.sum(), 1)), follows)


def _is_seen(parse: np.ndarray, points: np.ndarray, category: str) -> bool:
    """Whether the photo reaches far enough: to the hips for a top, to the knees for what is worn below."""
    height = parse.shape[0]
    hip = float(points[list(HIPS), 1].mean())
    needed = hip - 0.35 * _trunk_px(points) if category == UPPER else hip + 0.55 * _trunk_px(points)
    return needed < height


def _figures(points: np.ndarray, shape: tuple[int, ...], category: str) -> Iterator[np.ndarray]:
    """From the smallest to the largest."""
    ends = sorted({min(end, shape[0]) for end in _ends(points, shape[0], category)})
    for end, rim in product(ends, _RIMS):
        yield _figure(points, shape, category, rim * _trunk_px(points), end)


def _ends(points: np.ndarray, height: int, category: str) -> tuple[float, ...]:
    """Rows where the figure may end: below the hip, at the knee, at the foot."""
    hip, trunk = float(points[list(HIPS), 1].mean()), _trunk_px(points)
    knee, foot = hip + 1.05 * trunk, float(height)
    if (points[list(KNEES), 2] > 0).any():
        knee = float(points[list(KNEES), 1].max())
    if (points[list(ANKLES), 2] > 0).any():
        foot = float(points[list(ANKLES), 1].max()) + 0.45 * trunk
    return (hip + _BELOW_HIP * trunk, knee + 0.2 * trunk, foot) if category == UPPER else (foot,)


def _figure(points: np.ndarray, shape: tuple[int, ...], category: str, rim_px: float, end_px: float) -> np.ndarray:
    trunk, hips = _trunk_px(points), points[list(HIPS), :2]
    waist = hips[:, 1].mean() - _WAIST * trunk
    core = _drawn(shape, [points[[5, 6, 12, 11], :2]], [], 1)
    if category == LOWER:
        core[: max(int(waist), 0)] = False
    else:
        neck = points[list(SHOULDERS), :2].mean(0)
        arms = zip(SHOULDERS, ELBOWS, WRISTS, strict=True)
        limbs = [[points[joint, :2] for joint in arm if points[joint, 2] > 0] for arm in arms]
        core |= _drawn(shape, [], [*limbs, [neck, neck - (0, _NECK * trunk)]], 2 * _LIMB * trunk)
    grown = distance_transform_edt(~core) <= rim_px if core.any() else core
    return grown | _a_shape(hips, shape, waist, end_px, rim_px, _SLOPE[category] if end_px > hips[:, 1].mean() else 0.0)


def _a_shape(
    hips: np.ndarray, shape: tuple[int, ...], start_px: float, end_px: float, rim_px: float, slope: float
) -> np.ndarray:
    """From the waist to the end, ever wider; half as wide again as the hip joints to begin with."""
    rows, columns = np.arange(shape[0])[:, None] + 0.5, np.arange(shape[1])[None] + 0.5
    half = 1.5 * abs(float(hips[0, 0] - hips[1, 0])) / 2 + rim_px + slope * np.maximum(rows - start_px, 0)
    inside: np.ndarray = (rows >= start_px) & (rows <= end_px) & (abs(columns - hips[:, 0].mean()) <= half)
    return inside


def _kept(parse: np.ndarray, points: np.ndarray, category: str) -> np.ndarray:
    """Head but the chin, dense hair, hands, shoes; of who gets a new bottom, the arms as well."""
    head = np.isin(parse, [part for part in HEAD if part is not Part.HAIR])
    if category != LOWER and head.any():
        chin = np.flatnonzero(head.any(1))[-1] + 1 - _CHIN * _trunk_px(points)
        head[max(int(chin), 0) :] = False
    hair = parse == Part.HAIR
    hair &= uniform_filter(hair.astype(np.float32), 2 * (max(parse.shape) // 400) + 3) > _DENSE
    hands = np.isin(parse, ARMS) if category == LOWER else beyond_wrist(parse, points)
    return head | hair | hands | np.isin(parse, (*SHOES, Part.GLOVES))


def _trunk_px(points: np.ndarray) -> float:
    """Shoulders to hips, but not less than the shoulders are apart: who bends forward is not small."""
    shoulders, hips = points[list(SHOULDERS), :2], points[list(HIPS), :2]
    return max(
        float(np.hypot(*(hips.mean(0) - shoulders.mean(0)))), float(np.hypot(*(shoulders[0] - shoulders[1]))), 2.0
    )


def _drawn(shape: tuple[int, ...], areas: list, lines: list, width_px: float) -> np.ndarray:
    picture = Image.new("1", (shape[1], shape[0]))
    pen = ImageDraw.Draw(picture)
    for area in areas:
        pen.polygon([tuple(place) for place in area.tolist()], fill=1)
    for line in lines:
        if len(line) > 1:
            pen.line([tuple(map(float, place)) for place in line], 1, max(round(width_px), 1), "curve")
    return np.array(picture)


def _enlarged(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)) > 127
