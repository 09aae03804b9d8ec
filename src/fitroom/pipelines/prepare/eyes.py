"""All that looks at a photo, opened once: parser, recogniser, and a pose model where the user has one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitroom.contracts import Part
from fitroom.images import at_most_u8, resize_filtered_u8
from fitroom.pipelines.pose.model import Pose, PoseModel
from fitroom.pipelines.pose.opening import open_pose
from fitroom.pipelines.prepare.one_person import OnePerson, one_person
from fitroom.pipelines.prepare.parsers import open_parser
from fitroom.pipelines.prepare.parts import PartParser
from fitroom.pipelines.recognize import RecognizePipeline
from fitroom.pipelines.tryon.checks import Seen, seen

_LONGEST_PX = 768  # a first look at a larger photo costs time and tells no more
_SURELY_NOT = 0.1  # of a pose model's mask; edges are left to the parser, which sees them finer


@dataclass(frozen=True)
class Eyes:
    """See the file's first lines."""

    parser: PartParser
    recognizer: RecognizePipeline
    pose: PoseModel | None = None

    def made_by(self) -> dict[str, str | None]:
        """Hashes of all models, by what they do."""
        pose = None if self.pose is None else self.pose.hash
        return {"parser": self.parser.hash, "recognizer": self.recognizer.bundle.hash, "pose": pose}


@dataclass(frozen=True)
class Glance:
    """A first look at a whole photo.

    Attributes:
        person: of its parse at ``scale``.
        seen: what there is of a body.
        head: share of hair and face in all that is shown.
        scale: px of the photo for one px of the parse.
        pose: what the pose model found; None = nobody, or there is no such model.
    """

    person: OnePerson
    seen: Seen
    head: float
    scale: float
    pose: Pose | None = None

    def box(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of the person in px of the photo."""
        top, left, bottom, right = (round(side * self.scale) for side in self.person.box())
        return top, left, bottom, right

    def enlarged(self, mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """A mask of the parse, (h, w) bool, at the photo's size."""
        picture = np.repeat(mask[..., None] * np.uint8(255), 3, axis=-1)
        large: np.ndarray = resize_filtered_u8(picture, shape[0], shape[1], "bilinear")[..., 0] > 127
        return large


def glance(image_u8: np.ndarray, eyes: Eyes) -> Glance:
    """Looks at a photo, (H, W, 3) uint8 RGB, at most 768 px."""
    scale = max(max(image_u8.shape[:2]) / _LONGEST_PX, 1.0)
    image_u8 = at_most_u8(image_u8, _LONGEST_PX)
    pose = None if eyes.pose is None else eyes.pose(image_u8)
    person = one_person(of_person(eyes.parser(image_u8).parse, pose))
    shares = np.bincount(person.parse.ravel(), minlength=len(Part)) / person.parse.size
    shown = float(shares[1:].sum())
    head = float(shares[[Part.HAIR, Part.FACE]].sum()) / shown if shown else 0.0
    return Glance(person, seen(shares), head, scale, pose)


def of_person(parse: np.ndarray, pose: Pose | None) -> np.ndarray:
    """The parse (H, W) with background where the pose model, if it told a mask, sees none of the person."""
    if pose is None or pose.mask is None:
        return parse
    return np.where(pose.mask > _SURELY_NOT, parse, Part.BACKGROUND).astype(np.uint8)


def open_eyes(parser: Path, recognizer: Path, pose: Path | None = None, device: str | None = None) -> Eyes:
    """Opens all of them.

    Raises:
        BundleError, WeightsError: one of them cannot be opened; see there.
    """
    return Eyes(
        open_parser(parser, device),
        RecognizePipeline.from_bundle(recognizer, device=device or "cpu"),
        None if pose is None else open_pose(pose, device),
    )
