"""A case before any prediction: its truth at the size it is compared at, and all that is measured on it only once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from fitroom.contracts import WRISTS, Part
from fitroom.evaluation.tryon.measuring.instruments import Instruments
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.images import resize_filtered_u8
from fitroom.metrics.effnet import PictureFeatures
from fitroom.metrics.fit.labels import body_widths, visible_ease_cm, visible_fit
from fitroom.metrics.fit.readings import OUT_OF_SIGHT, WIDTHS, Reading, read_all
from fitroom.metrics.fit.scene import Pose, Seen, garment_parts, kind_of, seen_in_parse, taken_for

# What two protocols must have in common to look at the same pictures in one pass.
OF_LOOK = ("data", "split", "pairs", "clean", "score_at", "height_px", "width_px", "sets_at", "truth_filter",
           "prediction_filter", "paste_back", "dilation", "out_of_sight", "steps", "guidance",
           "sample_seed")  # fmt: skip
_GARMENT_OF_REGION = {
    "top": (Part.TOP,), "outerwear": (Part.OUTERWEAR,), "dress": (Part.DRESS, Part.JUMPSUIT),
    "bottom": (Part.TROUSERS, Part.SKIRT, Part.JUMPSUIT),
}  # fmt: skip
_AS_FAR_AS_SEEN = {"missing": (), "as far as seen": WIDTHS, "hems too": OUT_OF_SIGHT}
_CLOTHES = (Part.TOP, Part.OUTERWEAR, Part.DRESS, Part.TROUSERS, Part.SKIRT, Part.JUMPSUIT)


def batch_of(image_u8: np.ndarray) -> torch.Tensor:
    """(1, H, W, 3) uint8 of one picture."""
    return torch.tensor(image_u8)[None]


@dataclass
class Truth:
    """One case's truth.

    Attributes:
        row: all that is known of the case.
        person_u8: the photo, at the truth's size.
        worn_u8: the true picture at the size of comparison; None where nobody knows it.
        instruments: what measures.
        dilation_px: rim of the garment region.
        as_far_as_seen: measures that count as far as they are seen where they go out of sight, and not as missing.
    """

    row: Mapping[str, Any]
    person_u8: np.ndarray
    worn_u8: np.ndarray | None
    instruments: Instruments
    dilation_px: int = 1
    as_far_as_seen: tuple[str, ...] = OUT_OF_SIGHT

    @cached_property
    def batch(self) -> torch.Tensor:
        """(1, H, W, 3) uint8 of the truth."""
        assert self.worn_u8 is not None
        return batch_of(self.worn_u8)

    @cached_property
    def features(self) -> PictureFeatures:
        """EfficientNet-Lite0's view of the truth."""
        assert self.instruments.effnet is not None
        return self.instruments.effnet.features(self.batch)

    @cached_property
    def lpips_maps(self) -> dict[str, Any]:
        """LPIPS's view of the truth, by variant."""
        return {name: lpips.maps(self.batch) for name, lpips in self.instruments.lpips.items()}

    @cached_property
    def kind(self) -> str:
        """Kind of garment, to the fit metrics."""
        return kind_of(self.row["category"], self.row["region"])

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Parts that count as the target garment."""
        return garment_parts(self.kind, self.row["worn_parse"])

    @cached_property
    def also_parts(self) -> dict[Part, np.ndarray]:
        """Further parts that count as the target garment in some places, (H, W) bool each."""
        return taken_for(self.kind, self.row["worn_parse"], self.row["px_per_cm"])

    @cached_property
    def pose(self) -> Pose:
        """Pose and camera."""
        return Pose(self.row["keypoints"], self.row["px_per_cm"])

    @cached_property
    def has_sleeves(self) -> bool:
        """Whether the garment's design has sleeves."""
        return self.row.get("sleeve") not in (None, "none")

    @cached_property
    def seen(self) -> Seen:
        """What the exact parse of the truth shows."""
        return seen_in_parse(self.row["worn_parse"], self.parts)

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """Measures of the true garment, where they are seen whole."""
        return read_all(self.seen, self.pose, self.kind, self.has_sleeves, as_far_as_seen=())

    @cached_property
    def body(self) -> dict[str, Reading]:
        """Widths of the undressed body."""
        return body_widths(self.row["body_part"], self.pose, self.kind)

    @cached_property
    def fit(self) -> dict[str, str]:
        """Tight, regular or loose, as the true picture shows it."""
        return visible_fit(visible_ease_cm(self.readings, self.body))

    @cached_property
    def source_unit(self) -> np.ndarray:
        """(H, W) bool: the source garment in the person photo."""
        return np.isin(self.row["person_parse"], _GARMENT_OF_REGION[self.row["region"]])

    @cached_property
    def kept(self) -> dict[str, np.ndarray]:
        """(H, W) bool by name: what should not change, by the exact parses of photo and truth."""
        before, after = self.row["person_parse"], self.row["worn_parse"]
        changing = _dilated(self.source_unit | (self.seen.garment_unit > 0.5), self.dilation_px)
        same = ~changing & (before == after)
        hands = np.zeros(before.shape, bool)
        yy, xx = np.indices(before.shape)
        for x, y, seen in self.row["keypoints"][list(WRISTS)]:
            if seen > 0:
                hands |= (xx - x) ** 2 + (yy - y) ** 2 < (9 * self.pose.px_per_cm) ** 2
        return {
            "outside_psnr": same,
            "face_psnr": same & (before == Part.FACE),
            "hair_psnr": same & (before == Part.HAIR),
            "hands_psnr": same & hands & np.isin(before, (Part.LEFT_ARM, Part.RIGHT_ARM)),
            "background_psnr": same & (before == Part.BACKGROUND),
            "other_garments_psnr": same & np.isin(before, _CLOTHES),
        }

    def region(self, garment_unit: np.ndarray) -> np.ndarray:
        """(H, W) bool: union of source, true and predicted garment, dilated."""
        return _dilated(self.source_unit | (self.seen.garment_unit > 0.5) | (garment_unit > 0.5), self.dilation_px)


def prepare(
    row: Mapping[str, Any], protocol: TryOnProtocol, instruments: Instruments, size_px: tuple[int, int]
) -> Truth:
    """The truth of a case at ``size_px`` (height, width)."""
    worn = row.get("worn")
    if worn is not None and worn.shape[:2] != size_px:
        worn = resize_filtered_u8(worn, *size_px, protocol.truth_filter)
    dilation_px = max(round(protocol.dilation * size_px[0]), 1)
    return Truth(row, row["person"], worn, instruments, dilation_px, _AS_FAR_AS_SEEN[protocol.out_of_sight])


def _dilated(mask: np.ndarray, radius_px: int) -> np.ndarray:
    if not mask.any():
        return mask
    grown: np.ndarray = distance_transform_edt(~mask) <= radius_px
    return grown
