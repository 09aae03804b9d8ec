"""Hem, sleeves, shoulder line, neckline and widths of a garment in a picture, and how far two pictures differ in them.

Every figure is in cm, from px by the camera's scale at the body; heights grow downwards from the shoulder joints, so a
longer garment has a larger hem. Places on the body come from the joints alone, which the true picture and all
predictions of it share:

- hem: lower edge, mean over the columns between 1.3 half hip distances to both sides of the trunk; of trousers and
  shorts how far the leg is covered, from the hip joint along the leg, mean of both legs.
- sleeve: how far the arm is covered, from the shoulder joint along the arm, mean of the arms that are seen.
- shoulder: upper edge, mean over the columns from .5 to .95 of the way from the middle to each shoulder joint.
- neckline: upper edge, mean over the columns up to 2 cm from the middle of the shoulders.
- chest, waist, hip: width in a band of 4 cm at .3, .72 and 1.0 of the way from the shoulder joints to the hip joints
  (a bottom's waist and hip at .9 and 1.12); hem_width: width in the 4 cm above the hem.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from fitroom.contracts import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS
from fitroom.metrics.fit.profiles import half_widths, limb_cover, lower_border, lower_edge, upper_edge, without_specks
from fitroom.metrics.fit.scene import Pose, Seen

WIDTHS = ("chest", "waist", "hip", "hem_width")
MEASURES = ("hem", "sleeve", "shoulder", "neckline", *WIDTHS)
OUT_OF_SIGHT = ("hem", *WIDTHS)  # may be read as far as they are seen
OF_KIND: dict[str, tuple[str, ...]] = {
    "top": MEASURES,
    "outerwear": MEASURES,
    "dress": MEASURES,
    "skirt": ("hem", "waist", "hip", "hem_width"),
    "trousers": ("hem", "waist", "hip"),
    "shorts": ("hem", "waist", "hip"),
}
_LEGGED = ("trousers", "shorts")
_UPPER_ROWS = {"chest": 0.30, "waist": 0.72, "hip": 1.0}
_BOTTOM_ROWS = {"waist": 0.9, "hip": 1.12}
_BAND_CM = 4.0
_GAP_CM = 0.8
_ARM_ROOM_CM = 6.0
_LIMB_HALF_CM = {"arm": 2.5, "leg": 4.0}
_BEYOND_CM = {"arm": 9.0, "leg": 14.0}  # to the finger tips; below the sole, for trousers that cover the shoe
_LEAST_SHARE = 0.25  # of the stations of a profile
_LEAST_COMMON = 0.25  # of the truth's stations that must be readable in a prediction


@dataclass(frozen=True)
class Reading:
    """One measure of one picture.

    Attributes:
        stations_cm: (S,) by station, NaN where not readable; one station for a limb.
        least_cm: (S,) how much it is at least where the garment goes out of sight, NaN elsewhere; None = unknown.
        cm: mean over the stations; NaN where too few are readable.
    """

    stations_cm: np.ndarray
    least_cm: np.ndarray | None = None

    @property
    def cm(self) -> float:
        """Mean over the readable stations; NaN where fewer than a quarter are."""
        return _mean(self.stations_cm)

    @property
    def at_least_cm(self) -> float:
        """The same, with stations counted as far as they are seen; no more than the true mean."""
        return _mean(self.as_far_as_seen_cm)

    @property
    def as_far_as_seen_cm(self) -> np.ndarray:
        """(S,) what is readable, and elsewhere how much it is at least."""
        return self.stations_cm if self.least_cm is None else np.fmax(self.stations_cm, self.least_cm)


def read_all(
    seen: Seen, pose: Pose, kind: str, has_sleeves: bool, as_far_as_seen: Collection[str] = OUT_OF_SIGHT
) -> dict[str, Reading]:
    """Every measure that a garment of ``kind`` has, readable or not.

    Args:
        seen: the picture.
        pose: of the case.
        kind: of :func:`fitroom.metrics.fit.scene.kind_of`.
        has_sleeves: of the garment's design; without them there is no "sleeve".
        as_far_as_seen: measures that know how much they are at least. With "hem" the width at a hem below the picture
            is that at the picture's border.
    """
    clean = Seen(without_specks(seen.garment_unit), seen.arms_unit, seen.legs_unit, seen.parse)
    names = [name for name in OF_KIND[kind] if name != "sleeve" or has_sleeves]
    readings = {name: _read(name, clean, pose, kind) for name in names if name != "hem_width"}
    if "hem_width" in names:
        hem = readings["hem"]
        readings["hem_width"] = _hem_width(clean, pose, hem.at_least_cm if "hem" in as_far_as_seen else hem.cm)
    return {
        name: reading if name in as_far_as_seen else Reading(reading.stations_cm) for name, reading in readings.items()
    }


def difference_cm(predicted: Reading, true: Reading) -> float:
    """Prediction less truth, cm, over the stations readable in both; NaN where the truth cannot be read.

    Where these are less than a quarter of the truth's, a prediction that goes out of sight behind an arm or below the
    picture counts as far as it is seen: there it is wider or longer than the truth by at least so much. If that, too,
    leaves too few, the garment is not there as it should be: it counts as one that ends where it begins, so the
    difference is minus the truth's own extent (at least 1 cm).
    """
    known = np.isfinite(true.stations_cm)
    if not np.isfinite(true.cm):
        return float("nan")
    seen_cm = predicted.stations_cm - true.stations_cm
    at_least_cm = np.maximum(predicted.as_far_as_seen_cm - true.stations_cm, 0.0)
    for away_cm in (seen_cm, np.where(np.isfinite(seen_cm), seen_cm, at_least_cm)):
        both = np.isfinite(away_cm)
        if both.sum() >= _LEAST_COMMON * known.sum():
            return float(away_cm[both].mean())
    return -max(abs(true.cm), 1.0)


def _mean(stations_cm: np.ndarray) -> float:
    known = np.isfinite(stations_cm)
    return float(stations_cm[known].mean()) if known.mean() >= _LEAST_SHARE else float("nan")


def _read(name: str, seen: Seen, pose: Pose, kind: str) -> Reading:
    scale = pose.px_per_cm
    if name == "hem":
        return Reading(_leg_hem(seen, pose)) if kind in _LEGGED else _hem(seen, pose)
    if name == "sleeve":
        return Reading(_limbs(seen, pose, (SHOULDERS, ELBOWS, WRISTS), seen.arms_unit, "arm"))
    if name in ("shoulder", "neckline"):
        columns = _shoulder_columns(pose) if name == "shoulder" else _neck_columns(pose)
        edge = upper_edge(seen, _inside(columns, seen), _px(_GAP_CM, scale))
        return Reading((edge - pose.middle(SHOULDERS)[1]) / scale)
    return trunk_band(name, seen, pose, kind)


def trunk_band(name: str, seen: Seen, pose: Pose, kind: str) -> Reading:
    """Width at the chest, waist or hip of whatever ``seen`` holds, where a garment of ``kind`` is measured."""
    rows = _UPPER_ROWS if kind in ("top", "outerwear", "dress") else _BOTTOM_ROWS
    return _width(seen, pose, _trunk_row(pose, rows[name]))


def _hem(seen: Seen, pose: Pose) -> Reading:
    middle, half = pose.middle(HIPS)[0], 0.65 * _hip_px(pose)
    columns = _inside(np.arange(round(middle - half), round(middle + half) + 1), seen)
    edge = lower_edge(seen, columns, _px(_GAP_CM, pose.px_per_cm))
    # What ends above the chest is a strap or a collar, not a hem.
    edge[edge < _trunk_row(pose, _UPPER_ROWS["chest"])] = np.nan
    top = pose.middle(SHOULDERS)[1]
    return Reading((edge - top) / pose.px_per_cm, (lower_border(seen, columns) - top) / pose.px_per_cm)


def _leg_hem(seen: Seen, pose: Pose) -> np.ndarray:
    return _limbs(seen, pose, (HIPS, KNEES, ANKLES), seen.legs_unit, "leg")


def _limbs(seen: Seen, pose: Pose, chain: tuple[tuple[int, int], ...], skin_unit: np.ndarray, limb: str) -> np.ndarray:
    """(2,) cm covered of the left and the right limb; NaN where a limb's second joint is outside the picture."""
    found = np.full(2, np.nan)
    for side in (0, 1):
        joints = pose.keypoints[[pair[side] for pair in chain]]
        if joints[1, 2] > 0:
            inside = joints[: 3 if joints[2, 2] > 0 else 2, :2].astype(np.float64)
            half, beyond = _LIMB_HALF_CM[limb] * pose.px_per_cm, _BEYOND_CM[limb] * pose.px_per_cm
            found[side] = limb_cover(seen, inside, skin_unit, half, beyond) / pose.px_per_cm
    return found


def _hem_width(seen: Seen, pose: Pose, hem_cm: float) -> Reading:
    if not np.isfinite(hem_cm):
        return Reading(np.full(1, np.nan))
    hem_px = pose.middle(SHOULDERS)[1] + hem_cm * pose.px_per_cm
    return _width(seen, pose, hem_px - (_BAND_CM / 2 + 1.0) * pose.px_per_cm)


def _width(seen: Seen, pose: Pose, row_px: float) -> Reading:
    """Twice the distance from the trunk's axis to the border, so that the mean over rows and sides is the width."""
    half_band = _BAND_CM / 2 * pose.px_per_cm
    rows = round(row_px - half_band) + np.arange(round(2 * half_band) + 1)  # as many wherever the band lies
    inside = (rows >= 0) & (rows < seen.parse.shape[0])
    halves, least = np.full((2, len(rows), 2), np.nan)
    if inside.any():
        top, bottom = pose.middle(SHOULDERS), pose.middle(HIPS)
        share = (rows[inside] - top[1]) / max(float(bottom[1] - top[1]), 1.0)
        axis = top[0] + np.clip(share, 0, 1) * (bottom[0] - top[0])
        near = arms_near(pose, seen.parse.shape)
        halves[inside], least[inside] = half_widths(seen, rows[inside], axis, near, _px(_GAP_CM, pose.px_per_cm))
    return Reading(2 * halves.ravel() / pose.px_per_cm, 2 * least.ravel() / pose.px_per_cm)


def arms_near(pose: Pose, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: where the arms are from the middle of the upper arm to the fingers, with room for sleeves."""
    picture = Image.new("1", (shape[1], shape[0]))
    draw = ImageDraw.Draw(picture)
    radius = _ARM_ROOM_CM * pose.px_per_cm
    for side in (0, 1):
        shoulder, elbow, wrist = (pose.keypoints[pair[side], :2] for pair in (SHOULDERS, ELBOWS, WRISTS))
        start, hand = shoulder + 0.4 * (elbow - shoulder), wrist + 0.4 * (wrist - elbow)
        line = [tuple(point) for point in (start, elbow, wrist, hand)]
        draw.line(line, fill=1, width=round(2 * radius), joint="curve")
        for x, y in line:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(picture)


def _trunk_row(pose: Pose, share: float) -> float:
    top, bottom = pose.middle(SHOULDERS)[1], pose.middle(HIPS)[1]
    return float(top + share * (bottom - top))


def _hip_px(pose: Pose) -> float:
    left, right = pose.keypoints[list(HIPS), 0]
    return max(abs(float(left - right)), 0.4 * pose.shoulder_px)


def _shoulder_columns(pose: Pose) -> np.ndarray:
    middle, half = pose.middle(SHOULDERS)[0], pose.shoulder_px / 2
    near, far = 0.5 * half, 0.95 * half
    left, right = (
        np.arange(round(middle - far), round(middle - near)),
        np.arange(round(middle + near), round(middle + far)),
    )
    return np.concatenate([left, right])


def _neck_columns(pose: Pose) -> np.ndarray:
    middle, reach = pose.middle(SHOULDERS)[0], 2.0 * pose.px_per_cm
    return np.arange(round(middle - reach), round(middle + reach) + 1)


def _inside(columns: np.ndarray, seen: Seen) -> np.ndarray:
    inside: np.ndarray = np.clip(columns, 0, seen.garment_unit.shape[1] - 1)
    return inside


def _px(cm: float, px_per_cm: float) -> int:
    return max(round(cm * px_per_cm), 1)
