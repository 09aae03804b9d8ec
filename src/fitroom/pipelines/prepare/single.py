"""One photo from file to prepared picture, or to the reason why not. Nothing a photo holds raises: it is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from fitroom.config import hash_settings
from fitroom.contracts import NOSE
from fitroom.errors import ImageError
from fitroom.images import decode_rgb_u8
from fitroom.models.weights import file_sha256
from fitroom.pipelines.prepare.eyes import Eyes, Glance, glance
from fitroom.pipelines.prepare.garment import PreparedGarment, prepare_garment
from fitroom.pipelines.prepare.outcome import FLAGGED, READY, REFUSED, ROLE_UNSURE, Outcome
from fitroom.pipelines.prepare.person import PreparedPerson, prepare_person
from fitroom.pipelines.prepare.photos import Photo, Role
from fitroom.pipelines.tryon.checks import REGIONS_OF_SOMEONE, WORN_BY_SOMEONE, Flag
from fitroom.wardrobe.truth.encode import encode_picture

_VERSION = 4  # another one where the same photo gives another answer
# Body in all that is shown: the further from where somebody begins, the surer the role.
_BODY_SCALE = 0.05
_SURE_ROLE = 0.75
_POSE_AGREED, _POSE_ALONE = 0.98, 0.85  # how sure a role is that a pose model told, with the parser and against it
_HEAD = 0.025  # of all that is shown; shop photos of dresses on somebody end at the chin


@dataclass(frozen=True)
class Sizes:
    """How large things are.

    Attributes:
        height_px: of every picture; it is 3/4 as wide.
        min_px: height that what matters must have in its photo.
    """

    height_px: int = 1024
    min_px: int = 256


@dataclass(frozen=True)
class Prepared:
    """What became of a photo.

    Attributes:
        outcome: its line in the report.
        arrays: by name, what was made: "jpeg" (bytes as uint8), "parse", "keypoints", "mask_upper_body" ... of a
            person, "jpeg", "mask" of a garment; empty where it was refused.
    """

    outcome: Outcome
    arrays: dict[str, np.ndarray]


def key_of(photo: Photo, sizes: Sizes, made_by: dict[str, str | None]) -> str:
    """Hash of all that an answer follows from.

    Raises:
        OSError: the file cannot be read.
    """
    told = {"role": photo.role, "category": photo.category, "name": photo.name}
    return hash_settings(
        {"version": _VERSION, "file": file_sha256(photo.path), "sizes": asdict(sizes), "made_by": made_by, **told}
    )


def prepare(photo: Photo, eyes: Eyes, sizes: Sizes) -> Prepared:
    """Prepares one photo."""
    told: dict[str, Any] = {"role": photo.role, "role_by": "folder" if photo.role else None}
    flags: list[Flag] = []
    try:
        image_u8 = decode_rgb_u8(photo.path)
        told["size_px"] = list(image_u8.shape[:2])
        look = glance(image_u8, eyes)
        role, sure = (photo.role, 1.0) if photo.role else role_of(look, eyes.pose is not None)
        told |= {"role": role, "role_by": "folder" if photo.role else "content"}
        confidence = {"role": sure}
        if sure < _SURE_ROLE:
            flags.append(
                Flag(ROLE_UNSURE, f"taken for a {role}, by {sure:.0%} only: put it into persons/ or garments/")
            )
        if role == "person":
            person = prepare_person(image_u8, look, eyes, sizes.height_px, sizes.min_px)
            return _of_person(photo, person, told, confidence, flags)
        garment = prepare_garment(image_u8, look, eyes, sizes.height_px, sizes.min_px, photo.category)
        return _of_garment(photo, garment, told, confidence, flags)
    except ImageError as error:
        said = error.what if error.got is None else f"{error.what} ({error.got})"
        return Prepared(Outcome(photo.name, outcome=REFUSED, flags=[Flag(error.code, said), *flags], **told), {})


def role_of(look: Glance, by_pose: bool = False) -> tuple[Role, float]:
    """What a photo shows, and how sure that is, 0.5 to 1: somebody has a head and a good share of bare body.

    Args:
        look: of the photo.
        by_pose: a pose model looked too: who is somebody, it says, and the parser only how sure that is.
    """
    if by_pose:
        is_person = look.pose is not None and look.pose.keypoints[NOSE, 2] > 0
        agreed = is_person == (look.seen.body >= WORN_BY_SOMEONE)
        return ("person" if is_person else "garment"), _POSE_AGREED if agreed else _POSE_ALONE
    is_person = look.seen.body >= WORN_BY_SOMEONE and look.seen.regions >= REGIONS_OF_SOMEONE and look.head >= _HEAD
    away = abs(look.seen.body - WORN_BY_SOMEONE) / _BODY_SCALE
    if is_person:
        return "person", 1 - 0.5 * float(np.exp(-away - look.head / _HEAD / 4))
    # A body without a head, or a head without a body, is none of the two for sure.
    away = away if look.seen.body < WORN_BY_SOMEONE else 0.3
    return "garment", 1 - 0.5 * float(np.exp(-away))


def _of_person(
    photo: Photo, person: PreparedPerson, told: dict[str, Any], confidence: dict[str, float], flags: list[Flag]
) -> Prepared:
    flags = [*flags, *person.flags]
    outcome = Outcome(
        photo.name,
        outcome=_state(flags),
        flags=flags,
        confidence=confidence | {"parse": person.certainty},
        categories=list(person.masks),
        window_px=[person.window.height_px, person.window.width_px],
        num_joints=int((person.keypoints[:, 2] > 0).sum()),
        keypoints_by=person.keypoints_by,
        **told,
    )
    masks = {f"mask_{name}": mask for name, mask in person.masks.items()}
    arrays = {"jpeg": _jpeg(person.image_u8), "parse": person.parse, "keypoints": person.keypoints, **masks}
    return Prepared(outcome, arrays)


def _of_garment(
    photo: Photo, garment: PreparedGarment, told: dict[str, Any], confidence: dict[str, float], flags: list[Flag]
) -> Prepared:
    flags = [*flags, *garment.flags]
    outcome = Outcome(
        photo.name,
        outcome=_state(flags),
        flags=flags,
        confidence=confidence | garment.confidence,
        categories=[garment.category],
        label=garment.label,
        window_px=[garment.window.height_px, garment.window.width_px],
        **told,
    )
    return Prepared(outcome, {"jpeg": _jpeg(garment.image_u8), "mask": garment.mask})


def _state(flags: list[Flag]) -> Literal["ready", "flagged"]:
    return FLAGGED if flags else READY


def _jpeg(image_u8: np.ndarray) -> np.ndarray:
    return np.frombuffer(encode_picture(image_u8), np.uint8)
