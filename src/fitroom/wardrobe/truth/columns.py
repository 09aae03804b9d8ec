"""Every column of the data set in one place: name, kind, unit, meaning. Writer, reader and data card go by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fitroom.config import nearest
from fitroom.errors import DataError

SCHEMA_VERSION = 1

Kind = Literal["picture", "mask", "parts", "field", "points", "number", "integer", "text", "words", "table"]


@dataclass(frozen=True)
class Column:
    """One column of a shard.

    Attributes:
        name: in the Parquet file.
        kind: how a cell is kept and what it is once read:
            "picture" JPEG, (H, W, 3) uint8; "mask" PNG of 0 and 255, (H, W) bool; "parts" PNG of labels, (H, W) uint8;
            "field" 16-bit PNG, (H, W) or (H, W, C) float32 in ``unit``, NaN = nothing there; "points" (17, 3) float32;
            "number" float; "integer" int; "text" str; "words" list of str; "table" JSON, dict.
        about: what it holds.
        unit: of its numbers, or "".
        scale: of a field: its step in ``unit``; 65,535 steps are kept, centred on 0.
    """

    name: str
    kind: Kind
    about: str
    unit: str = ""
    scale: float = 0.0


_IDS = (
    Column("case_id", "text", "unique name of the case"),
    Column("group_id", "text", "cases of one group share a person or a garment"),
    Column("split", "text", "train, validation or test; bodies, designs, prints and faces are each in one split only"),
    Column("kind", "text", "paired, counterfactual-garment, counterfactual-size, size-across-bodies or leak"),
    Column("seed", "integer", "of every random number of the group"),
    Column("person_id", "text", "same body and looks, whatever is worn"),
    Column("garment_id", "text", "same design, fabric and print, whatever the size"),
    Column("design_id", "text", "same design, whatever the fabric and print: what photos must not be separated by"),
    Column("plan", "table", "the case's plan: every catalogue index it was made from"),
)

_PICTURES = (
    Column("person", "picture", "the person wearing the source garment"),
    Column("garment", "picture", "the shop photo of the target garment"),
    Column("worn", "picture", "the person wearing the target garment: the truth"),
    Column("agnostic", "picture", "the person photo with the repaint mask filled with grey 128"),
)

_MAPS = (
    Column("person_parse", "parts", "parse of the person photo", "fitroom.contracts.Part"),
    Column("worn_parse", "parts", "parse of the worn photo", "fitroom.contracts.Part"),
    Column("body_part", "parts", "parts of the undressed body", "BodyPart"),
    Column("garment_mask", "mask", "the garment in the shop photo"),
    Column("repaint_mask", "mask", "where a model may paint; from the undressed body, whatever the source garment"),
    Column("flow_visible", "mask", "worn pixels whose cloth point the shop photo shows"),
    Column("flow", "field", "where the cloth point of each worn pixel lies in the shop photo: x, y", "px", 1 / 32),
    Column("canonical", "field", "where each body pixel lies on the neutral body: x, y, z", "m", 1e-4),
    Column("depth", "field", "of the worn photo, along the camera's axis", "m", 5e-4),
    Column("normal", "field", "of the worn photo, unit length, world axes: x, y, z", "", 1 / 127),
)

_POSE = (
    Column("keypoints", "points", "COCO order: x, y, visibility (2 seen, 1 hidden, 0 outside)", "px"),
    Column("px_per_cm", "number", "scale of person and worn photo at the body", "px/cm"),
)

_MEASURES = (
    Column("size", "text", "size label of the target garment"),
    Column("source_size", "text", "size label of the source garment"),
    Column("body_cm", "table", "tape measures of the body", "cm"),
    Column("garment_cm", "table", "finished measures of the target garment, girths whole", "cm"),
    Column("source_cm", "table", "finished measures of the source garment, girths whole", "cm"),
    Column("ease_cm", "table", "garment less body, by place", "cm"),
    Column("fit", "table", "tight, regular or loose by place, and overall; too short, right or too long by end"),
    Column("lengths_cm", "table", "hem, sleeve ends and shoulder seams of the draped garment", "cm"),
    Column("strain", "table", "relative elongation of the draped cloth: mean, p95, p99, and mean by band"),
    Column("drape_coefficient", "number", "of the target's fabric, simulated Cusick test, 0 limp to 1 stiff"),
    Column("spill_px", "integer", "pixels of the source garment outside the repaint mask", "px"),
)

LABELS = (
    Column("category", "text", "class of the target garment"),
    Column("region", "text", "top, bottom, dress or outerwear"),
    Column("cut", "text", "fitted, straight, oversized ..."),
    Column("material", "text", "jersey, denim ..."),
    Column("drape", "text", "how the fabric falls, in a word"),
    Column("sleeve", "text", "none, short, elbow, long"),
    Column("neckline", "text", "crew, v, collar ...; none for bottoms"),
    Column("length", "text", "cropped, regular, midi ..."),
    Column("pattern", "text", "solid, stripe, check ..."),
    Column("colors", "words", "main colours by name, most covering first"),
    Column("seasons", "words", "seasons it is sold for"),
    Column("style", "text", "casual, business, sporty ..."),
    Column("photo", "text", "flat or ghost"),
    Column("source_labels", "table", "the same labels of the source garment"),
)

COLUMNS: tuple[Column, ...] = (*_IDS, *_PICTURES, *_MAPS, *_POSE, *_MEASURES, *LABELS)
_BY_NAME = {column.name: column for column in COLUMNS}


def columns(names: Iterable[str] | None = None) -> tuple[Column, ...]:
    """The columns called ``names``, in that order; all of them where it is None.

    Raises:
        DataError: there is no column of that name.
    """
    if names is None:
        return COLUMNS
    wanted = tuple(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in _BY_NAME]
    if unknown:
        raise DataError(
            f"the wardrobe has no column {unknown[0]!r}",
            rule=f"one of {', '.join(_BY_NAME)}",
            fix=nearest(unknown[0], list(_BY_NAME)),
        )
    return tuple(_BY_NAME[name] for name in wanted)
