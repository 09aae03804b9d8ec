"""Whether a photo can say anything of a body: one person, standing, seen from the front, from head to feet.

All is judged by the parse alone. How often that is right is in ``docs/size-advice.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.errors import ImageError
from fitroom.pipelines.parse import Parsed
from fitroom.pipelines.prepare.one_person import SEVERAL, OnePerson
from fitroom.pipelines.tryon.checks import judge_person, seen_in

LEAST_PX = 160  # of height, in a photo of at most 768 px: a pixel is then 1 cm
SURE = 0.7  # mean probability of the told parts
HEADS = (4.6, 9.5)  # heights of the head in the height of somebody who stands, hair included
FACE_SHARE, FACE_ASIDE = 0.22, 0.12
_HEAD, _FACE = (Part.HAIR, Part.FACE, Part.HAT, Part.GLASSES), (Part.FACE, Part.GLASSES)
_FEET = (Part.LEFT_SHOE, Part.RIGHT_SHOE, Part.SOCKS, Part.LEFT_LEG, Part.RIGHT_LEG)
_FEET_ROWS, _FEET_SHARE = 0.05, 0.04  # of the height, from below: where feet must be, and how much of what is there
_SIDE_CUT = 0.12  # of the height: an elbow beyond the picture's side hides nothing that is read
_FIX = "one person, standing, facing the camera, head to feet in the picture, arms a little away from the body"


@dataclass(frozen=True)
class Look:
    """What is judged of a person in a parse.

    Attributes:
        cut: names of the picture's sides that the person reaches to.
        has_head, has_feet: whether they are seen where they belong.
        heads: height in heights of the head.
        face_share: of face in face and hair.
        face_aside: how far the face lies from the middle of the head, in widths of the head.
    """

    cut: list[str]
    has_head: bool
    has_feet: bool
    heads: float
    face_share: float
    face_aside: float


def look_at(person: OnePerson) -> Look:
    """Measures a parse of one person, who must be there."""
    parse = person.parse
    top, _, bottom, _ = person.box()
    tall = bottom - top
    at_side = {side: (parse[:, column] > 0).sum() > _SIDE_CUT * tall for side, column in (("left", 0), ("right", -1))}
    at = {"top": top <= 1, "bottom": bottom >= parse.shape[0] - 1, **at_side}
    cut = [side for side, is_cut in at.items() if is_cut]
    head, face = np.isin(parse, _HEAD), np.isin(parse, _FACE)
    lowest = parse[bottom - max(round(_FEET_ROWS * tall), 1) : bottom]
    has_feet = bool(np.isin(lowest, _FEET).sum() >= _FEET_SHARE * (lowest > 0).sum())
    has_head = bool(head[top : top + max(round(0.02 * tall), 1)].any())
    if not face.any():
        return Look(cut, has_head, has_feet, 0.0, 0.0, 1.0)
    chin = float(np.percentile(np.nonzero(face)[0], 99)) + 1
    aside = abs(float(np.nonzero(face)[1].mean()) - float(np.nonzero(head)[1].mean())) / int(head.any(0).sum())
    return Look(cut, has_head, has_feet, tall / max(chin - top, 1.0), float(face.sum() / head.sum()), aside)


def check_photo(parsed: Parsed, person: OnePerson, where: str = "photo") -> None:
    """Refuses what cannot be read.

    Raises:
        ImageError: with code ``person-missing``, ``several-people``, ``person-too-small``, ``cut-off``,
            ``not-frontal``, ``not-standing`` or ``parse-unsure``.
    """
    judge_person(seen_in(person.parse), where)
    top, _, bottom, _ = person.box()
    if person.second_face >= SEVERAL:
        raise _refused("there is more than one person in the photo", "several-people", where, "one person alone",
                       f"a second face, {person.second_face:.0%} as large")  # fmt: skip
    if bottom - top < LEAST_PX:
        raise _refused("the person is too small in the photo", "person-too-small", where,
                       f"{LEAST_PX} px or more, in a photo of at most 768 px", f"{bottom - top} px")  # fmt: skip
    look = look_at(person)
    if look.cut or not (look.has_head and look.has_feet):
        lacks = [f"cut at the {side}" for side in look.cut]
        lacks += [
            f"no {name} to be seen" for name, there in (("head", look.has_head), ("feet", look.has_feet)) if not there
        ]
        raise _refused("the photo does not show the whole body", "cut-off", where,
                       "head to feet, with room on every side", ", ".join(lacks))  # fmt: skip
    if look.face_share < FACE_SHARE or look.face_aside > FACE_ASIDE:
        raise _refused("the person does not face the camera", "not-frontal", where,
                       f"the face takes {FACE_SHARE:.0%} of the head, and lies within {FACE_ASIDE:.0%} of its middle",
                       f"{look.face_share:.0%} and {look.face_aside:.0%}")  # fmt: skip
    if not HEADS[0] <= look.heads <= HEADS[1]:
        raise _refused("the person does not stand upright, or is not seen whole", "not-standing", where,
                       f"{HEADS[0]:g} to {HEADS[1]:g} heads tall", f"{look.heads:.1f}")  # fmt: skip
    if parsed.certainty() < SURE:
        raise _refused("the photo is too hard to read", "parse-unsure", where,
                       f"{SURE:.0%} certainty of what is where", f"{parsed.certainty():.0%}")  # fmt: skip


def _refused(what: str, code: str, where: str, rule: str, got: str) -> ImageError:
    return ImageError(what, code=code, where=where, rule=rule, got=got, fix=_FIX)
