"""What became of a photo, in plain values: a line of the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fitroom.pipelines.tryon.checks import Flag

READY: Literal["ready"] = "ready"
FLAGGED: Literal["flagged"] = "flagged"
REFUSED: Literal["refused"] = "refused"
NO_PLACE, OUTFIT, TOO_SMALL, NO_COVER = "no-place", "whole-outfit", "too-small", "pose-unknown"
ROLE_UNSURE, CATEGORY_UNSURE, MASK_UNSURE, PARSE_UNSURE = (
    "role-unsure",
    "category-unsure",
    "mask-unsure",
    "parse-unsure",
)
SEVERAL, CUT, ENLARGED, POSE_MISSING = "several-people", "cut-off", "enlarged", "pose-missing"
FOLLOWS, NOT_ALL_HIDDEN = "mask-follows-garment", "old-garment-in-sight"


@dataclass(frozen=True)
class Outcome:
    """One photo's line.

    Attributes:
        photo: its name.
        role: "person", "garment", or None where it could not be read.
        role_by: "folder" or "content".
        outcome: "ready"; "flagged", which is used but deserves a look; or "refused".
        flags: what is doubtful, or why it was refused: code and message.
        confidence: by what was judged, each in [0, 1]: "role", "parse", "category", "mask".
        categories: of garments, the one it is; of persons, those they can be given.
        label: of garments, the recogniser's most likely class.
        size_px: (height, width) of the photo as a person sees it.
        window_px: (height, width) of the part that became the picture.
        num_joints: of 17, those that are known.
        keypoints_by: "pose" = the user's model, "parse" = guessed.
    """

    photo: str
    role: str | None
    role_by: str | None
    outcome: Literal["ready", "flagged", "refused"]
    flags: list[Flag] = field(default_factory=list)
    confidence: dict[str, float] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    label: str | None = None
    size_px: list[int] | None = None
    window_px: list[int] | None = None
    num_joints: int | None = None
    keypoints_by: str | None = None
