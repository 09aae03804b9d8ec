"""The try-on model's part of an answer: two image files and settings in, an image file and plain values out.

A garment's file is decoded, looked at and encoded once; after that it is known by the SHA-256 of its bytes.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fitroom import __version__
from fitroom.images import ImageLimits, encode_jpeg, encode_png, encode_webp
from fitroom.pipelines.ai_label import with_visible_label, xmp_of
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings
from fitroom.pipelines.tryon.checks import Flag
from fitroom.pipelines.tryon.remembered import Remembered
from serve.answering.fit import fit_of
from serve.answering.photos import MIN_SIDE_PX, decoded_within
from serve.answering.recognizing import ms, ref
from serve.garments import sha256_of

_QUALITY = 92


@dataclass(frozen=True)
class SeenGarment:
    """What is known of a garment photo.

    Attributes:
        image_u8: (h, w, 3) uint8 RGB.
        flags: what the checks say of it.
        category: that the recogniser names; None = not known.
    """

    image_u8: np.ndarray
    flags: tuple[Flag, ...]
    category: str | None


@dataclass
class TryingOn:
    """A try-on model as the server asks it; safe to call from several threads.

    Args:
        tryon: the model, and what looks at its photos.
        limits: what an image's header may say.
        max_side_px: longer side of what is painted; larger photos are scaled down.
        kept: garments that are remembered.
    """

    tryon: CheckedTryOn
    limits: ImageLimits
    max_side_px: int
    kept: int = 64
    _garments: Remembered[SeenGarment] = field(init=False)

    def __post_init__(self) -> None:
        self.limits = dataclasses.replace(self.limits, min_side_px=max(self.limits.min_side_px, MIN_SIDE_PX))
        self._garments = Remembered(self.kept)

    def garment(self, garment: bytes) -> dict[str, Any]:
        """Looks at a garment photo, so that trying it on costs less: what its registration is told.

        Raises:
            ImageError: the image cannot be used.
        """
        seen = self._seen(garment, Stages())
        self.tryon.look_at_garment(seen.image_u8)
        height_px, width_px = seen.image_u8.shape[:2]
        return {
            "sha256": sha256_of(garment),
            "width_px": width_px,
            "height_px": height_px,
            "model": ref(self.tryon.pipeline.bundle),
            "category": seen.category,
            "warnings": [dataclasses.asdict(flag) for flag in seen.flags],
        }

    def worn(
        self, person: bytes, garment: bytes, settings: TryOnSettings, format: str, visible_label: bool
    ) -> tuple[dict[str, Any], bytes]:
        """The values of a ``TryOnAnswer`` but for the picture and what the server knows itself; and the picture's file.

        Raises:
            ImageError: an image cannot be used, or there is nobody in the person photo.
            ConfigError: the settings cannot be met.
        """
        stages = Stages()
        pipeline, finds = self.tryon.pipeline, self.tryon.pose
        with stages("decode"):
            person_u8 = self._decoded(person)
        seen = self._seen(garment, stages)
        with stages("check"):
            pose, flags = self.tryon.person(person_u8)
        with stages("garment"):
            self.tryon.look_at_garment(seen.image_u8)
        category = settings.category or seen.category
        with stages("worn"):
            worn_u8 = pipeline.worn(
                person_u8,
                seen.image_u8,
                category=category,
                garment_cm=settings.garment_cm,
                body_cm=settings.body_cm,
                drape_coefficient=settings.drape_coefficient,
                **self.tryon.of_person(pose),
                **self.tryon.of_garment(seen.image_u8),
                steps=settings.steps,
                guidance=settings.guidance,
                seed=settings.seed,
            )
        with stages("encode"):
            blob = self._encoded(worn_u8, format, visible_label)
        values = {
            "media_type": f"image/{format}",
            "width_px": worn_u8.shape[1],
            "height_px": worn_u8.shape[0],
            "model": ref(pipeline.bundle),
            "pose_sha256": finds.hash if finds else None,
            "seed": settings.seed,
            "steps": settings.steps or pipeline.steps,
            "category": category,
            "fit": fit_of(category, settings),
            "warnings": [dataclasses.asdict(flag) for flag in (*flags, *seen.flags)],
            "timings_ms": {stage: ms(seconds) for stage, seconds in stages.seconds.items()},
        }
        return values, blob

    def warm_up(self) -> None:
        """The first answer allocates and tunes."""
        spec = self.tryon.pipeline.preprocessing
        gray = np.full((spec.height_px, spec.width_px, 3), 127, dtype=np.uint8)
        somebody = None
        if self.tryon.pose:
            self.tryon.pose(gray)
            mask = np.zeros(gray.shape[:2], dtype=np.float32)
            mask[spec.height_px // 8 :, spec.width_px // 4 : -spec.width_px // 4] = 1
            somebody = Pose(np.zeros((17, 3), dtype=np.float32), mask)
        self.tryon.pipeline.worn(gray, gray, **self.tryon.of_person(somebody))
        if self.tryon.checks:
            self.tryon.checks.garment(gray)

    def _seen(self, garment: bytes, stages: Stages) -> SeenGarment:
        return self._garments(sha256_of(garment), lambda: self._look_at(garment, stages))

    def _look_at(self, garment: bytes, stages: Stages) -> SeenGarment:
        with stages("decode"):
            garment_u8 = self._decoded(garment)
        with stages("check"):
            flags = self.tryon.checks.garment(garment_u8) if self.tryon.checks else ()
            category, unfit = self.tryon.recognised(garment_u8)
        return SeenGarment(garment_u8, (*flags, *unfit), category)

    def _decoded(self, image: bytes) -> np.ndarray:
        return decoded_within(image, self.limits, self.max_side_px)

    def _encoded(self, worn_u8: np.ndarray, format: str, visible_label: bool) -> bytes:
        spec = self.tryon.pipeline.bundle.spec
        xmp = xmp_of(f"fitroom {__version__}, {spec.name} {spec.revision}")
        shown_u8 = with_visible_label(worn_u8) if visible_label else worn_u8
        if format == "png":
            return encode_png(shown_u8, xmp)
        return (
            encode_webp(shown_u8, _QUALITY, xmp, method=2) if format == "webp" else encode_jpeg(shown_u8, _QUALITY, xmp)
        )


@dataclass
class Stages:
    """Seconds by stage, each at least 0; a stage entered twice adds up."""

    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("decode", "check", "garment", "worn", "encode"), 0.0)
    )

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - start
