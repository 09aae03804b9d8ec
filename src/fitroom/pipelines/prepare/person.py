"""A person photo becomes a picture of one size with parse, keypoints and a repaint mask a kind of garment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fitroom.contracts import HIPS, SHOULDERS
from fitroom.data.pairs.dresscode import CATEGORIES
from fitroom.errors import ImageError
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.prepare.cover import MAY_STAY, Cover, cover
from fitroom.pipelines.prepare.eyes import Eyes, Glance, of_person
from fitroom.pipelines.prepare.framing import Window, person_window
from fitroom.pipelines.prepare.joints import joints
from fitroom.pipelines.prepare.one_person import SEVERAL as SECOND_FACE
from fitroom.pipelines.prepare.one_person import one_person
from fitroom.pipelines.prepare.outcome import (
    CUT,
    ENLARGED,
    FOLLOWS,
    NO_COVER,
    NOT_ALL_HIDDEN,
    PARSE_UNSURE,
    POSE_MISSING,
    SEVERAL,
    TOO_SMALL,
)  # fmt: skip
from fitroom.pipelines.tryon.checks import Flag, judge_person

SURE_PARSE, MUCH_DROPPED = 0.80, 0.20
_SIDE_CUT = 0.02  # of the person's box, outside the window


@dataclass(frozen=True)
class PreparedPerson:
    """A person photo, ready; H x W is the picture's size.

    Attributes:
        image_u8: (H, W, 3) uint8.
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`.
        keypoints: (17, 3) float32 x, y in px, visibility.
        keypoints_by: "pose" or "parse".
        masks: repaint masks, (H, W) bool, by category of the new garment.
        window: part of the photo that it is.
        certainty: of the parse, in [0, 1].
        flags: what is doubtful.
    """

    image_u8: np.ndarray
    parse: np.ndarray
    keypoints: np.ndarray
    keypoints_by: str
    masks: dict[str, np.ndarray]
    window: Window
    certainty: float
    flags: list[Flag] = field(default_factory=list)


def prepare_person(image_u8: np.ndarray, look: Glance, eyes: Eyes, height_px: int, min_px: int) -> PreparedPerson:
    """Prepares a photo.

    Args:
        image_u8: (h, w, 3) uint8 RGB.
        look: of it.
        eyes: what looks at it.
        height_px: of the picture, which is 3/4 of it wide.
        min_px: height the person's window must have in the photo.

    Raises:
        ImageError: with code ``person-missing``, ``too-small`` or ``pose-unknown``.
    """
    flags = list(judge_person(look.seen))
    window = person_window(look.box(), *image_u8.shape[:2])
    check_size(window, min_px)
    picture_u8 = window.take(image_u8, height_px)
    parts = eyes.parser(picture_u8)
    found = None if eyes.pose is None else eyes.pose(picture_u8)
    alone = one_person(of_person(parts.parse, found))
    keypoints = keypoints_of(found, alone.parse)
    covers = {name: cover(alone.parse, keypoints, name) for name in CATEGORIES}
    there = {name: done for name, done in covers.items() if done is not None}
    if not there:
        raise ImageError(
            "shoulders and hips were not found, so nothing says where a garment would go",
            code=NO_COVER,
            rule="an upright person, seen to the hips at least",
        )
    flags += _flags(look, window, height_px, there)
    if parts.certainty < SURE_PARSE or alone.dropped > MUCH_DROPPED:
        message = f"the parser is unsure: {parts.certainty:.0%} on what it shows, {alone.dropped:.0%} lay elsewhere"
        flags.append(Flag(PARSE_UNSURE, message))
    if eyes.pose is not None and found is None:
        flags.append(Flag(POSE_MISSING, "the pose model found nobody; keypoints are guessed from the parse"))
    masks = {name: done.mask for name, done in there.items()}
    by = "parse" if found is None else "pose"
    return PreparedPerson(picture_u8, alone.parse, keypoints, by, masks, window, parts.certainty, flags)


def keypoints_of(found: Pose | None, parse: np.ndarray) -> np.ndarray:
    """What a pose model found; shoulders and hips that it did not find are guessed, for a mask needs them.

    Args:
        found: None = nothing, all is guessed.
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`, of one person.

    Returns:
        (17, 3) float32 x, y in px, visibility; COCO order.
    """
    guessed = joints(parse)
    if found is None:
        return guessed
    points = found.keypoints.copy()
    for joint in (*SHOULDERS, *HIPS):
        if not points[joint, 2]:
            points[joint] = guessed[joint]
    return points


def check_size(window: Window, min_px: int) -> None:
    """Raises ImageError with code ``too-small`` where too little of a photo is left to make a picture of."""
    if window.height_px < min_px:
        raise ImageError(
            "what the photo shows is too small",
            code=TOO_SMALL,
            rule=f"at least {min_px} px high after cropping",
            got=f"{window.height_px} px",
            fix="use a larger photo, or --min-px",
        )


def enlarged(window: Window, height_px: int) -> list[Flag]:
    """A flag where a picture has more than twice the pixels a side that its photo had."""
    if 2 * window.height_px >= height_px:
        return []
    return [Flag(ENLARGED, f"{window.height_px} px of the photo were enlarged to {height_px} px")]


def _flags(look: Glance, window: Window, height_px: int, covers: dict[str, Cover]) -> list[Flag]:
    flags = enlarged(window, height_px)
    if look.person.second_face >= SECOND_FACE:
        flags.append(
            Flag(SEVERAL, f"a second face, {look.person.second_face:.0%} as large; the larger person was taken")
        )
    top, left, bottom, right = look.box()
    slack = round(_SIDE_CUT * (bottom - top))
    if window.cuts((top + slack, left + slack, bottom - slack, right - slack)):
        flags.append(Flag(CUT, "the person is wider or taller than 3 to 4, and was cut"))
    names = ", ".join(name for name, done in covers.items() if done.follows)
    if names:
        flags.append(Flag(FOLLOWS, f"no figure hides the old garment, so the mask tells its shape ({names})"))
    names = ", ".join(name for name, done in covers.items() if done.stays > 4 * MAY_STAY)
    if names:
        flags.append(Flag(NOT_ALL_HIDDEN, f"some of the old garment lies beside hands or hair and stays ({names})"))
    return flags
