"""Whether the two photos can be what a try-on needs: someone in the person photo, one garment alone in the other.

Both answers come from the parser, and from sums of its parts alone, not from single parts. The bounds were set with the
parser for photographs, ``bundles/parser-photos``:

    body      hair, face, neck and torso skin, arms, legs, as a share of all that is not background
    regions   head, neck, arms, legs: those with at least 1 % of it

nobody in the person photo (error)      body below 2 %, or below 0.4 % of the photo
a person photo hard to read (warning)   body below 5 %; or a pose model finds nobody
a person in the garment photo (warning) body at least 6 %, in two regions or more

How often each is right and wrong is in ``docs/tryon.md``. That a photo shows two pieces of clothing is not judged: the
shares of upper and lower parts did not tell it (there, too).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.errors import ImageError
from fitroom.images import at_most_u8, pixel_sha256
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.tryon.remembered import Remembered

NOBODY, NOBODY_OF_PHOTO = 0.02, 0.004
UNSURE = 0.05
WORN_BY_SOMEONE, REGION, REGIONS_OF_SOMEONE = 0.06, 0.01, 2
PERSON_MISSING, PERSON_UNSURE, GARMENT_WORN = "person-missing", "person-unsure", "garment-on-person"
_BODY = (
    (Part.HAIR, Part.FACE),
    (Part.NECK_AND_TORSO_SKIN,),
    (Part.LEFT_ARM, Part.RIGHT_ARM),
    (Part.LEFT_LEG, Part.RIGHT_LEG),
)
_LONGEST_PX = 768  # a parse of a larger photo costs time and tells no more
_REMEMBERED = 256


@dataclass(frozen=True)
class Flag:
    """Why an answer deserves less trust.

    Attributes:
        code: stable, for programs: "garment-on-person", "person-unsure", ...
        message: for people, one sentence.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Seen:
    """What a parse holds of a body.

    Attributes:
        body: share of body parts in all that is not background, in [0, 1].
        of_photo: share of body parts in the whole photo, in [0, 1].
        regions: how many of head, neck, arms and legs are there, 0 to 4.
    """

    body: float
    of_photo: float
    regions: int


def seen(shares: np.ndarray) -> Seen:
    """What the shares of a parse say.

    Args:
        shares: (len(Part),) share of each part in the photo, in [0, 1], together 1.
    """
    shown = float(shares[1:].sum())
    regions = [float(shares[list(parts)].sum()) for parts in _BODY]
    body, least = sum(regions), REGION * shown
    return Seen(body / shown if shown else 0.0, body, sum(region >= least > 0 for region in regions))


def seen_in(parse: np.ndarray) -> Seen:
    """What a parse holds of a body, (H, W) uint8 of :class:`~fitroom.contracts.Part`."""
    return seen(np.bincount(parse.ravel(), minlength=len(Part)) / parse.size)


def judge_person(found: Seen, where: str | None = None, *, pose_missing: bool = False) -> tuple[Flag, ...]:
    """What to say of a person photo.

    Args:
        found: what its parse holds.
        where: its name, said in the message.
        pose_missing: a pose model looked too, and found nobody.

    Raises:
        ImageError: with code ``person-missing``: there is nobody in it.
    """
    if found.body < NOBODY or found.of_photo < NOBODY_OF_PHOTO:
        raise ImageError(
            "there is nobody in the person photo",
            code=PERSON_MISSING,
            where=where,
            rule=f"body parts take {NOBODY:.0%} of what is not background, and {NOBODY_OF_PHOTO:.1%} of the photo",
            got=f"{found.body:.1%} and {found.of_photo:.1%}" + (", and no pose" if pose_missing else ""),
            fix="take a photo that shows the person; were person and garment photo swapped?",
        )
    if pose_missing:
        return (Flag(PERSON_UNSURE, "the pose model finds nobody in the person photo"),)
    if found.body < UNSURE:
        return (Flag(PERSON_UNSURE, f"little of a person is seen: body parts take {found.body:.0%} of what is shown"),)
    return ()


def judge_garment(found: Seen) -> tuple[Flag, ...]:
    """What to say of a garment photo."""
    if found.body >= WORN_BY_SOMEONE and found.regions >= REGIONS_OF_SOMEONE:
        message = f"the garment photo seems to show a person (body parts take {found.body:.0%}): not a garment alone"
        return (Flag(GARMENT_WORN, message),)
    return ()


class TryOnChecks:
    """Looks at photos with a parser; safe to call from several threads. A photo seen before is not looked at again.

    Args:
        parser: opened parser bundle.
    """

    def __init__(self, parser: ParsePipeline) -> None:
        self.parser = parser
        self._known = Remembered[Seen](_REMEMBERED)

    def person(
        self, person_u8: np.ndarray, where: str | None = None, *, pose_missing: bool = False
    ) -> tuple[Flag, ...]:
        """Flags of a person photo, (H, W, 3) uint8 RGB.

        Args:
            person_u8: the photo.
            where, pose_missing: see :func:`judge_person`.

        Raises:
            ImageError: see :func:`judge_person`.
        """
        return judge_person(self._seen(person_u8), where, pose_missing=pose_missing)

    def garment(self, garment_u8: np.ndarray) -> tuple[Flag, ...]:
        """Flags of a garment photo, (h, w, 3) uint8 RGB."""
        return judge_garment(self._seen(garment_u8))

    def _seen(self, image_u8: np.ndarray) -> Seen:
        return self._known(pixel_sha256(image_u8), lambda: self._look(image_u8))

    def _look(self, image_u8: np.ndarray) -> Seen:
        return seen_in(self.parser([at_most_u8(image_u8, _LONGEST_PX)])[0].parse)
