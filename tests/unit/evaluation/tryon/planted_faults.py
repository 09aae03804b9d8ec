"""Planted faults: truth pictures with one known thing wrong, edited in the picture and in its parse alike.

A metric must move under the faults that it is for, by the planted amount where it measures cm, and stay still under
the others. Lengths are whole px, so that the parse has them exactly: :func:`whole_px_cm` says how many cm that makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from scipy.ndimage import distance_transform_edt

from fitroom.contracts import Part
from fitroom.evaluation.tryon.controls.row_fields import Row, nearest_of, source_garment, to_u8, to_unit, worn_as
from fitroom.wardrobe.bodies.body import BodyPart

Faulty = tuple[np.ndarray, np.ndarray]
Fault = Callable[[Row], Faulty]

_BAND_CM = 8.0  # of the garment's end that is stretched or pressed, so that no texture is torn
_ARMS = {
    "left": ((5, 7, 9), (BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM, BodyPart.LEFT_HAND), Part.LEFT_ARM),
    "right": ((6, 8, 10), (BodyPart.RIGHT_UPPER_ARM, BodyPart.RIGHT_FOREARM, BodyPart.RIGHT_HAND), Part.RIGHT_ARM),
}
_BARE = (Part.FACE, Part.NECK_AND_TORSO_SKIN, Part.LEFT_ARM, Part.RIGHT_ARM)


def whole_px_cm(row: Row, length_cm: float) -> float:
    """The length that is planted for ``length_cm``: a whole number of px, in cm."""
    return _px(row, length_cm) / row["px_per_cm"]


def shifted_hem(row: Row, down_cm: float) -> Faulty:
    """The garment ends ``down_cm`` lower (higher where negative), sleeves as they were.

    The last 8 cm above the hem are stretched over what is below them, or pressed and followed by it.

    Raises:
        ValueError: no hem in the picture, or no room for the shift.
    """
    shift = _px(row, down_cm)
    worn, parse = row["worn"].copy(), row["worn_parse"].copy()
    band = max(round(_BAND_CM * row["px_per_cm"]), 2 * abs(shift), 2)
    for column, end in _hem(row):
        if end + max(shift, 0) > len(parse) or end >= len(parse):
            raise ValueError(f"no room for a hem {down_cm} cm lower")
        begin = _first_of_run(row, column, end, band)
        new_end = max(end + shift, begin)  # a sliver of cloth lower than the shift goes whole
        _stretch(worn[:, column], row["worn"][:, column], begin, end, begin, new_end)
        worn[new_end:end, column] = row["worn"][min(end + 2, len(parse) - 1), column]
        parse[end:new_end, column] = parse[end - 1, column]
        parse[new_end:end, column] = row["worn_parse"][end, column]
    return worn, parse


def shortened_sleeve(row: Row, by_cm: float, side: str = "left") -> Faulty:
    """The sleeve ends ``by_cm`` earlier along the arm; arm where the body has one there, else what is behind.

    Raises:
        ValueError: no sleeve on that arm, or one no longer than that.
    """
    joints, body_parts, arm = _ARMS[side]
    sleeve = _garment(row) & np.isin(_nearest_body(row), body_parts)
    if row["region"] == "bottom" or row.get("sleeve") == "none" or not sleeve.any():
        raise ValueError(f"no sleeve on the {side} arm")
    along_px = _along(row["keypoints"][list(joints), :2].astype(float), sleeve.shape)
    new_end = np.quantile(along_px[sleeve], 0.995) - _px(row, by_cm)
    if new_end <= 0:
        raise ValueError(f"no sleeve of {by_cm} cm on the {side} arm")
    gone = sleeve & (along_px > new_end)
    bare = gone & np.isin(row["body_part"], body_parts)
    worn, parse = row["worn"].copy(), row["worn_parse"].copy()
    behind = parse == Part.BACKGROUND
    worn[gone], parse[gone] = nearest_of(worn, behind)[gone], Part.BACKGROUND
    worn[bare], parse[bare] = _skin_u8(row, arm), arm
    return worn, parse


def leaked_collar(row: Row, height_cm: float = 2.0) -> Faulty:
    """The source garment's collar is still there: a rim of its colour on the neck, above the garment.

    Raises:
        ValueError: no bare neck beside the garment, or no source garment.
    """
    neck, source = row["worn_parse"] == Part.NECK_AND_TORSO_SKIN, source_garment(row)
    leak = neck & (distance_transform_edt(~_garment(row)) <= _px(row, height_cm))
    if not leak.any() or not source.any():
        raise ValueError("no neck beside the garment, or no source garment")
    worn, parse = row["worn"].copy(), row["worn_parse"].copy()
    worn[leak], parse[leak] = row["person"][source].mean(axis=0).round().astype(np.uint8), _main_part(row)
    return worn, parse


def changed_face(row: Row) -> Faulty:
    """Another face in the same place: its pixels upside down and of another tone. The parse stays.

    Raises:
        ValueError: no face.
    """
    face = row["worn_parse"] == Part.FACE
    if not face.any():
        raise ValueError("no face")
    rows = np.flatnonzero(face.any(axis=1))
    upside_down = nearest_of(row["worn"], face)[rows[0] : rows[-1] + 1][::-1]
    other = row["worn"].copy()
    other[rows[0] : rows[-1] + 1] = to_u8(to_unit(upside_down) * np.array([0.75, 0.8, 0.9]) + 0.06)
    return np.where(face[..., None], other, row["worn"]), row["worn_parse"].copy()


def swapped_color(row: Row) -> Faulty:
    """The garment in another colour, as light and dark as it was: red where it was greenish, else green."""
    garment = _garment(row)
    image_unit = to_unit(row["worn"])
    grey = image_unit.mean(axis=-1, keepdims=True)
    mean = image_unit[garment].mean(axis=0)
    tint = np.array([1.5, 0.6, 0.6]) if mean[1] >= mean[0] else np.array([0.6, 1.5, 0.6])
    tinted = to_u8(0.8 * grey * tint + 0.1 * tint)
    return np.where(garment[..., None], tinted, row["worn"]), row["worn_parse"].copy()


def widened_waist(row: Row, by_cm: float) -> Faulty:
    """The garment's trunk is ``by_cm`` wider at the waist, half on either side, over what is beside it.

    The bulge fades to nothing 12 cm above and below. The waist is 60 % of the way from shoulders to hips, or, for a
    bottom, 12 cm below its upper end.

    Raises:
        ValueError: no garment at the waist, or no room beside it.
    """
    worn, parse = row["worn"].copy(), row["worn_parse"].copy()
    middle, waist = _middle_column(row), waist_row(row)
    for line in range(len(parse)):
        away = abs(line - waist) / (12 * row["px_per_cm"])
        half = round(_px(row, by_cm / 2) * (0.5 + 0.5 * np.cos(np.pi * away))) if away < 1 else 0
        run = _run(_garment(row)[line], middle)
        if not half or run is None:
            continue
        begin, end = run
        if begin - half < 0 or end + half > parse.shape[1]:
            raise ValueError(f"no room for a waist {by_cm} cm wider")
        _stretch(worn[line], row["worn"][line], begin, end, begin - half, end + half)
        parse[line, begin - half : end + half] = _main_part(row)
    return worn, parse


def waist_row(row: Row) -> int:
    """Row of the picture in which :func:`widened_waist` plants the whole amount."""
    if row["region"] == "bottom":
        return int(np.flatnonzero(_garment(row).any(axis=1))[0] + 12 * row["px_per_cm"])
    shoulders, hips = row["keypoints"][[5, 6], 1].mean(), row["keypoints"][[11, 12], 1].mean()
    return int(shoulders + 0.6 * (hips - shoulders))


FAULTS: dict[str, Fault] = {
    "hem-longer": lambda row: shifted_hem(row, 5.0),
    "hem-shorter": lambda row: shifted_hem(row, -5.0),
    "sleeve-shorter": lambda row: shortened_sleeve(row, 5.0),
    "leaked-collar": leaked_collar,
    "changed-face": changed_face,
    "swapped-color": swapped_color,
    "wider-waist": lambda row: widened_waist(row, 4.0),
}


def _px(row: Row, length_cm: float) -> int:
    return round(length_cm * row["px_per_cm"])


def _garment(row: Row) -> np.ndarray:
    return np.isin(row["worn_parse"], worn_as(row["region"]))


def _main_part(row: Row) -> int:
    return int(np.bincount(row["worn_parse"][_garment(row)]).argmax())


def _nearest_body(row: Row) -> np.ndarray:
    return nearest_of(row["body_part"], row["body_part"] > 0)


def _hem(row: Row) -> Iterator[tuple[int, int]]:
    """(column, row after the last) of each column of the garment's lower end, sleeves left out."""
    arms = [part for _, parts, _ in _ARMS.values() for part in parts]
    trunk = _garment(row) & ~np.isin(_nearest_body(row), arms)
    hips = row["keypoints"][[11, 12], 1].mean() - 15 * row["px_per_cm"]
    ends = len(trunk) - np.argmax(trunk[::-1], axis=0)
    found = [(int(column), int(ends[column])) for column in np.flatnonzero(trunk.any(axis=0)) if ends[column] > hips]
    if not found:
        raise ValueError("no hem in the picture")
    return iter(found)


def _first_of_run(row: Row, column: int, end: int, band: int) -> int:
    """Where the garment above ``end`` begins, at most ``band`` px up."""
    gaps = np.flatnonzero(~_garment(row)[max(end - band, 0) : end, column])
    return max(end - band, 0) + (int(gaps[-1]) + 1 if len(gaps) else 0)


def _stretch(line: np.ndarray, old: np.ndarray, begin: int, end: int, to_begin: int, to_end: int) -> None:
    """Writes ``old[begin:end]`` over ``line[to_begin:to_end]``, looked up linearly; pixel centres at + 0.5."""
    places = begin + (np.arange(to_end - to_begin) + 0.5) * (end - begin) / (to_end - to_begin) - 0.5
    places = np.clip(places, begin, end - 1)
    for channel in range(3):
        values = np.interp(places, np.arange(begin, end), old[begin:end, channel])
        line[to_begin:to_end, channel] = np.round(values)


def _along(joints: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W): how far along the line through the joints, in px, each pixel lies; the line goes on behind the last."""
    y, x = np.indices(shape) + 0.5
    best, along, passed = np.full(shape, np.inf), np.zeros(shape), 0.0
    for index, (start, stop) in enumerate(pairwise(joints)):
        length = float(np.hypot(*(stop - start)))
        forward = (stop - start) / max(length, 1e-6)
        t = (x - start[0]) * forward[0] + (y - start[1]) * forward[1]
        t = np.clip(t, 0, np.inf if index == len(joints) - 2 else length)
        away = np.hypot(x - start[0] - t * forward[0], y - start[1] - t * forward[1])
        along, best = np.where(away < best, passed + t, along), np.minimum(away, best)
        passed += length
    return along


def _skin_u8(row: Row, arm: Part) -> np.ndarray:
    """The arm's mean colour, or that of all bare skin where the arm shows none."""
    shown = row["worn_parse"] == arm
    shown = shown if shown.any() else np.isin(row["worn_parse"], _BARE)
    color: np.ndarray = row["worn"][shown].mean(axis=0).round().astype(np.uint8)
    return color


def _middle_column(row: Row) -> int:
    return int(row["keypoints"][[5, 6, 11, 12], 0].mean())


def _run(line: np.ndarray, column: int) -> tuple[int, int] | None:
    """First and one past the last of the run of True round a column; None where it is a gap."""
    if not line[column]:
        return None
    gaps = np.flatnonzero(~line)
    left, right = gaps[gaps < column], gaps[gaps > column]
    return int(left[-1]) + 1 if len(left) else 0, int(right[0]) if len(right) else len(line)
