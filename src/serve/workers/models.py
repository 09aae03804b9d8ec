"""The models in memory: loaded, warmed up, and asked."""

from __future__ import annotations

import traceback
from typing import Any

import torch

from fitroom.errors import ConfigError, DataError, FitroomError, ImageError
from fitroom.pipelines import RecognizePipeline
from fitroom.pipelines.outfits.pipeline import OutfitPipeline
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.pose.opening import open_pose
from fitroom.pipelines.sizing.body import BodyPipeline
from fitroom.pipelines.sizing.photo import PhotoReader
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings
from fitroom.pipelines.tryon.checks import TryOnChecks
from fitroom.progress import log
from serve.answering import advising, matching
from serve.answering.recognizing import recognize, warm_up
from serve.answering.searching import LOOK, SIMILAR, WORDS, Searching
from serve.answering.trying_on import TryingOn
from serve.problem_codes import PROBLEMS
from serve.workers.opened import BODY_PHOTO, OUTFITS, PARSER, RECOGNIZER, SIZING, TRYON, Opened
from serve.workers.work import Made, Outcome, Work, WorkFailed


class Models:
    """All models of the bundles, ready to answer; safe to call from several threads. Loading takes seconds.

    Args:
        opened: the bundles.

    Attributes:
        recognizers, tryons, advisors, outfitters: by name.
        searching: of the catalogue; None = there is none.

    Raises:
        BundleError: a bundle does not load, or its model answers with NaN.
        WeightsError: the pose model cannot be opened.
        DataError: the index cannot be read.
    """

    def __init__(self, opened: Opened) -> None:
        self.settings = opened.settings
        pose = open_pose(self.settings.pose) if self.settings.pose else None
        self.recognizers = {
            bundle.spec.name: RecognizePipeline.from_bundle(
                bundle.path, opened.runtime(bundle), self.settings.num_threads
            )
            for bundle in opened.of(RECOGNIZER)
        }
        torch.set_num_threads(self.settings.num_threads)
        parsers = [ParsePipeline.from_bundle(bundle.path, "cpu") for bundle in opened.of(PARSER)[:1]]
        parser, namer = next(iter(parsers), None), next(iter(self.recognizers.values()), None)
        checks = TryOnChecks(parser) if parser else None
        self.tryons = {
            bundle.spec.name: TryingOn(
                CheckedTryOn(TryOnPipeline.from_bundle(bundle.path), checks, namer, pose, kept_poses=0),
                self.settings.image_limits,
                self.settings.max_worn_side_px,
            )
            for bundle in opened.of(TRYON)
        }
        readers = [PhotoReader.from_bundle(one.path, parser) for one in opened.of(BODY_PHOTO)[:1] if parser]
        reader, limits = next(iter(readers), None), self.settings.image_limits
        self.advisors = {
            one.spec.name: advising.Advising(BodyPipeline.from_bundle(one.path), reader, limits)
            for one in opened.of(SIZING)
        }
        self.outfitters = {one.spec.name: OutfitPipeline.from_bundle(one.path) for one in opened.of(OUTFITS)}
        self.searching = Searching(opened.index, parser, self.settings.image_limits) if opened.index else None
        self._warm_up()

    def _warm_up(self) -> None:
        for pipeline in self.recognizers.values():
            warm_up(pipeline)
        for tryon in self.tryons.values():
            tryon.warm_up()
        for advisor in self.advisors.values():
            advising.warm_up(advisor)
        for outfitter in self.outfitters.values():
            matching.warm_up(outfitter)

    def make(self, works: list[Work]) -> list[Outcome]:
        """Does pieces of work of one kind and model; what fails does not stop the others."""
        torch.set_num_threads(self.settings.num_threads)  # PyTorch keeps it by thread
        try:
            if works[0].kind == "recognize":
                return self._recognize(works)
        except Exception as error:
            return [_failed(error) for _ in works]
        return [self._one(work) for work in works]

    def _recognize(self, works: list[Work]) -> list[Outcome]:
        images = [work.blobs["image"] for work in works]
        found = recognize(self.recognizers[works[0].model], images, self.settings.image_limits)
        outcomes: list[Outcome] = []
        for work, values in zip(works, found, strict=True):
            if isinstance(values, FitroomError):
                outcomes.append(values)
            else:
                outcomes.append(Made(values if work.values["embedding"] else values | {"embedding": None}))
        return outcomes

    def _one(self, work: Work) -> Outcome:
        try:
            if work.kind in ("size-advice", "outfits"):
                return self._advised(work)
            if work.kind in (WORDS, SIMILAR, LOOK):
                return self._searched(work)
            tryon = self.tryons[work.model]
            if work.kind == "garment":
                return Made(tryon.garment(work.blobs["garment"]))
            return Made(*_worn(tryon, work.blobs, work.values))
        except (ImageError, ConfigError) as error:
            return error
        except Exception as error:
            return _failed(error)

    def _advised(self, work: Work) -> Outcome:
        try:
            if work.kind == "size-advice":
                return Made(self.advisors[work.model].advice(work.values, work.blobs))
            return Made(matching.outfits(self.outfitters[work.model], work.values))
        except DataError as error:  # of what was told; no data set is read here
            return error

    def _searched(self, work: Work) -> Outcome:
        assert self.searching is not None  # a route has looked
        try:
            return Made(self.searching.answer(work))
        except DataError as error:  # without a code of its own it is the index that failed
            return error if error.code in PROBLEMS else _failed(error)


def _worn(tryon: TryingOn, blobs: dict[str, bytes], values: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    settings = TryOnSettings(**values["settings"])
    return tryon.worn(blobs["person"], blobs["garment"], settings, values["format"], values["visible_label"])


def _failed(error: Exception) -> WorkFailed:
    # Where it failed, and never with what: a message may quote what a client sent.
    places = "; ".join(
        f"{frame.name} in {frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    )
    log.error("work failed: %s at %s", type(error).__name__, places)
    return WorkFailed(type(error).__name__)
