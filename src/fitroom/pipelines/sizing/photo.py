"""A photo beside the answers: somebody whose height is told stands in it, and it is read as an instrument of known law.

photo -> figure -> readings -> the belief of the body model, conditioned on them
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fitroom.bundles.format import Bundle, open_bundle, resolve_bundle
from fitroom.errors import BundleError, ConfigError
from fitroom.images import decode_rgb_u8
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.models.body_photo.network import BodyPhotoNetwork
from fitroom.models.sizing.readings import Law, after_reading, surprise
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.body import IMPOSSIBLE, STRANGE, BodyEstimate, BodyPipeline
from fitroom.pipelines.sizing.figure import figure_of

CAVEAT = "what reads the photo learned from simulated people alone; a tape round chest, waist and hip tells more"


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read off a photo.

    Attributes:
        values_K: standardised, see :class:`~fitroom.models.body_photo.network.BodyPhotoNetwork`.
        law: how they hang on the body.
    """

    values_K: np.ndarray
    law: Law


class PhotoReader:
    """Reads bodies in photos.

    Args:
        bundle: of kind "body_photo".
        parser: tells the parts of the person; the one that the bundle learned with, or as good a one.

    Attributes:
        law: of its readings.

    Raises:
        BundleError: of another kind, or without a law.
    """

    def __init__(self, bundle: Bundle, parser: ParsePipeline) -> None:
        bundle.require_kind("body_photo", "network that reads bodies")
        self.bundle, self.parser = bundle, parser
        network: Any = bundle.build_model()
        self.network: BodyPhotoNetwork = network
        self.law = _law(bundle, network.config)

    @classmethod
    def from_bundle(cls, path: str | Path, parser: ParsePipeline) -> PhotoReader:
        """Opens a bundle, or the bundle of a run."""
        return cls(open_bundle(resolve_bundle(path)), parser)

    def __call__(self, image_u8: np.ndarray, where: str = "photo") -> Reading:
        """Reads a photo, (H, W, 3) uint8 RGB, and its mirror image, so that both have one answer.

        Raises:
            ImageError: it cannot be read, see :func:`fitroom.pipelines.sizing.photo_check.check_photo`.
        """
        views = (image_u8, np.ascontiguousarray(image_u8[:, ::-1]))  # a parser tells left from right: both are heard
        config = self.network.config
        read_2K = np.stack([self.of_figure(figure_of(view, self.parser, config, where)).values_K for view in views])
        return Reading(read_2K.mean(0), self.law)

    def of_figure(self, shares_u8: np.ndarray) -> Reading:
        """Reads a figure, (C, R, W) uint8 in 1/255."""
        with torch.inference_mode():
            read_1MK = self.network(torch.from_numpy(shares_u8.astype(np.float32) / 255)[None])
        return Reading(read_1MK[0].mean(0).double().numpy(), self.law)


def estimate_with_photo(pipeline: BodyPipeline, answers: Answers, reading: Reading) -> BodyEstimate:
    """As ``pipeline(answers)``, and what was read off a photo of the same body.

    Raises:
        ConfigError: as :class:`~fitroom.pipelines.sizing.body.BodyPipeline`; the height is not told; or the photo shows
            a body that cannot have the measures told.
    """
    check_height(answers)
    told = pipeline(answers)
    values_1K = reading.values_K[None]
    rare = float(surprise(told.belief, reading.law, values_1K)[0])
    if rare < IMPOSSIBLE:
        raise ConfigError(
            "the photo and the answers are not of one body", where="photo",
            rule=f"a figure that fits {', '.join(answers.values)}", got=f"one of {IMPOSSIBLE:g} or less beside them",
            fix="check the answers and their units, or take another photo", code="impossible-body",
        )  # fmt: skip
    remarks = [*told.remarks, CAVEAT]
    if rare < STRANGE:
        remarks.append("the photo fits badly with the other answers; was another person's taken, or a unit mistaken?")
    return BodyEstimate(after_reading(told.belief, reading.law, values_1K), remarks)


def check_height(answers: Answers) -> None:
    """Raises ConfigError where the height is not told: a photo has no centimetres of its own."""
    if "height" not in answers.values:
        raise ConfigError(
            "a photo says nothing in centimetres without the person's height", where="height",
            rule="the height of the person in the photo, in cm", fix="add --height", code="height-needed",
        )  # fmt: skip


@dataclass(frozen=True)
class PhotoFiles:
    """A photo's file, and the bundles that read it."""

    photo: Path
    bundle: Path
    parser: Path

    def read(self) -> Reading:
        """The reading.

        Raises:
            ImageError: the file is no photo, or cannot be read.
            BundleError: a bundle that cannot be opened.
        """
        image_u8 = decode_rgb_u8(self.photo)  # a file that is none is told before the models are opened
        parser = ParsePipeline.from_bundle(self.parser)
        return PhotoReader.from_bundle(self.bundle, parser)(image_u8, str(self.photo))


def _law(bundle: Bundle, config: BodyPhotoConfig) -> Law:
    law, num = config.law, len(config.measures)
    gain_KK, offset_K, covariance_KK = (np.array(part) for part in (law.gain, law.offset, law.covariance))
    shapes = (gain_KK.shape, offset_K.shape, covariance_KK.shape)
    if shapes != ((num, num), (num,), (num, num)) or np.linalg.eigvalsh(covariance_KK).min() <= 0:
        raise BundleError(
            "the bundle does not say how far its readings are to be believed", where=bundle.path,
            rule=f"a law of {num} readings, its covariance positive definite", got=shapes,
        )  # fmt: skip
    return Law(tuple(config.measures), gain_KK, offset_K, covariance_KK)
