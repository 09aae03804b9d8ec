"""The models in memory: loaded, warmed up, and asked."""

from __future__ import annotations

from typing import Any

import torch

from fitroom.pipelines import RecognizePipeline
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings
from fitroom.pipelines.tryon.checks import TryOnChecks
from serve.opened import PARSER, RECOGNIZER, TRYON, Opened
from serve.recognizing import recognize, warm_up
from serve.trying_on import TryingOn
from serve.work import Made, Work


class Models:
    """All models of the bundles, ready to answer; safe to call from several threads. Loading takes seconds.

    Args:
        opened: the bundles.

    Attributes:
        recognizers, tryons: by name.

    Raises:
        BundleError: a bundle does not load, or its model answers with NaN.
    """

    def __init__(self, opened: Opened) -> None:
        self.settings = opened.settings
        self.recognizers = {
            bundle.spec.name: RecognizePipeline.from_bundle(
                bundle.path, opened.runtime(bundle), self.settings.num_threads
            )
            for bundle in opened.of(RECOGNIZER)
        }
        torch.set_num_threads(self.settings.num_threads)
        parsers = [TryOnChecks(ParsePipeline.from_bundle(bundle.path, "cpu")) for bundle in opened.of(PARSER)[:1]]
        checks, namer = next(iter(parsers), None), next(iter(self.recognizers.values()), None)
        self.tryons = {
            bundle.spec.name: TryingOn(
                CheckedTryOn(TryOnPipeline.from_bundle(bundle.path), checks, namer),
                self.settings.image_limits,
                self.settings.max_worn_side_px,
            )
            for bundle in opened.of(TRYON)
        }
        for pipeline in self.recognizers.values():
            warm_up(pipeline)
        for tryon in self.tryons.values():
            tryon.warm_up()

    def make(self, work: Work) -> Made:
        """Does a piece of work.

        Raises:
            ImageError: an image cannot be used.
            ConfigError: the settings cannot be met.
        """
        torch.set_num_threads(self.settings.num_threads)  # PyTorch keeps it by thread
        values = work.values
        if work.kind == "recognize":
            image, limits = work.blobs["image"], self.settings.image_limits
            return Made(recognize(self.recognizers[work.model], image, limits, values["embedding"]))
        tryon = self.tryons[work.model]
        if work.kind == "garment":
            return Made(tryon.garment(work.blobs["garment"]))
        return Made(*self._worn(tryon, work.blobs, values))

    def _worn(self, tryon: TryingOn, blobs: dict[str, bytes], values: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        settings = TryOnSettings(**values["settings"])
        return tryon.worn(blobs["person"], blobs["garment"], settings, values["format"], values["visible_label"])
