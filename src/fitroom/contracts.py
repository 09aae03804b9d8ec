"""The typed samples and specifications that pass between rooms: shapes, ranges, units.

Arrays carry their range in the name: ``_u8`` is uint8 RGB in [0, 255], ``_unit`` float in [0, 1], ``_signed`` float in
[-1, 1]. Only ``images.py`` turns one into another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

import numpy as np

from fitroom.errors import ConfigError


class Part(IntEnum):
    """The one label set of every parse in the project; left and right are the person's own."""

    BACKGROUND = 0
    HAIR = 1
    FACE = 2
    NECK_AND_TORSO_SKIN = 3
    LEFT_ARM = 4
    RIGHT_ARM = 5
    LEFT_LEG = 6
    RIGHT_LEG = 7
    TOP = 8
    OUTERWEAR = 9
    DRESS = 10
    TROUSERS = 11
    SKIRT = 12
    JUMPSUIT = 13
    LEFT_SHOE = 14
    RIGHT_SHOE = 15
    SOCKS = 16
    HAT = 17
    GLASSES = 18
    GLOVES = 19
    SCARF = 20
    BAG = 21
    BELT = 22


UNKNOWN_PART = 255
"""In a parse that somebody labelled, and in what is learned from it: nobody knows what this pixel shows."""


# Rows of COCO's 17 keypoints; of each pair the person's own left first.
NOSE = 0
SHOULDERS, ELBOWS, WRISTS, HIPS, KNEES, ANKLES = (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)


# Index = label of the source set. Look Into Person has no neck label: neck skin is part of its face label. It has no
# bag or belt: both lie in what they cover.
PART_FROM_LIP: tuple[Part, ...] = (
    Part.BACKGROUND, Part.HAT, Part.HAIR, Part.GLOVES, Part.GLASSES, Part.TOP, Part.DRESS, Part.OUTERWEAR, Part.SOCKS,
    Part.TROUSERS, Part.JUMPSUIT, Part.SCARF, Part.SKIRT, Part.FACE, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_LEG,
    Part.RIGHT_LEG, Part.LEFT_SHOE, Part.RIGHT_SHOE,
)  # fmt: skip

# ATR merges outerwear into its upper-clothes label (here TOP), jumpsuits into dress, and has no socks or gloves.
PART_FROM_ATR: tuple[Part, ...] = (
    Part.BACKGROUND, Part.HAT, Part.HAIR, Part.GLASSES, Part.TOP, Part.SKIRT, Part.TROUSERS, Part.DRESS, Part.BELT,
    Part.LEFT_SHOE, Part.RIGHT_SHOE, Part.FACE, Part.LEFT_LEG, Part.RIGHT_LEG, Part.LEFT_ARM, Part.RIGHT_ARM, Part.BAG,
    Part.SCARF,
)  # fmt: skip

# CIHP numbers as Look Into Person does, but for one label: skin of neck and torso where that has jumpsuits.
PART_FROM_CIHP: tuple[Part, ...] = tuple(
    Part.NECK_AND_TORSO_SKIN if part is Part.JUMPSUIT else part for part in PART_FROM_LIP
)

# What a part counts as in a set that has no label for it. Socks and gloves have no side: they go to the left.
_COUNTS_AS: dict[Part, Part] = {
    Part.NECK_AND_TORSO_SKIN: Part.FACE, Part.OUTERWEAR: Part.TOP, Part.JUMPSUIT: Part.DRESS,
    Part.SOCKS: Part.LEFT_SHOE, Part.GLOVES: Part.LEFT_ARM, Part.BELT: Part.TROUSERS, Part.BAG: Part.BACKGROUND,
}  # fmt: skip


def labels_of_parts(part_of_label: Sequence[Part]) -> tuple[int, ...]:
    """The way back from one of the maps above: index = :class:`Part`, value = label of that set.

    A part that the set does not tell apart gets the label of what it counts as there: ATR's outerwear is a top.
    """
    label = {part: number for number, part in enumerate(part_of_label)}
    return tuple(label[part if part in label else _COUNTS_AS[part]] for part in Part)


@dataclass
class Person:
    """The photo of someone, wearing something.

    Attributes:
        image_u8: (H, W, 3) uint8 RGB.
        parse: (H, W) uint8 of :class:`Part`, or None.
        keypoints: (17, 3) float, COCO order: x and y in px, visibility 0, 1 or 2; or None.
        body_cm: body measures in cm (height, chest, waist, hip, ...), or None.
    """

    image_u8: np.ndarray
    parse: np.ndarray | None = None
    keypoints: np.ndarray | None = None
    body_cm: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        _require_image("Person.image_u8", self.image_u8)
        if self.parse is not None:
            _require_map("Person.parse", self.parse, self.image_u8)
        if self.keypoints is not None and self.keypoints.shape != (17, 3):
            raise ConfigError("Person.keypoints has the wrong shape", rule="(17, 3)", got=self.keypoints.shape)


@dataclass
class Garment:
    """The product photo of one piece of clothing, flat or on a ghost mannequin.

    Attributes:
        image_u8: (H, W, 3) uint8 RGB.
        category: one of the label set in use.
        mask: (H, W) bool, True on the garment, or None.
        size_label: the size on its label, e.g. "M", or None.
        measures_cm: garment measures in cm (chest, waist, hip, length, shoulder, sleeve ...), or None.
        fabric: material name, or None.
    """

    image_u8: np.ndarray
    category: str
    mask: np.ndarray | None = None
    size_label: str | None = None
    measures_cm: Mapping[str, float] | None = None
    fabric: str | None = None

    def __post_init__(self) -> None:
        _require_image("Garment.image_u8", self.image_u8)
        if self.mask is not None:
            _require_map("Garment.mask", self.mask, self.image_u8)


@dataclass
class TryOnSample:
    """One case of try-on: who, in what, and (where known) the true picture.

    Attributes:
        person: who; wears the source garment.
        garment: what is to be worn.
        worn_u8: (H, W, 3) uint8 truth, same size as the person photo, or None where unknown.
        repaint_mask: (H, W) bool, True = the model may paint here; None = mask-free.
        px_per_cm: camera scale at the body, px per cm, or None.
        ids: person, garment and case ids.
        split: "train", "validation" or "test".
        provenance: data set and version it came from.
    """

    person: Person
    garment: Garment
    worn_u8: np.ndarray | None = None
    repaint_mask: np.ndarray | None = None
    px_per_cm: float | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    split: str = "train"
    provenance: str = ""

    def __post_init__(self) -> None:
        if self.worn_u8 is not None:
            _require_image("TryOnSample.worn_u8", self.worn_u8)
            if self.worn_u8.shape != self.person.image_u8.shape:
                raise ConfigError(
                    "TryOnSample.worn_u8 and person differ in size",
                    rule=f"{self.person.image_u8.shape}",
                    got=self.worn_u8.shape,
                )
        if self.repaint_mask is not None:
            _require_map("TryOnSample.repaint_mask", self.repaint_mask, self.person.image_u8)


HeadKind = Literal["single", "multi", "regression"]


@dataclass
class Head:
    """One question asked of a garment photo.

    Attributes:
        name: label column, e.g. "category", "material", "drape".
        kind: "single" = one of ``classes``; "multi" = any number of ``classes``; "regression" = one number.
        classes: class names in index order; empty in a config means "all that the data holds, sorted".
        weight: factor of its loss in the sum.
        low, high: range of a regression target, in its own unit; predictions are clipped to it.
    """

    name: str
    kind: HeadKind = "single"
    classes: list[str] = field(default_factory=list)
    weight: float = 1.0
    low: float = 0.0
    high: float = 1.0

    @property
    def num_outputs(self) -> int:
        """Width of the head's output: number of classes, or 1 for a regression."""
        return 1 if self.kind == "regression" else len(self.classes)


ResizeMode = Literal["squash", "crop", "pad"]


@dataclass
class Preprocessing:
    """How a decoded photo becomes a network input; it travels with the weights.

    Attributes:
        height_px, width_px: size of the network input.
        resize: "squash" = ignore the aspect ratio; "crop" = cover, then cut the centre; "pad" = fit inside, border of
            the mean colour.
        mean, std: per channel, on the [0, 1] scale: ``x = (unit - mean) / std``.
    """

    height_px: int = 224
    width_px: int = 224
    resize: ResizeMode = "squash"
    mean: list[float] = field(default_factory=lambda: [0.5, 0.5, 0.5])
    std: list[float] = field(default_factory=lambda: [0.5, 0.5, 0.5])

    def __post_init__(self) -> None:
        if self.height_px < 8 or self.width_px < 8:
            raise ConfigError(
                "input size is too small",
                rule="height_px and width_px of at least 8",
                got=(self.height_px, self.width_px),
            )
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ConfigError(
                "mean and std do not describe RGB", rule="three values each, std > 0", got=(self.mean, self.std)
            )


@dataclass
class Calibration:
    """What turns a head's logits into honest confidences; fitted on the select part, never on what is reported.

    Attributes:
        temperature: logits are divided by it before the softmax (Guo et al. 2017).
        threshold: a top confidence below it is answered "unknown".
        source: where both were fitted, e.g. "select part, N=659".
    """

    temperature: float = 1.0
    threshold: float = 0.0
    source: str = "not calibrated"


@dataclass
class Recognition:
    """The answer to one garment photo.

    Attributes:
        category: the most likely class of the first head, or "unknown" below the threshold.
        confidence: calibrated probability of the most likely class, in [0, 1].
        unknown: True where ``confidence`` is below the bundle's threshold.
        probabilities: calibrated probability per category.
        attributes: per further head: label and confidence (single), labels with confidences (multi), value
            (regression).
        embedding: (D,) float32 of unit length, for retrieval.
    """

    category: str
    confidence: float
    unknown: bool
    probabilities: dict[str, float]
    attributes: dict[str, Any]
    embedding: np.ndarray


def _require_image(name: str, image: np.ndarray) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ConfigError(
            f"{name} is not an RGB picture",
            rule="uint8 of shape (H, W, 3)",
            got=f"{image.dtype} of shape {image.shape}",
        )


def _require_map(name: str, values: np.ndarray, image: np.ndarray) -> None:
    if values.shape != image.shape[:2]:
        raise ConfigError(f"{name} and its picture differ in size", rule=f"{image.shape[:2]}", got=values.shape)
