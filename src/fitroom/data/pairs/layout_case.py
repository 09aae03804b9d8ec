"""One dressed person of a simulated wardrobe with the garment they wear: what the layouts of real data sets hold.

That is the *worn* photo of a case with its shop photo, since the data sets know a person by the garment in the photo.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fitroom.data.pairs.try_on_pairs import CATEGORY_OF
from fitroom.errors import DataError
from fitroom.images import read_header
from fitroom.wardrobe.truth.encode import encode_picture
from fitroom.wardrobe.truth.masks import emptied
from fitroom.wardrobe.truth.rows import decode_row

FACTS = ("case_id", "group_id", "split", "garment_id", "region", "plan")
_TRUTH = ("worn", "garment", "worn_parse", "garment_mask", "repaint_mask", "keypoints")
_OPTIONAL = ("body_part", "canonical")  # wardrobes may be kept without
_MAPS = ("worn_parse", "repaint_mask", "garment_mask", *_OPTIONAL)
COLUMNS = (*FACTS, *_TRUTH, *_OPTIONAL)


@dataclass(frozen=True)
class Shown:
    """What lists of pairs must know of a photo.

    Attributes:
        case_id, group_id, garment_id: of the wardrobe.
        split: "train" or "test".
        category: as DressCode names it.
        photo: the same text where persons, their places and all they wear beside the garment are the same.
    """

    case_id: str
    group_id: str
    garment_id: str
    split: str
    category: str
    photo: str


@dataclass(frozen=True)
class LayoutGarment:
    """All that is written of a shop photo of h x w px.

    Attributes:
        shown: its names.
        garment_jpeg: the photo's file; that of the wardrobe, where it keeps JPEG.
        garment_mask: (h, w) bool.
    """

    shown: Shown
    garment_jpeg: bytes
    garment_mask: np.ndarray


@dataclass(frozen=True)
class LayoutPerson:
    """All that is written of a person photo of H x W px.

    Attributes:
        shown: its names.
        person_jpeg: the photo's file; that of the wardrobe, where it keeps JPEG.
        person_u8: (H, W, 3) uint8.
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`.
        repaint_mask: (H, W) bool.
        keypoints: (17, 3) x, y in px, visibility.
        body_part: (H, W) uint8 of ``BodyPart``, or None.
        canonical_m: (H, W, 3) float32, place on the neutral body, or None.
    """

    shown: Shown
    person_jpeg: bytes
    person_u8: np.ndarray
    parse: np.ndarray
    repaint_mask: np.ndarray
    keypoints: np.ndarray
    body_part: np.ndarray | None = None
    canonical_m: np.ndarray | None = None

    def agnostic_u8(self) -> np.ndarray:
        """(H, W, 3) uint8: the photo, grey where a model may paint."""
        return emptied(self.person_u8, self.repaint_mask)


@dataclass(frozen=True)
class LayoutCase(LayoutPerson, LayoutGarment):
    """A person photo with the shop photo of what it shows; both have the same names."""


def shown_of(facts: Mapping[str, Any]) -> Shown:
    """From a row's :data:`FACTS`.

    Raises:
        DataError: a case's name that cannot be a file's, or an unknown region.
    """
    case_id, region = facts["case_id"], facts["region"]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", case_id or ""):
        raise DataError("a case's name cannot be a file's", rule="letters, digits, dots and dashes", got=repr(case_id))
    if region not in CATEGORY_OF:
        raise DataError("a case has no known region", where=case_id, rule=", ".join(CATEGORY_OF), got=region)
    same = {name: (facts["plan"] or {}).get(name) for name in ("person", "others")}
    photo = json.dumps([facts["group_id"], same], sort_keys=True)
    return Shown(case_id, facts["group_id"], facts["garment_id"], facts["split"], CATEGORY_OF[region], photo)


def layout_case(shown: Shown, cells: Mapping[str, Any]) -> LayoutCase:
    """A row's cells, decoded.

    Args:
        shown: its names.
        cells: of :data:`COLUMNS`, as ``WardrobeDataset.cells`` gives them.

    Raises:
        DataError: a column that is needed is empty, damaged, or of another size than its picture.
    """
    missing = [name for name in _TRUTH if cells[name] is None]
    if missing:
        raise DataError(
            "a case lacks what the data sets hold",
            where=shown.case_id,
            rule=f"{', '.join(_TRUTH)} are filled",
            got=f"nothing in {', '.join(missing)}",
            fix="simulate the wardrobe with these names in simulation.columns, or with none there, which keeps all",
        )
    row = decode_row(cells, COLUMNS)
    sizes = {name: row["garment" if name == "garment_mask" else "worn"].shape[:2] for name in _MAPS}
    wrong = [name for name, size in sizes.items() if row[name] is not None and row[name].shape[:2] != size]
    if wrong or row["keypoints"].shape != (17, 3):
        raise DataError(
            "a case does not fit together",
            where=shown.case_id,
            rule="maps of their picture's size, and 17 keypoints of 3 numbers",
            got=", ".join(f"{name} of shape {row[name].shape}" for name in [*wrong, "keypoints"]),
        )
    return LayoutCase(
        shown=shown,
        person_jpeg=_jpeg(cells["worn"]["bytes"], row["worn"]),
        garment_jpeg=_jpeg(cells["garment"]["bytes"], row["garment"]),
        person_u8=row["worn"],
        parse=row["worn_parse"],
        repaint_mask=row["repaint_mask"],
        garment_mask=row["garment_mask"],
        keypoints=row["keypoints"],
        body_part=row["body_part"],
        canonical_m=row["canonical"],
    )


def _jpeg(data: bytes, image_u8: np.ndarray) -> bytes:
    return data if read_header(data).format == "JPEG" else encode_picture(image_u8)
