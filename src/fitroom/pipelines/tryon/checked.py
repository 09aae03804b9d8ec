"""Try-on with its input looked at: photos, settings and what the other bundles see -> the picture and its warnings.

person_u8, garment_u8 -> checks (parser, pose model) -> category where it is not told (recogniser)
                      -> the person alone (pose model) -> TryOnPipeline -> TryOnAnswer
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fitroom.bundles import resolve_bundle
from fitroom.bundles.format import SPEC
from fitroom.config import nearest
from fitroom.errors import ConfigError
from fitroom.images import pixel_sha256
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.pose.model import Pose, PoseModel
from fitroom.pipelines.pose.opening import open_pose
from fitroom.pipelines.recognize import RecognizePipeline
from fitroom.pipelines.tryon.checks import Flag, TryOnChecks
from fitroom.pipelines.tryon.inputs import MAX_STEPS, REGION_OF_CATEGORY
from fitroom.pipelines.tryon.opening import LATENT_KIND, open_pipeline
from fitroom.pipelines.tryon.remembered import Remembered
from fitroom.progress import log

if TYPE_CHECKING:
    from fitroom.pipelines.tryon.opening import AnyTryOn

MAX_GUIDANCE = 10.0
CATEGORY_UNFIT, UNCHECKED = "category-unfit", "unchecked"
NONE = "none"


@dataclass(frozen=True)
class TryOnSettings:
    """All that is asked beside the two photos; whatever is None is not known, or the bundle's own.

    Attributes:
        category: e.g. "t-shirt".
        garment_cm: finished garment measures, girths whole.
        body_cm: tape measures of the body.
        drape_coefficient: of the fabric, 0 limp to 1 stiff.
        steps: of the denoiser, 1 to 64.
        guidance: 0 to 10; 1 = as learned.
        seed: of the noise.

    Raises:
        ConfigError: an unknown category, or steps, guidance or seed out of range.
    """

    category: str | None = None
    garment_cm: Mapping[str, float] | None = None
    body_cm: Mapping[str, float] | None = None
    drape_coefficient: float | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        known = sorted(REGION_OF_CATEGORY)
        if self.category is not None and self.category not in known:
            raise ConfigError(
                "unknown category",
                where="category",
                rule=f"one of {', '.join(known)}",
                got=self.category,
                fix=nearest(self.category, known),
            )
        if self.steps is not None and not 1 <= self.steps <= MAX_STEPS:
            raise ConfigError("that many denoising steps are not possible", rule=f"1 to {MAX_STEPS}", got=self.steps)
        if self.guidance is not None and not 0 <= self.guidance <= MAX_GUIDANCE:  # nan is neither
            raise ConfigError("guidance cannot be this", where="guidance", rule="0 to 10", got=self.guidance)
        if not 0 <= self.seed < 2**63:
            raise ConfigError("the seed cannot be this", where="seed", rule="0 to 2^63 - 1", got=self.seed)


@dataclass(frozen=True)
class TryOnAnswer:
    """The answer to one person and one garment.

    Attributes:
        worn_u8: (H, W, 3) uint8 RGB, the person photo's size.
        warnings: why it deserves less trust; empty = nothing was found.
        category: that was told or recognised; None = not known.
    """

    worn_u8: np.ndarray
    warnings: tuple[Flag, ...] = ()
    category: str | None = None


@dataclass
class CheckedTryOn:
    """A try-on model with a parser and a recogniser beside it; safe to call from several threads.

    Attributes:
        pipeline: makes the picture.
        checks: looks at the photos; None = they are not looked at, and the answer says so.
        recognizer: names the category where it is not told; None = it stays unknown.
        pose: finds the person, whom the model then sees alone (``staging.py``); None = the photo as it is.
        kept_poses: of how many photos what it found is remembered, 4 bytes a pixel; 0 = nothing of a person is kept.
    """

    pipeline: AnyTryOn
    checks: TryOnChecks | None = None
    recognizer: RecognizePipeline | None = None
    pose: PoseModel | None = None
    unchecked: Flag = field(default=Flag(UNCHECKED, "the photos were not looked at: no parser bundle"), repr=False)
    kept_poses: int = 16
    _poses: Remembered[Pose | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._poses = Remembered(self.kept_poses)

    def __call__(
        self,
        person_u8: np.ndarray,
        garment_u8: np.ndarray,
        settings: TryOnSettings = TryOnSettings(),
        repaint_mask: np.ndarray | None = None,
        person_name: str | None = None,
    ) -> TryOnAnswer:
        """The person in the garment.

        Args:
            person_u8: (H, W, 3) uint8 RGB, someone wearing something.
            garment_u8: (h, w, 3) uint8 RGB, the product photo.
            settings: what else is known.
            repaint_mask: (H, W) bool, True = may be painted; None = mask-free.
            person_name: where the person photo is from, said in messages.

        Raises:
            ImageError: with code ``person-missing``: there is nobody in the person photo.
            ConfigError: see :meth:`TryOnPipeline.worn`.
        """
        pose, flags = self.person(person_u8, person_name)
        if self.checks is not None:
            flags += self.checks.garment(garment_u8)
        category = settings.category
        if category is None:
            category, unfit = self.recognised(garment_u8)
            flags += unfit
        told: dict[str, Any] = {
            "category": category,
            "garment_cm": settings.garment_cm,
            "body_cm": settings.body_cm,
            "drape_coefficient": settings.drape_coefficient,
            "steps": settings.steps,
            "guidance": settings.guidance,
            "seed": settings.seed,
        }
        told |= self.of_person(pose) | self.of_garment(garment_u8)
        worn_u8 = self.pipeline.worn(person_u8, garment_u8, repaint_mask=repaint_mask, **told)
        return TryOnAnswer(worn_u8, tuple(flags), category)

    def look_at_garment(self, garment_u8: np.ndarray) -> None:
        """Looks at a garment photo (h, w, 3) uint8 before somebody is to wear it, so that it is known by then."""
        self.pipeline.encode_garment(garment_u8, **self.of_garment(garment_u8))

    @property
    def _takes_parts(self) -> bool:
        """Whether the model can be shown person and garment cut out of their photos."""
        return self.pipeline.bundle.spec.kind != LATENT_KIND

    def of_person(self, pose: Pose | None) -> dict[str, Any]:
        """What the model is told of somebody who was found: their mask, to see them alone."""
        return {"person_mask": pose.mask} if self._takes_parts and pose is not None else {}

    def of_garment(self, garment_u8: np.ndarray) -> dict[str, Any]:
        """What the model is told of a garment photo: to cut it out, where it was looked at and shows nobody."""
        if self.checks is None or not self._takes_parts:
            return {}
        return {"cut_out": not self.checks.garment(garment_u8)}

    def person(self, person_u8: np.ndarray, name: str | None = None) -> tuple[Pose | None, list[Flag]]:
        """The person in a photo, None where nobody was found or nothing looks; and what to say of it.

        Args:
            person_u8: (H, W, 3) uint8 RGB.
            name: where it is from, said in messages.

        Raises:
            ImageError: with code ``person-missing``: there is nobody in it.
        """
        finds = self.pose
        pose = None if finds is None else self._poses(pixel_sha256(person_u8), lambda: finds(person_u8))
        if self.checks is None:
            return pose, [self.unchecked]
        return pose, [*self.checks.person(person_u8, name, pose_missing=finds is not None and pose is None)]

    def made_by(self) -> dict[str, str | None]:
        """SHA-256 of each bundle that an answer depends on; None where there is none."""
        return {
            "tryon": self.pipeline.bundle.hash,
            "parser": self.checks.parser.bundle.hash if self.checks else None,
            "recognizer": self.recognizer.bundle.hash if self.recognizer else None,
            "pose": self.pose.hash if self.pose else None,
        }

    def recognised(self, garment_u8: np.ndarray) -> tuple[str | None, list[Flag]]:
        """The category of a garment photo, None where it is not known; and what to say of it.

        Args:
            garment_u8: (h, w, 3) uint8 RGB.
        """
        if self.recognizer is None:
            return None, []
        found = self.recognizer([garment_u8])[0]
        if found.unknown:
            return None, []
        if found.category not in REGION_OF_CATEGORY:
            said = (
                f"the garment photo seems to show {found.category} ({found.confidence:.0%}), which cannot be tried on"
            )
            return None, [Flag(CATEGORY_UNFIT, said)]
        return found.category, []


def open_tryon(
    bundle: str | Path,
    *,
    parser: str | None = None,
    recognizer: str | None = None,
    pose: str | Path | None = None,
    device: str | None = None,
    garment_cache: str | Path | None = None,
    garment_cache_mb: float = 2000.0,
) -> CheckedTryOn:
    """Opens a try-on bundle and those that help it.

    Args:
        bundle: the try-on bundle's folder, or a run's.
        parser: a parser bundle's folder; None = the only one beside the try-on bundle, or of several that called
            parser-photos; "none" = none.
        recognizer: the same of a recogniser.
        pose: a pose model's file, see :func:`~fitroom.pipelines.pose.opening.open_pose`; None = none.
        device: where PyTorch runs; None = the GPU where there is one.
        garment_cache, garment_cache_mb: see :meth:`TryOnPipeline.from_bundle`.

    Raises:
        BundleError: see :func:`fitroom.bundles.open_bundle`; or of another kind.
        ConfigError: the cache cannot be used; or a pose model for a model on a large base.
        WeightsError: the pose model cannot be opened.
    """
    finding = None if pose is None else open_pose(pose, device)
    pipeline = open_pipeline(bundle, device, garment_cache=garment_cache, garment_cache_mb=garment_cache_mb)
    if finding is not None and pipeline.bundle.spec.kind == LATENT_KIND:
        raise ConfigError(
            "a model on a large base takes photos as they are",
            where="pose",
            rule="a pose model helps the compact model alone",
            fix="leave it out",
        )
    parsing, naming = _helper(pipeline, parser, "parser"), _helper(pipeline, recognizer, "recognizer")
    return CheckedTryOn(
        pipeline,
        TryOnChecks(ParsePipeline.from_bundle(parsing, pipeline.device)) if parsing else None,
        RecognizePipeline.from_bundle(naming, device=str(pipeline.device)) if naming else None,
        finding,
    )


def _helper(pipeline: AnyTryOn, asked: str | None, kind: str) -> Path | None:
    if asked is not None:
        return None if asked == NONE else resolve_bundle(asked)
    beside = sorted(pipeline.bundle.path.resolve().parent.glob(f"*/{SPEC}"))
    found = [spec.parent for spec in beside if _told(spec, "kind") == kind]
    if len(found) > 1:
        found = [folder for folder in found if _told(folder / SPEC, "name") == f"{kind}-photos"] or found
    if len(found) > 1:
        log.warning("several bundles of kind %s beside the try-on bundle, none is used: name one", kind)
    return found[0] if len(found) == 1 else None


def _told(spec: Path, name: str) -> str | None:
    try:
        return str(json.loads(spec.read_text(encoding="utf-8"))[name])
    except (OSError, ValueError, KeyError, TypeError):  # not ours to judge: it was not asked for
        return None
