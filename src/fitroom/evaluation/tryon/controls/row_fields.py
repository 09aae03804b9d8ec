"""What is taken from the row of a case: fields that must be there, the source garment's pixels, colours, seeds.

A row is a mapping by column name, as ``fitroom.data.wardrobe.WardrobeDataset`` gives it; a row of another data set
holds the columns that the data set has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from fitroom.contracts import Part
from fitroom.errors import EvaluationError
from fitroom.images import u8_to_unit, unit_to_u8

Row = Mapping[str, Any]

_WHOLE = (Part.DRESS, Part.JUMPSUIT)
_LOWER = (Part.TROUSERS, Part.SKIRT)
# What is taken off for a garment of a region: the first of these that the parse shows.
_TAKEN_OFF: dict[str, tuple[tuple[Part, ...], ...]] = {
    "top": ((Part.TOP,), _WHOLE, (Part.OUTERWEAR,)),
    "outerwear": ((Part.OUTERWEAR,), (Part.TOP,), _WHOLE),
    "dress": (_WHOLE, (Part.TOP, Part.OUTERWEAR, Part.BELT, *_LOWER)),
    "bottom": (_LOWER, _WHOLE),
}
_WORN_AS: dict[str, tuple[Part, ...]] = {
    "top": (Part.TOP,), "outerwear": (Part.OUTERWEAR,), "dress": _WHOLE, "bottom": _LOWER,
}  # fmt: skip
_SHOWN_SHARE = 0.001  # of the picture; less of a part is a stray label


def require_fields(row: Row, names: Iterable[str], who: str) -> None:
    """Checks that the row has what ``who`` needs.

    Raises:
        EvaluationError: fields that are absent or None, by name.
    """
    names = list(names)
    missing = [name for name in names if row.get(name) is None]
    if missing:
        raise EvaluationError(
            f"{who} needs {', '.join(missing)}",
            where=row.get("case_id"),
            rule=f"the row has {', '.join(names)}",
            got=f"nothing in {', '.join(missing)}",
            fix="leave it out for data that lacks them, or read these columns too",
        )


def worn_as(region: str) -> tuple[Part, ...]:
    """Labels that a garment of a region has in the parse of the worn picture.

    Raises:
        EvaluationError: no such region.
    """
    _require_region(region)
    return _WORN_AS[region]


def source_garment(row: Row) -> np.ndarray:
    """(H, W) bool: pixels of the person photo that show what is taken off for the target garment.

    It is read off ``person_parse`` by ``region``: for a top, the top, or where there is none the dress. All False where
    the person wears nothing of the kind.

    Raises:
        EvaluationError: no such region.
    """
    _require_region(row["region"])
    parse = row["person_parse"]
    for parts in _TAKEN_OFF[row["region"]]:
        shown: np.ndarray = np.isin(parse, parts)
        if shown.mean() >= _SHOWN_SHARE:
            return shown
    return np.zeros(parse.shape, dtype=bool)


def garment_color_unit(row: Row) -> np.ndarray:
    """(3,) float in [0, 1]: mean of the shop photo inside ``garment_mask``, as stored (gamma-encoded).

    Raises:
        EvaluationError: the mask is empty.
    """
    inside = row["garment_mask"]
    if not inside.any():
        raise EvaluationError("the garment mask is empty", where=row.get("case_id"), rule="some pixel of it is set")
    color: np.ndarray = to_unit(row["garment"])[inside].mean(axis=0)
    return color


def bled_garment(row: Row) -> np.ndarray:
    """(h, w, 3) uint8: the shop photo with the garment's colours carried on beyond its edge.

    Edge pixels are mixed with the backdrop, so a look-up near the edge would bring a rim of it along.
    """
    outside = ~row["garment_mask"]
    inner = distance_transform_edt(~outside) > 1.5
    return nearest_of(row["garment"], inner) if inner.any() else row["garment"]


def nearest_of(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(H, W, C) or (H, W) with each pixel that is not ``known`` taken from the known one nearest to it."""
    rows, columns = distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled: np.ndarray = image[rows, columns]
    return filled


def case_rng(row: Row, purpose: str) -> np.random.Generator:
    """Random numbers that follow from the case and the purpose alone, on every machine."""
    digest = hashlib.sha256(f"{purpose}/{row['case_id']}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def to_unit(image_u8: np.ndarray) -> np.ndarray:
    """uint8 [0, 255] to float64 [0, 1]."""
    return u8_to_unit(torch.from_numpy(image_u8.copy())).numpy().astype(np.float64)


def to_u8(image_unit: np.ndarray) -> np.ndarray:
    """float [0, 1] to uint8, clipped and rounded."""
    return unit_to_u8(torch.from_numpy(np.ascontiguousarray(image_unit))).numpy()


def _require_region(region: str) -> None:
    if region not in _WORN_AS:
        raise EvaluationError("unknown region", where="region", rule=", ".join(_WORN_AS), got=region)
