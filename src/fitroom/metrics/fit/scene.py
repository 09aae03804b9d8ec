"""What is known of a case beside the picture: pose and camera; and what a parser saw in the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from fitroom.contracts import HIPS, SHOULDERS, Part
from fitroom.errors import EvaluationError

ARMS = (Part.LEFT_ARM, Part.RIGHT_ARM)
LEGS = (Part.LEFT_LEG, Part.RIGHT_LEG, Part.LEFT_SHOE, Part.RIGHT_SHOE, Part.SOCKS)
OCCLUDERS = (Part.HAIR, Part.LEFT_ARM, Part.RIGHT_ARM, Part.GLOVES, Part.BAG, Part.SCARF)

_PARTS: dict[str, tuple[Part, ...]] = {
    "top": (Part.TOP,),
    "outerwear": (Part.OUTERWEAR,),
    "dress": (Part.DRESS, Part.JUMPSUIT),
    "trousers": (Part.TROUSERS,),
    "shorts": (Part.TROUSERS,),
    "skirt": (Part.SKIRT,),
}
# What a parser may call a garment of that kind where the true picture shows nothing of the other.
_CONFUSED: dict[str, tuple[Part, ...]] = {
    "top": (Part.OUTERWEAR, Part.DRESS, Part.JUMPSUIT),
    "outerwear": (Part.TOP, Part.DRESS, Part.JUMPSUIT),
    "dress": (Part.TOP, Part.SKIRT),
    "trousers": (Part.SKIRT, Part.JUMPSUIT),
    "shorts": (Part.SKIRT, Part.JUMPSUIT),
    "skirt": (Part.TROUSERS, Part.DRESS),
}
_ABSENT_SHARE = 0.001
_APART_CM = 4.0


@dataclass(frozen=True)
class Pose:
    """Pose and camera of a case; the same for the true picture and for every prediction of it.

    Attributes:
        keypoints: (17, 3) float, COCO order: x and y in px, visibility 0 (outside), 1 (hidden) or 2.
        px_per_cm: camera scale at the body.
    """

    keypoints: np.ndarray
    px_per_cm: float

    def __post_init__(self) -> None:
        if np.shape(self.keypoints) != (17, 3) or not self.px_per_cm > 0:
            raise EvaluationError(
                "the pose of a case cannot be used",
                rule="keypoints (17, 3) and px_per_cm > 0",
                got=f"{np.shape(self.keypoints)}, {self.px_per_cm}",
            )

    def middle(self, pair: tuple[int, int]) -> np.ndarray:
        """(2,) px: midway between two joints."""
        middle: np.ndarray = self.keypoints[list(pair), :2].mean(0)
        return middle

    @property
    def shoulder_px(self) -> float:
        """Distance of the shoulder joints across the picture, at least a quarter of the trunk's length."""
        left, right = self.keypoints[list(SHOULDERS), 0]
        trunk = abs(float(self.middle(HIPS)[1] - self.middle(SHOULDERS)[1]))
        return max(abs(float(left - right)), trunk / 4)


@dataclass(frozen=True)
class Seen:
    """What is seen of the target garment in one picture.

    Attributes:
        garment_unit: (H, W) float32 in [0, 1]: share of each pixel that is the garment.
        arms_unit: (H, W) float32: share that is an arm's skin.
        legs_unit: (H, W) float32: share that is a leg's skin, a shoe or a sock.
        parse: (H, W) uint8 of :class:`Part`.
    """

    garment_unit: np.ndarray
    arms_unit: np.ndarray
    legs_unit: np.ndarray
    parse: np.ndarray


def kind_of(category: str, region: str) -> str:
    """Of what kind a garment is to the fit metrics: top, outerwear, dress, trousers, shorts or skirt.

    Raises:
        EvaluationError: another region.
    """
    kind = category if region == "bottom" else region
    kind = kind if kind in _PARTS else {"bottom": "trousers"}.get(region, region)
    if kind not in _PARTS:
        raise EvaluationError("unknown region of a garment", rule="top, bottom, dress or outerwear", got=region)
    return kind


def garment_parts(kind: str, worn_parse: np.ndarray) -> tuple[Part, ...]:
    """The parts that count as the garment: its own, and those it is easily taken for and the truth does not show.

    Args:
        kind: as :func:`kind_of` gives it.
        worn_parse: (H, W) uint8, parse of the true picture.
    """
    counts = np.bincount(worn_parse.ravel(), minlength=len(Part))
    absent = [part for part in _CONFUSED[kind] if counts[part] < _ABSENT_SHARE * worn_parse.size]
    return (*_PARTS[kind], *absent)


def taken_for(kind: str, worn_parse: np.ndarray, px_per_cm: float) -> dict[Part, np.ndarray]:
    """Where a label that the truth shows elsewhere still counts as the garment: further than 4 cm from those places.

    A shirt shows at the neck of a coat, and the coat's back is called a top: no top is there.

    Args:
        kind, worn_parse: as for :func:`garment_parts`.
        px_per_cm: camera scale at the body.

    Returns:
        (H, W) bool by part, of parts that :func:`garment_parts` leaves out.
    """
    absent = garment_parts(kind, worn_parse)
    shown = [part for part in _CONFUSED[kind] if part not in absent]
    return {part: distance_transform_edt(worn_parse != part) > _APART_CM * px_per_cm for part in shown}


def seen_by_parser(
    probability: Callable[[Sequence[Part]], np.ndarray],
    parse: np.ndarray,
    parts: Sequence[Part],
    also: Mapping[Part, np.ndarray],
) -> Seen:
    """What a parser sees of a garment.

    Args:
        probability: (H, W) float32 in [0, 1] for parts: how likely each pixel shows any of them.
        parse: (H, W) uint8 of :class:`Part`, the most likely ones.
        parts: of :func:`garment_parts`.
        also: of :func:`taken_for`.
    """
    garment, arms, legs = (probability(which) for which in (parts, ARMS, LEGS))
    for part, where in also.items():
        garment = garment + probability((part,)) * where
    return Seen(garment, arms, legs, parse)


def seen_in_parse(parse: np.ndarray, parts: tuple[Part, ...]) -> Seen:
    """What an exact parse shows: shares of 0 and 1."""

    def share(*wanted: Part) -> np.ndarray:
        return np.isin(parse, wanted).astype(np.float32)

    return Seen(share(*parts), share(*ARMS), share(*LEGS), parse)
